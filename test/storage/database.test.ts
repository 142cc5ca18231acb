// The database behind its threads: commits shared by many, failures of one, and files of another version.
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database, StorageError } from '../../src-main/storage/database.ts';
import type { NewMessage } from '../../src-main/storage/operations/spool.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';

let folder: Scratch;
let db: Database;
const path = () => `${folder.path}/mailward.db`;

beforeEach(async () => {
  folder = scratch('db');
  db = await openDatabase(path());
});
afterEach(async () => {
  await db.close();
  folder[Symbol.dispose]();
});

const everything = {
  states: null,
  domain: null,
  cause: null,
  text: null,
  from: null,
  to: null,
  before: null,
  everyRecipient: false,
};

function message(id: number, data = Buffer.from('Subject: x\r\n\r\n')): NewMessage {
  return {
    id,
    receivedAt: 1000,
    sender: 'a@example.org',
    subject: 'x',
    size: data.length,
    clientAddress: '127.0.0.1',
    helo: 'h',
    tls: null,
    body8bit: false,
    smtpUtf8: false,
    reply: { code: 250, enhanced: '2.6.0', text: 'ok' },
    incoming: '[]',
    recipients: [
      {
        address: 'b@example.com',
        domain: 'example.com',
        state: 'queued',
        heldBy: null,
        cause: null,
        reply: null,
      },
    ],
    lastPiece: { piece: 0, data },
  };
}

it('many writes at once are all there, and readers see them', async () => {
  await Promise.all(Array.from({ length: 2000 }, (_, id) => db.write('accept', message(id + 1))));
  const [waiting] = await db.read('waiting');
  expect(waiting).toMatchObject({ domain: 'example.com', state: 'queued', count: 2000, oldestAt: 1000 });
});

