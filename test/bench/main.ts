// `npm run bench`: messages a second through Mailward and through Postfix to the same sink, side by side on one machine.
// `--messages N` `--sessions N,N…` `--size OCTETS` `--rounds N` change the load; `--json` prints one object, not words.
import { parseArgs } from 'node:util';
import { machine, measure } from './measure.ts';
import type { Load, Run, Way } from './measure.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '4000' },
    // Many sessions cost Postfix a process each; few leave a server idle that makes strangers wait for its greeting.
    // Each is judged by the number that suits it.
    sessions: { type: 'string', default: '40,200' },
    size: { type: 'string', default: '4096' },
    deliveries: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const sessionCounts = values.sessions.split(',').map((text) => positive('sessions', text));
const rounds = positive('rounds', values.rounds);
const loads: Load[] = sessionCounts.map((sessions) => ({
  messages: positive('messages', values.messages),
  sessions,
  size: positive('size', values.size),
  deliveries: positive('deliveries', values.deliveries),
}));

// Built, not from source: what users run. (scripts/bench.mjs has seen to the build.)
process.env['MAILWARD_FROM'] ??= 'out';
const runs: Run[] = [];
for (let round = 1; round <= rounds; round += 1) {
  // Side by side and turn about, so that whatever else the machine does hits both.
  const ways: Way[] = round % 2 === 1 ? ['postfix', 'mailward'] : ['mailward', 'postfix'];
  for (const load of loads) for (const way of ways) await take(way, load);
}
for (const load of loads) await take('direct', load);

const best = { mailward: bestOf('mailward'), postfix: bestOf('postfix'), direct: bestOf('direct') };
const ratio = best.mailward.rate / best.postfix.rate;
if (values.json) {
  process.stdout.write(`${JSON.stringify({ machine: machine(), rounds, loads, best, ratio, runs })}\n`);
} else {
  const { processor, cores } = machine();
  const lines = [
    `${values.messages} messages of ${values.size} octets, a connection per message, ${values.deliveries} deliveries at a time; ${cores} × ${processor}`,
    `Mailward: ${words('mailward')}`,
    `Postfix: ${words('postfix')}`,
    `Nothing between: ${words('direct')}`,
    `Mailward is ${ratio.toFixed(2)} × Postfix, each at its best; ` +
      `${sessionCounts.map((count) => `${(median('mailward', count) / median('postfix', count)).toFixed(2)} × with ${count} sessions`).join(', ')}.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function take(way: Way, load: Load): Promise<void> {
  const run = await measure(way, load);
  runs.push(run);
  process.stderr.write(
    `${way}, ${load.sessions} sessions: ${run.rate.toFixed(0)} messages/s ` +
      `(accepted after ${run.acceptedAfter.toFixed(1)} s, delivered after ${run.deliveredAfter.toFixed(1)} s)\n`,
  );
}

function words(way: Way): string {
  const each = sessionCounts.map((count) => `${median(way, count).toFixed(0)} with ${count} sessions`);
  return `${bestOf(way).rate.toFixed(0)} messages/s (${each.join(', ')}; medians)`;
}

function bestOf(way: Way): { sessions: number; rate: number } {
  const rates = sessionCounts.map((sessions) => ({ sessions, rate: median(way, sessions) }));
  return rates.reduce((one, other) => (other.rate > one.rate ? other : one));
}

function median(way: Way, sessions: number): number {
  const sorted = runs
    .filter((run) => run.way === way && run.sessions === sessions)
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
