// How SQLite goes about what it is asked: a question that reads the whole of a table takes seconds when a million messages are in it.
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrate } from '../../src-main/storage/migrations.ts';
import { reads, writes } from '../../src-main/storage/operations/index.ts';

/** Tables that have a row, or several, for every message in the log. */
const LARGE = ['message', 'recipient', 'content', 'attempt', 'filter_result', 'authenticity'];

/** What may go through all of one, with the reason. */
const MAY = [
  // Newest first, and ends after some thousand rows, or when its reader has enough.
  'FROM attempt ORDER BY id DESC',
  // At a start, by an index alone, and nothing else runs yet.
  'DELETE FROM content WHERE rowid IN',
  // After a jump of the clock: by indexes that hold only what waits.
  'UPDATE recipient SET next_at = next_at + :by',
  "UPDATE recipient SET queued_since = queued_since + :by WHERE state IN ('queued', 'held', 'refused', 'expired')",
  // By an index that holds only what is rerouted.
  'SELECT domain, count(*) AS count FROM recipient WHERE way IS NOT NULL',
];

it('reads no large table from end to end', () => {
  using db = new DatabaseSync(':memory:');
  migrate(db);
  const asked = new Set<string>();
  const prepare = db.prepare.bind(db);
  db.prepare = (sql) => {
    asked.add(sql);
    return prepare(sql);
  };
  reads(db);
  writes(db);
  const scan = new RegExp(`^SCAN (?:${LARGE.join('|')})\\b`);
  const plan = (sql: string) => prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as unknown as { detail: string }[];
  const slow = [...asked]
    .map((sql) => ({ sql: sql.replace(/\s+/g, ' ').trim(), steps: plan(sql).map(({ detail }) => detail) }))
    .filter(({ steps }) => steps.some((step) => scan.test(step)));
  expect(asked.size).toBeGreaterThan(100);
  expect(slow.filter(({ sql }) => !MAY.some((known) => sql.includes(known)))).toEqual([]);
});
