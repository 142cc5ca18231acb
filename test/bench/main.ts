// `npm run bench`: Mailward beside Postfix, in front of the same sink, side by side on one machine.
// `--messages N` `--sessions N,N…` `--size OCTETS` `--rounds N` change the load; `--json` prints one object, not words.
import { parseArgs } from 'node:util';
import { machine, measure, measureReplies } from './measure.ts';
import type { Load, Run, Way } from './measure.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '6000' },
    // Many sessions cost Postfix a process each; few leave a server idle that makes strangers wait for its greeting.
    // Each is judged by the number that suits it.
    sessions: { type: 'string', default: '40,200' },
    size: { type: 'string', default: '4096' },
    deliveries: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const LARGE = 102_400;
/** For the times to 250: what Postfix takes on this machine without a queue. */
const PER_SECOND = 100;
const sessionCounts = values.sessions.split(',').map((text) => positive('sessions', text));
const rounds = positive('rounds', values.rounds);
const usual = {
  messages: positive('messages', values.messages),
  size: positive('size', values.size),
  deliveries: positive('deliveries', values.deliveries),
};
const loads: Load[] = sessionCounts.map((sessions) => ({ ...usual, sessions }));
const [sessions = 40] = sessionCounts;
const large: Load = { ...usual, sessions, size: LARGE, messages: Math.ceil(usual.messages / 4) };
const kept: Load = { ...usual, sessions, kept: true };
const timed: Load = { ...usual, sessions, messages: Math.ceil(usual.messages / 6) };

// Built, not from source: what users run. (scripts/bench.mjs has seen to the build.)
process.env['MAILWARD_FROM'] ??= 'out';
const runs: Run[] = [];
for (let round = 1; round <= rounds; round += 1) {
  // Side by side and turn about, so that whatever else the machine does hits both.
  const ways: Way[] = round % 2 === 1 ? ['postfix', 'mailward'] : ['mailward', 'postfix'];
  for (const load of loads)
    for (const way of ways) runs.push(await take(way, load, 'a connection a message'));
}
for (const load of loads) runs.push(await take('direct', load, 'a connection a message'));

const best = { mailward: bestOf('mailward'), postfix: bestOf('postfix'), direct: bestOf('direct') };
const ratio = best.mailward.rate / best.postfix.rate;
/** The share of what the sender and the sink alone could do with two hops, one after the other. */
const ofTwoHops = best.mailward.rate / (best.direct.rate / 2);
const others = {
  large: await compare(large, `${LARGE / 1024} KB`),
  kept: await compare(kept, 'many messages a connection'),
};
const replies = { mailward: await times('mailward'), postfix: await times('postfix') };
const memory = { mailward: memoryOf('mailward'), postfix: memoryOf('postfix') };
const processor = { mailward: processorOf('mailward'), postfix: processorOf('postfix') };

if (values.json) {
  const report = {
    machine: machine(),
    rounds,
    loads,
    best,
    ratio,
    ofTwoHops,
    others,
    replies,
    memory,
    processor,
    runs,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
} else {
  const { processor: kind, cores } = machine();
  const pair = ({ mailward, postfix }: { mailward: number; postfix: number }) =>
    `Mailward ${mailward.toFixed(0)} messages/s, Postfix ${postfix.toFixed(0)}: ${(mailward / postfix).toFixed(2)} ×`;
  const wait = ({ p50, p99 }: { p50: number; p99: number }) =>
    `${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  const lines = [
    `${values.messages} messages of ${values.size} octets, a connection per message, ${values.deliveries} deliveries at a time; ${cores} × ${kind}`,
    `Mailward: ${words('mailward')}`,
    `Postfix: ${words('postfix')}`,
    `Nothing between: ${words('direct')}`,
    `Mailward is ${ratio.toFixed(2)} × Postfix, each at its best; ` +
      `${sessionCounts.map((count) => `${(median('mailward', count) / median('postfix', count)).toFixed(2)} × with ${count} sessions`).join(', ')}.`,
    `Of what sender and sink alone allow for two hops (${(best.direct.rate / 2).toFixed(0)} messages/s) it does ${(ofTwoHops * 100).toFixed(0)} %.`,
    `${LARGE / 1024} KB messages: ${pair(others.large)}.`,
    `Many messages over each connection: ${pair(others.kept)}.`,
    `From a message's last octet to its 250, at ${PER_SECOND} messages/s: Mailward p50 ${wait(replies.mailward)}; Postfix p50 ${wait(replies.postfix)}.`,
    `Processor time a message: Mailward ${processor.mailward.toFixed(2)} ms, Postfix ${processor.postfix.toFixed(2)} ms: ${(processor.postfix / processor.mailward).toFixed(1)} × as much.`,
    `Memory at most: Mailward ${memory.mailward.toFixed(0)} MB, Postfix ${memory.postfix.toFixed(0)} MB in all its processes.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function take(way: Way, load: Load, what: string): Promise<Run> {
  const run = await measure(way, load);
  process.stderr.write(
    `${way}, ${load.sessions} sessions, ${what}: ${run.rate.toFixed(0)} messages/s ` +
      `(accepted after ${run.acceptedAfter.toFixed(1)} s, delivered after ${run.deliveredAfter.toFixed(1)} s)\n`,
  );
  return run;
}

/** Both sides, and the way without one. */
async function compare(load: Load, what: string): Promise<Record<Way, number>> {
  const postfix = await take('postfix', load, what);
  const mailward = await take('mailward', load, what);
  const direct = await take('direct', load, what);
  return { mailward: mailward.rate, postfix: postfix.rate, direct: direct.rate };
}

async function times(way: Way): Promise<{ p50: number; p99: number }> {
  const sorted = await measureReplies(way, timed, PER_SECOND);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** MB, at the number of sessions that takes the most. */
function memoryOf(way: Way): number {
  return Math.max(...runs.filter((run) => run.way === way).map((run) => run.memory ?? 0));
}

/** ms a message, the least of all runs: those that were disturbed least. */
function processorOf(way: Way): number {
  return Math.min(...runs.filter((run) => run.way === way).map((run) => run.processor ?? Infinity));
}

function words(way: Way): string {
  const each = sessionCounts.map((count) => `${median(way, count).toFixed(0)} with ${count} sessions`);
  return `${bestOf(way).rate.toFixed(0)} messages/s (${each.join(', ')}; medians)`;
}

function bestOf(way: Way): { sessions: number; rate: number } {
  const rates = sessionCounts.map((count) => ({ sessions: count, rate: median(way, count) }));
  return rates.reduce((one, other) => (other.rate > one.rate ? other : one));
}

function median(way: Way, count: number): number {
  const sorted = runs
    .filter((run) => run.way === way && run.sessions === count)
    .map(({ rate }) => rate)
    .sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes whole numbers from 1 upwards`);
  return value;
}
