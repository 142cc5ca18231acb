// `npm run bench`: messages a second through Mailward and through Postfix to the same sink, side by side on one machine.
// `--messages N` `--sessions N` `--size OCTETS` `--rounds N` change the load; `--json` prints one object instead of words.
import { parseArgs } from 'node:util';
import { machine, measure } from './measure.ts';
import type { Load, Run, Way } from './measure.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '5000' },
    sessions: { type: 'string', default: '200' },
    size: { type: 'string', default: '4096' },
    deliveries: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const load: Load = {
  messages: positive('messages'),
  sessions: positive('sessions'),
  size: positive('size'),
  deliveries: positive('deliveries'),
};
const rounds = positive('rounds');

// Built, not from source: what users run. (scripts/bench.mjs has seen to the build.)
process.env['MAILWARD_FROM'] ??= 'out';
const runs: Run[] = [];
for (let round = 1; round <= rounds; round += 1) {
  // Side by side and turn about, so that whatever else the machine does hits both.
  const ways: Way[] = round % 2 === 1 ? ['postfix', 'mailward'] : ['mailward', 'postfix'];
  for (const way of ways) await take(way);
}
await take('direct');

const rates = { mailward: median('mailward'), postfix: median('postfix'), direct: median('direct') };
const ratio = rates.mailward / rates.postfix;
if (values.json) {
  process.stdout.write(`${JSON.stringify({ load, rounds, machine: machine(), rates, ratio, runs })}\n`);
} else {
  const { processor, cores } = machine();
  process.stdout.write(
    `${load.messages} messages of ${load.size} octets, a connection per message, ${load.sessions} sessions, ` +
      `${load.deliveries} deliveries at a time; ${cores} × ${processor}\n` +
      `Mailward: ${rates.mailward.toFixed(0)} messages/s (median of ${rounds})\n` +
      `Postfix:  ${rates.postfix.toFixed(0)} messages/s (median of ${rounds})\n` +
      `Nothing between: ${rates.direct.toFixed(0)} messages/s\n` +
      `Mailward is ${ratio.toFixed(2)} × Postfix.\n`,
  );
}

async function take(way: Way): Promise<void> {
  const run = await measure(way, load);
  runs.push(run);
  process.stderr.write(
    `${way}: ${run.rate.toFixed(0)} messages/s (accepted after ${run.acceptedAfter.toFixed(1)} s, delivered after ${run.deliveredAfter.toFixed(1)} s)\n`,
  );
}

function median(way: Way): number {
  const sorted = runs
    .filter((run) => run.way === way)
    .map(({ rate }) => rate)
    .sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

function positive(name: 'messages' | 'sessions' | 'size' | 'deliveries' | 'rounds'): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 upwards`);
  return value;
}
