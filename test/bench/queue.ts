// `npm run bench -- queue`: does a million messages that wait for a dead server cost the others anything?
// Two services, one with the queue and one without, take the same load for another domain, turn about. `--messages N` `--rounds N` `--load N` `--json`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { migrate } from '../../src-main/storage/migrations.ts';
import { firstIdAt } from '../../src-main/storage/ids.ts';
import { Service } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { machine, SmtpSink, sourceTo } from './measure.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    load: { type: 'string', default: '4000' },
    json: { type: 'boolean', default: false },
  },
});
const messages = Number(values.messages);
const load = { messages: Number(values.load), sessions: 40, size: 4096, deliveries: 20 };
process.env['MAILWARD_FROM'] ??= 'out';

using folder = scratch('million');
const full = join(folder.path, 'full');
mkdirSync(full);
process.stderr.write(`filling a queue of ${messages} messages …\n`);
fillQueue(join(full, 'mailward.db'), messages);
// By this file a service knows a data folder for one of its own.
writeFileSync(join(full, 'engine.lock'), '');

await using sink = await SmtpSink.start();
await using withQueue = await Service.start({ dataDir: full, settings: {} });
await using without = await Service.start({ dataDir: join(folder.path, 'empty'), settings: {} });
// Nobody listens there: every attempt fails at once.
await withQueue.addDomain('dead.example', '127.0.0.1:1');
for (const service of [withQueue, without]) {
  await service.addDomain('example.com', `127.0.0.1:${sink.port}`);
  await take(service, Math.min(500, load.messages));
}

const rates = { full: [] as number[], empty: [] as number[] };
let memory = 0;
for (let round = 0; round < Number(values.rounds); round += 1) {
  const turns = [
    ['full', withQueue],
    ['empty', without],
  ] as const;
  for (const [which, service] of round % 2 === 0 ? turns : turns.toReversed()) {
    const rate = await take(service, load.messages);
    rates[which].push(rate);
    memory = Math.max(memory, residentMegabytes(withQueue.pid));
    process.stderr.write(
      `${which === 'full' ? 'with the queue' : 'without'}: ${rate.toFixed(0)} messages/s\n`,
    );
  }
}
const peak = residentMegabytes(withQueue.pid, 'VmHWM');
const ratio = median(rates.full) / median(rates.empty);
const result = { messages, withQueue: median(rates.full), without: median(rates.empty), ratio, memory, peak };
if (values.json) process.stdout.write(`${JSON.stringify({ machine: machine(), load, ...result, rates })}\n`);
else
  process.stdout.write(
    `${messages.toLocaleString('en')} messages of 1 KB wait for a server that is down. Other mail (${load.messages} of ${load.size} octets, ${load.sessions} sessions), accepted and delivered:\n` +
      `${result.withQueue.toFixed(0)} messages/s with that queue, ${result.without.toFixed(0)} without: ${(ratio * 100).toFixed(0)} %. ` +
      `Memory ${memory.toFixed(0)} MB after a load, ${peak.toFixed(0)} MB at most.\n`,
  );

/** Messages a second, from the first connection until the sink has the last one. */
async function take(service: Service, count: number): Promise<number> {
  const before = sink.taken();
  const begun = performance.now();
  await sourceTo(service.smtpPort, { ...load, messages: count });
  await sink.has(before + count);
  return (count * 1000) / (performance.now() - begun);
}

/** Written straight into the database, as if it had come in over the last days. */
function fillQueue(path: string, count: number): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  migrate(db);
  const now = Date.now();
  const message = db.prepare(
    `INSERT INTO message (id, received_at, sender, subject, size, client_address, helo, tls, body_8bit, smtputf8, reply, incoming, state)
     VALUES (?, ?, 'anna@example.net', ?, 1024, '192.0.2.1', 'mx.example.net', NULL, 0, 0, '{"code":250,"enhanced":"2.6.0","text":"Message stored"}', '[]', 'queued')`,
  );
  const recipient = db.prepare(
    `INSERT INTO recipient (message_id, position, address, domain, state, size, held_by, queued_since, next_at, attempts, cause, reply)
     VALUES (?, 0, ?, 'dead.example', 'queued', 1024, NULL, ?, ?, 1, 'connection-failed', '{"code":0,"enhanced":null,"text":"connection refused"}')`,
  );
  const content = db.prepare('INSERT INTO content (message_id, piece, data) VALUES (?, 0, ?)');
  const data = Buffer.from(`Subject: waiting\r\n\r\n${'x'.repeat(1002)}\r\n`);
  db.exec('BEGIN');
  for (let index = 0; index < count; index += 1) {
    const at = now - 3 * 86_400_000 + index * 100;
    const id = firstIdAt(at);
    message.run(id, at, `waiting ${index}`);
    // Most are due: the lane has them all before it, and its server is down.
    recipient.run(id, `office${index % 1000}@dead.example`, at, now + (index % 10 === 0 ? 3_600_000 : 0));
    content.run(id, data);
  }
  // The search index is not what is measured here: it counts as done.
  db.exec('UPDATE log_mark SET id = (SELECT max(id) FROM message); COMMIT');
  db.close();
}

function residentMegabytes(pid: number, what: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1024;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