it('one that fails does not take its neighbours with it', async () => {
  const results = await Promise.allSettled([
    db.write('accept', message(1)),
    db.write('accept', message(2)),
    db.write('accept', message(1)),
    db.write('accept', message(3)),
  ]);
  expect(results.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect((results[2] as PromiseRejectedResult).reason).toBeInstanceOf(StorageError);
  expect((await db.read('waiting'))[0]?.count).toBe(3);
});

it('pieces whose message never came are removed at the next start', async () => {
  await db.write('addPiece', { messageId: 7, piece: 0, data: Buffer.from('half') });
  await db.write('accept', message(8));
  expect(await db.write('removeOrphans')).toBe(1);
  expect(await db.read('piece', { messageId: 7, index: 0 })).toBeNull();
  expect(await db.read('piece', { messageId: 8, index: 0 })).not.toBeNull();
});

it('a file of a later version is left alone, with a word about it', async () => {
  await db.close();
  const later = new DatabaseSync(path());
  later.exec('PRAGMA user_version = 9999');
  later.close();
  await expect(openDatabase(path())).rejects.toThrow(/later version of Mailward/);
  rmSync(path());
  db = await openDatabase(path());
});

it('what was deleted while it was on its way out stays deleted', async () => {
  await db.write('accept', message(1));
  await db.write('act', { action: 'delete', ids: [1], domain: null, heldBy: 'admin', now: 2000 });
  await db.write('settle', {
    messageId: 1,
    results: [{ position: 0, state: 'queued', nextAt: 5000, cause: 'other', reply: null, counted: true }],
    attempt: null,
  });
  expect((await db.read('detail', 1))?.state).toBe('deleted');
});

it('what was held while it was on its way out stays held when it was deferred, and is delivered when it was', async () => {
  for (const id of [1, 2]) {
    await db.write('accept', message(id));
    await db.write('act', { action: 'hold', ids: [id], domain: null, heldBy: 'admin', now: 2000 });
  }
  const settle = (id: number, state: 'queued' | 'delivered', nextAt: number | null) =>
    db.write('settle', {
      messageId: id,
      results: [{ position: 0, state, nextAt, cause: null, reply: null, counted: true }],
      attempt: null,
    });
  expect(await settle(1, 'queued', 5000)).toMatchObject({ state: 'held' });
  expect(await settle(2, 'delivered', null)).toMatchObject({ state: 'delivered' });
});

it('finished messages are forgotten after their time, waiting ones never', async () => {
  await db.write('accept', message(1));
  await db.write('accept', message(2));
  await db.write('settle', {
    messageId: 2,
    results: [{ position: 0, state: 'delivered', nextAt: null, cause: null, reply: null, counted: true }],
    attempt: null,
  });
  expect(await db.write('forget', { before: Date.now(), after: 0, limit: 10 })).toEqual({
    gone: 1,
    next: null,
  });
  expect((await db.read('list', { ...everything, limit: 10 })).rows).toHaveLength(1);
});

it('mail that waited for long is not forgotten as soon as it is over, nor before its sender was told', async () => {
  const settle = (id: number, state: 'delivered' | 'refused', endedAt: number) =>
    db.write('settle', {
      messageId: id,
      results: [{ position: 0, state, nextAt: null, cause: null, reply: null, counted: true }],
      attempt: {
        ...{ startedAt: endedAt - 10, endedAt, host: 'mail.example.com', port: 25 },
        ...{ address: null, tls: null, results: '[]', transcript: '[]' },
      },
      bounceAt: endedAt + 60_000,
    });
  const day = (days: number) => Date.UTC(2026, 0, days);
  const forget = async (days: number) =>
    (await db.write('forget', { before: day(days), after: 0, limit: 10 })).gone;
  await db.write('accept', message(1));
  await settle(1, 'delivered', day(5));
  expect(await forget(4)).toBe(0);
  expect(await forget(6)).toBe(1);
  await db.write('accept', message(2));
  await settle(2, 'refused', day(5));
  expect(await forget(6)).toBe(0);
  await db.write('suppressBounce', { messageId: 2, reason: 'not-authentic', at: day(7) });
  expect(await forget(6)).toBe(0);
  expect(await forget(8)).toBe(1);
});

it('what waited for long and is deleted stays in the log as long as anything else that ends now', async () => {
  const day = (days: number) => Date.UTC(2026, 0, days);
  const forget = async (days: number) =>
    (await db.write('forget', { before: day(days), after: 0, limit: 10 })).gone;
  await db.write('accept', message(1));
  await db.write('act', { action: 'delete', ids: [1], domain: null, heldBy: 'admin', now: day(5) });
  expect(await forget(5)).toBe(0);
  expect(await forget(6)).toBe(1);
});

it('a clean-up looks once at each old message, those that stay among them, a slice at a time', async () => {
  const now = Date.now();
  for (let id = 1; id <= 20; id++) {
    await db.write('accept', message(id));
    // Every other one was tried lately, and so stays.
    const endedAt = id % 2 === 0 ? now : 1_000;
    await db.write('settle', {
      messageId: id,
      results: [{ position: 0, state: 'delivered', nextAt: null, cause: null, reply: null, counted: true }],
      attempt: {
        ...{ startedAt: endedAt - 10, endedAt, host: 'mail.example.com', port: 25 },
        ...{ address: null, tls: null, results: '[]', transcript: '[]' },
      },
    });
  }
  const slices: { gone: number; next: number | null }[] = [];
  for (let after: number | null = 0; after !== null; after = slices.at(-1)?.next ?? null)
    slices.push(await db.write('forget', { before: now - 1_000, after, limit: 8 }));
  expect(slices).toEqual([
    { gone: 4, next: 8 },
    { gone: 4, next: 16 },
    { gone: 2, next: null },
  ]);
  expect((await db.read('list', { ...everything, limit: 50 })).rows).toHaveLength(10);
});

it('what waits is counted exactly, whatever becomes of it', async () => {
  const counted = async () =>
    (await db.read('waiting')).map(({ state, count, bytes }) => `${count} ${state}, ${bytes} octets`).sort();
  const settle = (id: number, state: 'delivered' | 'refused' | 'queued') =>
    db.write('settle', {
      messageId: id,
      results: [
        {
          position: 0,
          state,
          nextAt: state === 'queued' ? 5000 : null,
          cause: null,
          reply: null,
          counted: true,
        },
      ],
      attempt: null,
    });
  const act = (action: 'hold' | 'release' | 'delete', ids: number[]) =>
    db.write('act', { action, ids, domain: null, heldBy: 'admin', now: 2000 });
  for (const id of [1, 2, 3, 4, 5])
    await db.write('accept', { ...message(id, Buffer.from('12345')), receivedAt: id * 1000 });
  expect(await counted()).toEqual(['5 queued, 25 octets']);
  await settle(1, 'delivered');
  await settle(2, 'refused');
  await settle(3, 'queued');
  await act('hold', [4]);
  expect(await counted()).toEqual(['1 held, 5 octets', '1 refused, 5 octets', '2 queued, 10 octets']);
  expect((await db.read('waiting')).find(({ state }) => state === 'queued')?.oldestAt).toBe(3000);
  await act('release', [4]);
  await act('delete', [3]);
  expect(await counted()).toEqual(['1 refused, 5 octets', '2 queued, 10 octets']);
  // What is forgotten was refused, and waits no more.
  await db.write('forget', { before: Date.now(), after: 0, limit: 10 });
  expect(await counted()).toEqual(['2 queued, 10 octets']);
  expect(await db.write('expire', { domain: 'example.com', before: Date.now() })).toEqual([4, 5]);
  expect(await counted()).toEqual(['2 expired, 10 octets']);
});
