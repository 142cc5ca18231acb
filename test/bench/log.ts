// `npm run bench -- log`: how long a search of a message log of a million messages takes, and what the index costs the mail.
// `--messages N` changes the size; `--file PATH` keeps the filled log and uses it again; `--json` prints one object.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../src-main/storage/database.ts';
import type { ListQuery } from '../../src-main/storage/operations/log.ts';
import { scratch } from '../lab/scratch.ts';
import { fillLog } from './log-fill.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    file: { type: 'string' },
    rounds: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
});
const messages = Number(values.messages);
const rounds = Number(values.rounds);

using folder = scratch('log');
const file = values.file ?? join(folder.path, 'mailward.db');
if (!existsSync(file)) {
  process.stderr.write(`filling a log of ${messages} messages …\n`);
  const begun = performance.now();
  fillLog(`${file}.new`, { messages, until: Date.now() - 60_000 });
  renameSync(`${file}.new`, file);
  process.stderr.write(`filled in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
}

const all: ListQuery = {
  states: null,
  domain: null,
  cause: null,
  text: null,
  from: null,
  to: null,
  before: null,
  limit: 100,
  everyRecipient: false,
};
const day = 86_400_000;
const db = await openDatabase(file);
const [newest] = (await db.read('list', { ...all, limit: 1 })).rows;
const end = newest?.receivedAt ?? 0;
const queries: Record<string, Partial<ListQuery>> = {
  'the newest': {},
  'a word of one message': { text: 'Zaunkönig' },
  'a message number in a subject': { text: '777777' },
  'a common word': { text: 'invoice' },
  'the beginning of a common word': { text: 'invoi' },
  'three letters': { text: 'inv' },
  'a word in every message': { text: 'example' },
  'its beginning': { text: 'exampl' },
  'two common words': { text: 'invoice bicycles' },
  'no hit': { text: 'nowheretobefound' },
  'two words that never meet': { text: 'Zaunkönig newsletter' },
  'a whole address': { text: 'anna@example.com' },
  'an address that is typed': { text: 'anna@exam' },
  'a sender’s domain': { text: 'sender1234.example' },
  'a reply’s words': { text: 'unknown in local' },
  'a queue id of the office’s server': { text: '9E3779B1' },
  'a domain': { domain: 'small.example' },
  'a domain that has no mail': { domain: 'nobody.example' },
  'a cause': { cause: 'greylisted' },
  'a state': { states: ['expired'] },
  'what waits': { states: ['queued', 'held', 'refused', 'expired'] },
  'domain, state, a week': {
    domain: 'example.org',
    states: ['refused'],
    from: end - 37 * day,
    to: end - 30 * day,
  },
  'domain, cause, word': { domain: 'example.com', cause: 'user-unknown', text: 'coffee' },
  'a common word, a year ago': { text: 'newsletter', to: end - 200 * day },
};

const table = [];
for (const [what, part] of Object.entries(queries)) {
  const took: number[] = [];
  let rows = 0;
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    rows = (await db.read('list', { ...all, ...part })).rows.length;
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  table.push({ what, rows, median: at(0.5), p99: at(0.99) });
}
await db.close();

if (values.json) process.stdout.write(`${JSON.stringify({ messages, rounds, table })}\n`);
else {
  process.stdout.write(`Searching ${messages.toLocaleString('en')} messages, ms (${rounds} times each):\n`);
  process.stdout.write(`${'median'.padStart(8)} ${'p99'.padStart(8)} ${'rows'.padStart(5)}\n`);
  for (const { what, rows, median, p99 } of table)
    process.stdout.write(
      `${median.toFixed(1).padStart(8)} ${p99.toFixed(1).padStart(8)} ${String(rows).padStart(5)}  ${what}\n`,
    );
}
