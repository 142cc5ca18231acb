// What is planned anew on disk when the clock jumps, and what is not touched.
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src-main/storage/database.ts';
import { firstIdAt, IdSource } from '../../src-main/storage/ids.ts';
import type { NewMessage } from '../../src-main/storage/operations/spool.ts';
import { scratch } from '../lab/scratch.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const start = Date.UTC(2026, 2, 1);

function message(at: number, subject: string): NewMessage {
  return {
    id: firstIdAt(at),
    receivedAt: at,
    sender: 'anna@sender.example',
    subject,
    size: 3,
    clientAddress: '192.0.2.1',
    helo: 'h',
    tls: null,
    body8bit: false,
    smtpUtf8: false,
    reply: { code: 250, enhanced: '2.6.0', text: 'stored' },
    incoming: '[]',
    recipients: [
      {
        address: 'office@example.com',
        domain: 'example.com',
        state: 'queued',
        heldBy: null,
        cause: null,
        reply: null,
      },
    ],
    lastPiece: { piece: 0, data: Buffer.from('abc') },
  };
}

async function open() {
  const folder = scratch('clock');
  const path = `${folder.path}/mailward.db`;
  const db = await openDatabase(path);
  return {
    db,
    /** Every time in the database, but those that belong to ids. */
    rows: (sql: string) => {
      using file = new DatabaseSync(path, { readOnly: true });
      return file
        .prepare(sql)
        .all()
        .map((row) => Object.values(row));
    },
    [Symbol.asyncDispose]: async () => {
      await db.close();
      folder[Symbol.dispose]();
    },
  };
}

it('a clock that is set forward and then back leaves everything as it was', async () => {
  await using log = await open();
  await log.db.write('accept', message(start, 'waits'));
  const times = 'SELECT next_at, queued_since FROM recipient UNION ALL SELECT received_at, 0 FROM message';
  const before = log.rows(times);
  const now = start + HOUR;
  await log.db.write('clockJumped', { by: YEAR, now: now + YEAR });
  expect(log.rows(times)).not.toEqual(before);
  await log.db.write('clockJumped', { by: -YEAR, now });
  expect(log.rows(times)).toEqual(before);
});

it('a clock that is set back takes back what was written in a time to come, and nothing else', async () => {
  await using log = await open();
  const now = start + HOUR;
  await log.db.write('accept', message(start, 'before'));
  await log.db.write('accept', message(now + YEAR - HOUR / 2, 'while it was ahead'));
  await log.db.write('settle', {
    messageId: firstIdAt(now + YEAR - HOUR / 2),
    results: [{ position: 0, state: 'delivered', nextAt: null, cause: null, reply: null, counted: true }],
    attempt: {
      startedAt: now + YEAR - HOUR / 4,
      endedAt: now + YEAR - HOUR / 4 + 5,
      host: 'mail.example.com',
      port: 25,
      address: null,
      tls: null,
      results: '[]',
      transcript: '[]',
    },
  });
  await log.db.write('clockJumped', { by: -YEAR, now });
  expect(log.rows('SELECT subject, received_at FROM message ORDER BY id')).toEqual([
    ['before', start],
    ['while it was ahead', now - HOUR / 2],
  ]);
  expect(log.rows('SELECT started_at, ended_at FROM attempt')).toEqual([
    [now - HOUR / 4, now - HOUR / 4 + 5],
  ]);
});

it('a message that came while the clock was ahead expires in its own time', async () => {
  await using log = await open();
  const now = start + HOUR;
  const ahead = message(now + YEAR, 'while it was ahead');
  await log.db.write('accept', ahead);
  await log.db.write('clockJumped', { by: -YEAR, now });
  const expire = (before: number) => log.db.write('expire', { domain: 'example.com', before });
  expect(await expire(now - HOUR)).toEqual([]);
  expect(await expire(now + HOUR)).toEqual([ahead.id]);
});

it('by a clock that says it is 2106 mail is stored, found, tried and given up, and by the right one after it as well', async () => {
  await using log = await open();
  const wrong = Date.UTC(2106, 1, 7);
  const ids = new IdSource(0);
  const letter = (subject: string) => ({ ...message(wrong, subject), id: ids.next(wrong) });
  await log.db.write('accept', letter('first'));
  await log.db.write('accept', letter('second'));
  expect(await log.db.write('highestId')).toBe(ids.next(start) - 1);
  const found = async (at: number) => {
    const query = { states: null, domain: null, cause: null, text: null, before: null, limit: 10 };
    const { rows } = await log.db.read('list', {
      ...{ ...query, everyRecipient: false },
      ...{ from: at - HOUR, to: at + HOUR },
    });
    return rows.map(({ subject }) => subject);
  };
  const due = async (now: number) =>
    (await log.db.read('due', { way: { domain: 'example.com' }, now, limit: 10 })).messages.map(
      (one) => one.subject,
    );
  expect(await found(wrong)).toEqual(['second', 'first']);
  expect(await due(wrong)).toEqual(['first', 'second']);
  await log.db.write('clockJumped', { by: start - wrong, now: start });
  expect(await found(start)).toEqual(['second', 'first']);
  expect(await due(start)).toEqual(['first', 'second']);
  expect(await log.db.write('expire', { domain: 'example.com', before: start + HOUR })).toHaveLength(2);
});

it('the search index goes on behind messages whose ids are ahead of the clock', async () => {
  await using log = await open();
  const now = start + HOUR;
  await log.db.write('accept', message(now + YEAR, 'early letter'));
  await log.db.write('clockJumped', { by: -YEAR, now });
  await log.db.write('accept', {
    ...message(now + YEAR, 'late letter'),
    id: firstIdAt(now + YEAR) + 1,
    receivedAt: now + 10,
  });
  expect(await log.db.write('indexLog', { before: now + HOUR, now: now + HOUR, limit: 10 })).toBe(2);
  const find = async (from: number | null, to: number | null) => {
    const { rows } = await log.db.read('list', {
      ...{
        states: null,
        domain: null,
        cause: null,
        text: 'letter',
        before: null,
        limit: 10,
        everyRecipient: false,
      },
      ...{ from, to },
    });
    return rows.map(({ subject }) => subject);
  };
  expect(await find(null, null)).toEqual(['late letter', 'early letter']);
  expect(await find(start, now + HOUR)).toEqual(['late letter', 'early letter']);
  expect(await find(now + 5, now + HOUR)).toEqual(['late letter']);
  expect(await find(now + HOUR, null)).toEqual([]);
});

it('what is planned for later than any schedule would have it is tried now', async () => {
  await using log = await open();
  const one = message(start, 'waits');
  await log.db.write('accept', one);
  await log.db.write('settle', {
    messageId: one.id,
    results: [
      { position: 0, state: 'queued', nextAt: start + YEAR, cause: null, reply: null, counted: true },
    ],
    attempt: null,
  });
  const hurry = { domain: 'example.com', latest: start + 2 * HOUR, now: start + HOUR };
  expect(await log.db.write('hurryLate', hurry)).toBe(1);
  expect(await log.db.write('hurryLate', hurry)).toBe(0);
  expect(
    (await log.db.read('due', { way: { domain: 'example.com' }, now: start + HOUR, limit: 10 })).messages,
  ).toHaveLength(1);
});
