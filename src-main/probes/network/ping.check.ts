// Check: how far away is the office's server, and does anything get lost on the way?
import type { FactsOf } from '../../../shared/facts/index.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck, Found } from '../check.ts';
import { isPublic } from '../addresses.ts';
import { serversOf } from '../servers.ts';
import { contactOf } from './connect.ts';
import type { ConnectResult } from './connect.ts';
import { connectivityOf } from './connectivity.check.ts';
import { readPings } from './ping-output.ts';
import type { Pings } from './ping-output.ts';
import { runTool } from './tools.ts';

/** Echo requests to one address. */
const COUNT = 4;
/** Longest time for them, ms. */
const PATIENCE_MS = 5_000;
/** Slower than this, mail still arrives, but something is wrong with the line, ms. */
const SLOW_MS = 600;

const findings = {
  answers: fine('The server’s machine answers in good time.'),
  slow: wrong('attention', `Answers take longer than ${SLOW_MS} ms.`),
  lossy: wrong('attention', 'Some questions get no answer: packets are lost on the way.'),
  unreachable: wrong('urgent', 'The server’s machine answers neither ping nor a connection.'),
} as const;
type Code = keyof typeof findings;

export const ping = defineCheck({
  name: 'ping',
  title: 'Round trip and packet loss',
  area: 'network',
  leg: 'outbound',
  question: 'How long is the round trip to the server, and are packets lost on the way?',
  needs: ['server'],
  deadlineMs: 10_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'ping'>): Promise<void> {
  const { target, world, couldNotCheck } = asking;
  const servers = await serversOf(target, world);
  const places = servers.flatMap(({ host, port, addresses }) =>
    addresses.map((address) => ({ host, port, address })),
  );
  for (const { host, reason, addresses, evidence } of servers)
    if (addresses.length === 0) couldNotCheck({ subject: host, summary: reason, evidence });
  if (places.length === 0 && servers.length === 0) throw new CouldNotCheck('No server is known.');
  await Promise.all(places.slice(0, 8).map((place) => askOne(place, asking)));
}

async function askOne(
  { host, port, address }: { host: string; port: number; address: string },
  { world, signal, report, couldNotCheck }: RunningCheck<'ping'>,
): Promise<void> {
  const [pings, contact] = await Promise.all([
    pingOf(address, signal, world.now),
    contactOf({ host: address, port }, world),
  ]);
  const name = host === address ? address : `${host} (${address})`;
  const { state, ms, lost } = weigh(pings, contact);
  const found: Found<FactsOf<'ping'>> = {
    subject: address,
    evidence: [...(pings === null ? [] : [pings.evidence]), contact.evidence],
    facts: { host, ms, sent: pings?.sent ?? null, lost, tcp: contact.result },
    summary: sentence(state, name, ms, lost, pings?.sent ?? 0),
  };
  if (state !== 'unreachable') {
    report(state, found);
    return;
  }
  const { online, evidence } = await connectivityOf(world);
  // Without a network nothing answers; an address at home is not reached through the Internet, but a cut cable cuts both off.
  if (online === true) report('unreachable', found);
  else
    couldNotCheck({
      ...found,
      summary: isPublic(address)
        ? `${name} does not answer, but nothing else on the Internet does either.`
        : `${name} does not answer; whether this machine has any network is not known.`,
      evidence: [...(found.evidence ?? []), ...evidence],
    });
}

/** Many machines do not answer ping on purpose: only silence on both ways counts. */
export function weigh(
  pings: Pings | null,
  contact: Pick<ConnectResult, 'result' | 'ms'>,
): { state: Code; ms: number | null; lost: number | null } {
  if (pings !== null && pings.times.length > 0) {
    const sorted = [...pings.times].sort((a, b) => a - b);
    const ms = sorted[Math.floor(sorted.length / 2)] ?? null;
    const lost = pings.sent - pings.times.length;
    // One of four may be chance, or a router that limits echoes.
    return { state: lost > 1 ? 'lossy' : (ms ?? 0) > SLOW_MS ? 'slow' : 'answers', ms, lost };
  }
  if (contact.result === 'silent') return { state: 'unreachable', ms: null, lost: pings?.sent ?? null };
  return { state: contact.ms > SLOW_MS ? 'slow' : 'answers', ms: contact.ms, lost: null };
}

function sentence(state: Code, name: string, ms: number | null, lost: number | null, sent: number): string {
  const time = `${Math.max(1, Math.round(ms ?? 0))} ms`;
  switch (state) {
    case 'answers':
      return `${name} answers within ${time}.`;
    case 'slow':
      return `${name} takes ${time} to answer: the line to it is slow or overloaded.`;
    case 'lossy':
      return `${name} answers only ${sent - (lost ?? 0)} of ${sent} questions: packets are lost on the way.`;
    case 'unreachable':
      return `${name} does not answer at all, neither to ping nor to a connection.`;
  }
}

async function pingOf(
  address: string,
  signal: AbortSignal,
  now: () => number,
): Promise<(Pings & { evidence: Evidence }) | null> {
  for (const [tool, ...args] of commands(address)) {
    const answer = await runTool(tool, args, address, { signal, timeoutMs: PATIENCE_MS });
    if (answer === null) continue;
    const pings = readPings(answer.output, COUNT);
    if (pings === null) continue;
    const evidence = {
      asked: answer.command,
      of: address,
      at: now(),
      answer: answer.output.trim().slice(0, 2_000),
    };
    return { ...pings, evidence };
  }
  return null;
}

function commands(address: string): [string, ...string[]][] {
  const six = address.includes(':');
  switch (process.platform) {
    case 'win32':
      return [['ping', six ? '-6' : '-4', '-n', String(COUNT), '-w', '1000']];
    case 'darwin':
      return [
        six
          ? ['ping6', '-n', '-c', String(COUNT), '-i', '0.3']
          : ['ping', '-n', '-c', String(COUNT), '-i', '0.3', '-W', '1500'],
      ];
    default:
      // 0.2 s apart is the least that every user may ask for; busybox knows whole seconds only, so it has its own line.
      return [
        ['ping', six ? '-6' : '-4', '-n', '-c', String(COUNT), '-i', '0.2', '-W', '2'],
        ['ping', six ? '-6' : '-4', '-c', String(COUNT), '-W', '1'],
      ];
  }
}
