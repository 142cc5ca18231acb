// Check: which way does traffic take to the office's server, and where does it end?
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { canonical } from '../addresses.ts';
import { serversOf } from '../servers.ts';
import { contactOf } from './connect.ts';
import { connectivityOf } from './connectivity.check.ts';
import { readHops, withoutTail } from './hops.ts';
import type { Hop } from './hops.ts';
import { runTool } from './tools.ts';

/** Longest time for a tool; what it has printed by then counts, ms. */
const PATIENCE_MS = 8_000;
const MOST_HOPS = '24';

const findings = {
  reaches: fine('Traffic gets to the server.'),
  ends: wrong(
    'attention',
    'Traffic ends on its way: nobody answers behind the last hop, nor the server itself.',
  ),
} as const;

export const path = defineCheck({
  name: 'path',
  title: 'Network path to the server',
  area: 'network',
  leg: 'outbound',
  question: 'Which way does traffic take to the server, and where does it end?',
  needs: ['server'],
  deadlineMs: 12_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'path'>): Promise<void> {
  const { target, world, couldNotCheck } = asking;
  const servers = await serversOf(target, world);
  for (const { host, reason, addresses, evidence } of servers)
    if (addresses.length === 0) couldNotCheck({ subject: host, summary: reason, evidence });
  if (servers.length === 0) throw new CouldNotCheck('No server is known.');
  const places = servers.flatMap(({ host, port, addresses }) =>
    addresses.map((address) => ({ host, port, address })),
  );
  await Promise.all(places.slice(0, 4).map((place) => follow(place, asking)));
}

async function follow(
  { host, port, address }: { host: string; port: number; address: string },
  { world, signal, report, couldNotCheck }: RunningCheck<'path'>,
): Promise<void> {
  const [traced, contact] = await Promise.all([
    trace(address, signal, world.now),
    contactOf({ host: address, port }, world),
  ]);
  const hops = withoutTail(traced?.hops ?? []);
  const last = hops.at(-1);
  const traceArrives =
    last !== undefined && last.address !== null && canonical(last.address) === canonical(address);
  const arrives = traceArrives || contact.result !== 'silent';
  const name = host === address ? address : `${host} (${address})`;
  const found = {
    subject: address,
    evidence: [...(traced === null ? [] : [traced.evidence]), contact.evidence],
    facts: {
      host,
      hops: hops.map((hop) => ({ ...hop })),
      arrives,
      traceArrives,
      tool: traced?.tool ?? null,
      tcpMs: contact.result === 'silent' ? null : contact.ms,
    },
  };
  if (arrives) {
    const way = traceArrives
      ? `over ${hops.length} ${hops.length === 1 ? 'hop' : 'hops'}`
      : hops.length === 0
        ? 'by a way that cannot be seen from here'
        : `; ${hops.length} ${hops.length === 1 ? 'hop' : 'hops'} of the way can be seen`;
    report('reaches', {
      ...found,
      summary: `Traffic gets to ${name}${way.startsWith(';') ? '' : ' '}${way}${contact.result === 'silent' ? '' : `; a connection takes ${Math.max(1, Math.round(contact.ms))} ms`}.`,
    });
    return;
  }
  const { online, evidence } = await connectivityOf(world);
  if (online !== true) {
    couldNotCheck({
      ...found,
      summary: `The way to ${name} could not be followed: this machine reaches nothing on the Internet.`,
      evidence: [...found.evidence, ...evidence],
    });
    return;
  }
  report('ends', {
    ...found,
    summary:
      last === undefined || last.address === null
        ? `Nobody answers on the way to ${name}, not even the first hop.`
        : `On the way to ${name}, the last that answers is ${last.address} (hop ${last.number}).`,
  });
}

interface Traced {
  hops: Hop[];
  tool: string;
  evidence: Evidence;
}

async function trace(address: string, signal: AbortSignal, now: () => number): Promise<Traced | null> {
  for (const [tool, ...args] of commands(address)) {
    const answer = await runTool(tool, args, address, { signal, timeoutMs: PATIENCE_MS });
    if (answer === null) continue;
    const hops = readHops(answer.output);
    if (hops.length === 0) continue;
    const evidence = {
      asked: answer.command,
      of: address,
      at: now(),
      answer: answer.output.trim().slice(0, 4_000),
    };
    return { hops, tool, evidence };
  }
  return null;
}

function commands(address: string): [string, ...string[]][] {
  const six = address.includes(':');
  if (process.platform === 'win32')
    return [['tracert', six ? '-6' : '-4', '-d', '-h', MOST_HOPS, '-w', '700']];
  const usual = ['-n', '-q', '1', '-w', '1', '-m', MOST_HOPS];
  return [
    six && process.platform === 'darwin'
      ? ['traceroute6', ...usual]
      : ['traceroute', ...(six ? ['-6'] : []), ...usual],
    ['tracepath', six ? '-6' : '-4', '-n', '-m', MOST_HOPS],
  ];
}
