// What keeps mail from being stored: told once, with what to do, and over when something is on disk again.
import type { StorageEvents } from '../../src-main/storage/events.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { eventsInto } from '../lab/log.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src-main/storage/database.ts';
import { StorageError, StorageFull } from '../../src-main/storage/failures.ts';
import { RESERVE_BYTES, StorageWatch } from '../../src-main/storage/watch.ts';

let clock: FakeClock;
let disk: { freeBytes: number; writable: boolean };
/** The file system takes nothing any more, and shows it only to those who try. */
let isShutOff: boolean;
let watch: StorageWatch;
let told: string[];
let tried: string[];
/** What a trial write comes to. */
let works: boolean;
let withDisk: number;

beforeEach(() => {
  clock = new FakeClock();
  disk = { freeBytes: 10 * RESERVE_BYTES, writable: true };
  told = [];
  tried = [];
  works = true;
  isShutOff = false;
  withDisk = 0;
  watch = new StorageWatch({
    dataDir: '/data',
    clock,
    events: eventsInto<StorageEvents>(told),
    disk: (closely) => ({ ...disk, writable: disk.writable && !(closely && isShutOff) }),
  });
  const write = (name: string) => {
    tried.push(name);
    if (!works) return Promise.reject(new StorageFull());
    watch.events.written();
    return Promise.resolve();
  };
  watch.start({ write, waiting: () => withDisk } as unknown as Database);
});
afterEach(() => {
  watch.close();
});

/** A second at a time: what is tried in a round has its answer before the next. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    clock.pass(Math.min(left, 1000));
    await new Promise(setImmediate);
  }
}

const kind = () => watch.trouble?.kind ?? null;

it('the reserve: 452 for all, red, and told though no message came', async () => {
  expect(watch.takes(0)).toBe('yes');
  disk.freeBytes = RESERVE_BYTES - 1;
  await pass(1000);
  expect(watch.takes(0)).toBe('full');
  expect(watch.state).toMatchObject({ state: 'problem', trouble: { kind: 'low-space' } });
  expect(told).toEqual([
    expect.stringMatching(
      /^mail cannot be stored: the disk that holds \/data has 63 MiB free.*Free some space/,
    ),
  ]);
  // As free as before and a little more: it must not come and go with every message.
  disk.freeBytes = RESERVE_BYTES + 1;
  await pass(5000);
  expect(kind()).toBe('low-space');
  disk.freeBytes = 2 * RESERVE_BYTES;
  await pass(1000);
  expect(kind()).toBeNull();
  expect(told).toHaveLength(2);
  expect(told[1]).toMatch(/^mail can be stored again; it could not be for 6 s/);
});

it('a message that does not fit is put off, and the others are taken', () => {
  expect(watch.takes(20 * RESERVE_BYTES)).toBe('full');
  expect(watch.takes(1000)).toBe('yes');
  expect(kind()).toBeNull();
});

it('a disk that can only be read: 451, until it can be written to', async () => {
  disk.writable = false;
  await pass(1000);
  expect([kind(), watch.takes(0)]).toEqual(['read-only', 'no']);
  disk.writable = true;
  await pass(1000);
  expect(kind()).toBeNull();
});

it('a file system that shut itself off is found out in half a minute though no mail comes, and its return in a second', async () => {
  isShutOff = true;
  await pass(31_000);
  expect([kind(), watch.takes(0)]).toEqual(['read-only', 'no']);
  isShutOff = false;
  await pass(1000);
  expect(kind()).toBeNull();
});

it('a write that fails closes the door until another is on disk, and that is tried every second', async () => {
  works = false;
  watch.events.failed(new StorageFull());
  expect([kind(), watch.takes(0)]).toEqual(['full', 'full']);
  await pass(3000);
  expect([kind(), tried.length]).toEqual(['full', 3]);
  works = true;
  await pass(1000);
  expect(kind()).toBeNull();
  const done = tried.length;
  await pass(10_000);
  expect(tried).toHaveLength(done);
});

it.each([
  ['locked', 'locked'],
  ['input-output', 'input-output'],
  ['read-only', 'read-only'],
] as const)('a write that fails because it is %s is told as that', (failing, expected) => {
  watch.events.failed(new StorageError('words', failing));
  expect([kind(), watch.takes(0)]).toEqual([expected, 'no']);
});

it('an I/O error where there is no room is a full disk', async () => {
  disk.freeBytes = 0;
  await pass(1000);
  watch.events.failed(new StorageError('disk I/O error', 'input-output'));
  expect(kind()).toBe('full');
});

it('a call that was wrong, and a damaged search index, keep no mail out', () => {
  watch.events.failed(new StorageError('UNIQUE constraint failed', null));
  watch.events.failed(new StorageError('fts5', 'search'));
  expect(kind()).toBeNull();
});

it('a disk that does not answer is told after ten seconds', async () => {
  withDisk = 9_999;
  await pass(1000);
  expect(kind()).toBeNull();
  withDisk = 10_000;
  await pass(1000);
  expect(kind()).toBe('no-answer');
});

it('the gravest is told, and what is left when it is over', () => {
  watch.events.failed(new StorageFull());
  watch.events.files({ part: 'database', path: '/data/mailward.db', fault: 'gone' });
  expect(kind()).toBe('files');
  expect(watch.takes(0)).toBe('no');
  watch.events.files(null);
  expect(kind()).toBe('full');
});

it('two threads that died are both needed again', () => {
  watch.events.ended('writer', new StorageError('x', 'ended'));
  watch.events.ended('reader', new StorageError('x', 'ended'));
  watch.events.running('reader');
  expect(kind()).toBe('ended');
  watch.events.running('writer');
  expect(kind()).toBeNull();
});
