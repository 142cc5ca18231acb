// The process of `apart.ts`: reads a job from standard input, asks its checks, prints their findings.
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { checks } from '../../src-main/probes/catalogue.ts';
import { runChecks } from '../../src-main/probes/runner.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { parseHostPort } from '../../shared/names.ts';
import type { ApartJob } from './apart.ts';

const job = JSON.parse(await text(process.stdin)) as ApartJob;
for (const [place, greeting] of Object.entries(job.servers ?? {})) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(parseHostPort(place), resolve));
}
const findings = await runChecks({
  checks: job.checks.length === 0 ? checks : checks.filter(({ name }) => job.checks.includes(name)),
  target: {
    ...{ domain: 'example.com', destinations: [], relay: null, selectors: [], formerMx: [], expiresAt: null },
    ...job.target,
  },
  settings: { ...settingsSchema.parse({}).probes, ...job.settings },
  onFinding: () => undefined,
});
process.stdout.write(JSON.stringify(findings), () => process.exit(0));
