// The process of `apart.ts`: reads jobs from standard input, asks their checks, prints what each found.
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { checks } from '../../src-main/probes/catalogue.ts';
import { runChecks } from '../../src-main/probes/runner.ts';
import type { Finding } from '../../shared/finding.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { parseHostPort } from '../../shared/names.ts';
import type { ApartJob } from './apart.ts';

const jobs = JSON.parse(await text(process.stdin)) as ApartJob[];
const found = new Map<ApartJob, Finding[]>();
const alike = Map.groupBy(jobs, ({ servers }) => JSON.stringify(servers ?? {}));
for (const some of alike.values()) {
  const servers = await Promise.all(Object.entries(some[0]?.servers ?? {}).map(start));
  await Promise.all(some.map(async (job) => found.set(job, await ask(job))));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
const output = JSON.stringify(jobs.map((job) => found.get(job) ?? []));
process.stdout.write(output, () => process.exit(0));

async function start([place, greeting]: [string, string]): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(greeting);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(parseHostPort(place), resolve);
  });
  return server;
}

function ask(job: ApartJob): Promise<Finding[]> {
  return runChecks({
    checks: job.checks.length === 0 ? checks : checks.filter(({ name }) => job.checks.includes(name)),
    target: {
      ...{
        domain: 'example.com',
        destinations: [],
        relay: null,
        selectors: [],
        formerMx: [],
        expiresAt: null,
      },
      ...job.target,
    },
    settings: { ...settingsSchema.parse({}).probes, ...job.settings },
    onFinding: () => undefined,
  });
}
