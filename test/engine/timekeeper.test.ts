// A jump of the clock is taken over on disk once: not twice when the process dies after it, and not never when the disk was full.
import { WatchedClock } from '../../src-main/clock/watched.ts';
import type { EngineEvents } from '../../src-main/engine/events.ts';
import { eventsInto } from '../lab/log.ts';
import { expect, it } from 'vitest';
import { Timekeeper } from '../../src-main/engine/timekeeper.ts';
import { openDatabase, type Database } from '../../src-main/storage/database.ts';
import { scratch } from '../lab/scratch.ts';
import { LabTime } from '../lab/time.ts';
import { until } from '../lab/wait.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A database whose disk can be too full for large writes, and whose writes from some moment on never come to be: the process died. */
async function machine() {
  const folder = scratch('timekeeper');
  const time = new LabTime();
  const db = await openDatabase(`${folder.path}/mailward.db`);
  const state = { full: false, dies: false, dead: false };
  /** By how much what waits was moved on disk, and by whom it was told. */
  const moved: number[] = [];
  const jumped: number[] = [];
  /** How often it was moved when all were told to look at it again. */
  const replanned: number[] = [];
  /** How many jumps those in memory knew of when one was to be written. */
  const toldBefore: number[] = [];
  const write = async (name: string, args: unknown): Promise<unknown> => {
    if (state.dead) return new Promise(() => undefined);
    if (name === 'clockJumped') toldBefore.push(jumped.length);
    if (state.full && name === 'clockJumped') throw new Error('database or disk is full');
    const value: unknown = await (db.write as (name: string, args: unknown) => Promise<unknown>)(name, args);
    if (name === 'clockJumped') {
      moved.push((args as { by: number }).by);
      state.dead = state.dies;
    }
    return value;
  };
  const run = async () => {
    const events = eventsInto<EngineEvents>([]);
    events.on('clockJumped', ({ by }) => jumped.push(by));
    events.on('replanned', () => replanned.push(moved.length));
    const keeper = new Timekeeper({ clock: new WatchedClock(time), events });
    await keeper.begin({ write } as unknown as Database);
    return keeper;
  };
  return {
    time,
    state,
    moved,
    jumped,
    replanned,
    toldBefore,
    run,
    kept: () => db.write('keptClock'),
    sum: () => Math.round(moved.reduce((sum, by) => sum + by, 0) / MINUTE) * MINUTE,
    [Symbol.asyncDispose]: async () => {
      state.dead = true;
      await db.close();
      folder[Symbol.dispose]();
    },
  };
}

it('those in memory know of it before anything can go by the new clock, and look at the disk when that does', async () => {
  await using at = await machine();
  const keeper = await at.run();
  at.time.set(30 * DAY);
  await until('it to be written', () => at.replanned.length > 0);
  expect(at.toldBefore).toEqual([1]);
  expect(at.replanned).toEqual([1]);
  await keeper.close();
});

it('the process dies right after it was written', async () => {
  await using at = await machine();
  await at.run();
  at.state.dies = true;
  at.time.set(30 * DAY);
  await until('it to be written', () => at.state.dead);
  at.state.dies = at.state.dead = false;
  await (await at.run()).close();
  expect(at.sum()).toBe(30 * DAY);
});

it('the disk is full, and has room again', async () => {
  await using at = await machine();
  const keeper = await at.run();
  at.state.full = true;
  at.time.set(-30 * DAY);
  await until('those in memory to be told', () => at.jumped.length === 1);
  at.time.set(DAY);
  await until('those in memory to be told again', () => at.jumped.length === 2);
  expect(at.moved).toEqual([]);
  at.state.full = false;
  at.time.pass(MINUTE);
  await until('it to be tried again', () => at.moved.length > 0);
  expect(at.sum()).toBe(-29 * DAY);
  await until('all to look again', () => at.replanned.at(-1) === 1);
  await keeper.close();
});

it('the disk is full until the process is ended', async () => {
  await using at = await machine();
  const keeper = await at.run();
  at.state.full = true;
  at.time.set(30 * DAY);
  await until('those in memory to be told', () => at.jumped.length === 1);
  at.time.pass(10 * MINUTE);
  await keeper.close();
  at.state.full = false;
  await (await at.run()).close();
  expect(at.sum()).toBe(30 * DAY);
});

it('the disk is full when the process is started, which starts all the same', async () => {
  await using at = await machine();
  await (await at.run()).close();
  at.time.set(-30 * DAY);
  at.state.full = true;
  const keeper = await at.run();
  at.state.full = false;
  at.time.pass(MINUTE);
  await until('it to be tried again', () => at.moved.length > 0);
  expect(at.sum()).toBe(-30 * DAY);
  await keeper.close();
  expect((await at.kept()).at).toBeLessThan(at.time.wall() + MINUTE);
});
