// The files of an open database: what is noticed about them, and what is put right.
import { readdirSync, rmSync, utimesSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database, type DatabaseEvents } from '../../src-main/storage/database.ts';
import type { FileTrouble } from '../../src-main/storage/open-files.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

let folder: Scratch;
let db: Database;
let seen: (FileTrouble | null)[];
let notes: string[];
const path = (end = '') => `${folder.path}/mailward.db${end}`;

const events: DatabaseEvents = {
  files: (trouble) => seen.push(trouble),
  ended: () => undefined,
  running: () => undefined,
  failed: () => undefined,
  written: () => undefined,
  damaged: () => undefined,
  note: (words) => notes.push(words),
};
const piece = (messageId: number) => ({ messageId, piece: 0, data: new Uint8Array(100) });

beforeEach(async () => {
  folder = scratch('files');
  seen = [];
  notes = [];
  db = await openDatabase(path(), events, 0);
});
afterEach(async () => {
  await db.close();
  folder[Symbol.dispose]();
});

it.each(['-wal', '-shm'])(
  'a log whose %s was removed is begun anew, with all that was in it',
  async (end) => {
    await db.write('addPiece', piece(1));
    rmSync(path(end));
    await until('the log is not begun anew', () => notes.some((words) => words.includes('nothing is lost')));
    await db.write('addPiece', piece(2));
    // As whoever opens it next sees it, from the files alone.
    const other = new DatabaseSync(path());
    expect(other.prepare('SELECT count(*) AS count FROM content').get()).toMatchObject({ count: 2 });
    other.close();
    expect(
      readdirSync(folder.path).filter((name) => name.includes('set-aside') && name.includes(`db${end}`)),
    ).toEqual([]);
  },
);

it('a file system that changes times by itself is not believed for long', async () => {
  for (let alarm = 1; alarm <= 3; alarm++) {
    utimesSync(path(), alarm, alarm);
    await until('it is not looked into', () => seen.filter((one) => one === null).length >= alarm);
  }
  expect(seen.filter((one) => one?.fault === 'changed')).toHaveLength(3);
  await until('nobody is told', () =>
    notes.some((words) => words.includes('times are not looked at any more')),
  );
  utimesSync(path(), 4, 4);
  await db.write('addPiece', piece(1));
  expect(await db.read('piece', { messageId: 1, index: 0 })).toHaveLength(100);
  expect(seen.filter((one) => one?.fault === 'changed')).toHaveLength(3);
});

it('a thread that takes up another’s work begins no database where there is none', async () => {
  const threads: Worker[] = [];
  const remember = (thread: Worker) => threads.push(thread);
  process.on('worker', remember);
  try {
    const other = await openDatabase(path('.other'), {
      ...events,
      ended: (_, error) => notes.push(error.message),
    });
    for (const end of ['', '-wal', '-shm']) rmSync(path(`.other${end}`));
    await threads[0]?.terminate();
    await until('it is not tried', () => notes.includes('the database is not there'));
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.other'))).toEqual([]);
    await other.close();
  } finally {
    process.off('worker', remember);
  }
});

it('who reads beside it, or copies it, is no trouble', async () => {
  await db.write('addPiece', piece(1));
  const other = new DatabaseSync(path(), { readOnly: true });
  other.prepare('SELECT count(*) FROM content').get();
  other.prepare('VACUUM INTO ?').run(path('.copy'));
  other.close();
  await db.write('addPiece', piece(2));
  expect(seen).toEqual([]);
});
