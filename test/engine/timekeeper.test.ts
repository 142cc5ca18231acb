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
  const state = { full: false, broken: false, dies: false, dead: false };
  /** By how much what waits was moved on disk, and by whom it was told. */
  const moved: number[] = [];
  const jumped: number[] = [];
  /** How often it was moved when all were told to look at it again. */
  const replanned: number[] = [];
  /** How many jumps those in memory knew of when one was to be written. */
  const toldBefore: number[] = [];
  const write = async (name: string, args: unknown): Promise<unknown> => {
    if (state.dead) return new Promise(() => undefined);
    if (state.broken) throw new Error('disk I/O error');
    if (name === 'clockJumped') toldBefore.push(jumped.length);
    if (state.full && name === 'clockJumped') throw new Error('database or disk is full');
    const value: unknown = await (db.write as (name: string, args: unknown) => Promise<unknown>)(name, args);
    if (name === 'clockJumped') {
      moved.push((args as { by: number }).by);
      state.dead = state.dies;
    }
    return value;
  };
  const notes: string[] = [];
  const keeperOf = (clock: WatchedClock) => {
    const events = eventsInto<EngineEvents>(notes);
    events.on('clockJumped', ({ by }) => jumped.push(by));
    events.on('replanned', () => replanned.push(moved.length));
    return new Timekeeper({ clock, events });
  };
  /** A start up to where somebody can follow what happens. */
  const begin = async (clock = new WatchedClock(time)) => {
    const keeper = keeperOf(clock);
    await keeper.begin({ write } as unknown as Database);
    return keeper;
  };
  const beginFails = () => {
    const keeper = keeperOf(new WatchedClock(time));
    return { keeper, begun: keeper.begin({ write } as unknown as Database) };
  };
  const run = async () => {
    const keeper = await begin();
    keeper.watch();
    return keeper;
  };
  return {
    time,
    state,
    moved,
    jumped,
    notes,
    replanned,
    toldBefore,
    begin,
    beginFails,
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

for (const [name, was, by] of [
  ['behind', -2 * DAY, 2 * DAY],
  ['ahead', 2 * DAY, -2 * DAY],
] as const)
  it(`a clock that was ${name} and is put right before the last run is looked at has not jumped`, async () => {
    await using at = await machine();
    await (await at.run()).close();
    at.time.set(was);
    const clock = new WatchedClock(at.time);
    at.time.set(by);
    const keeper = await at.begin(clock);
    expect(clock.now()).toBeLessThan(at.time.wall() + MINUTE);
    keeper.watch();
    await keeper.close();
    expect(at.moved).toEqual([]);
    expect(at.notes).toEqual([]);
  });

it('a sleep that nobody noticed before the process ended is no jump for the next', async () => {
  await using at = await machine();
  const keeper = await at.run();
  at.time.sleep(2 * DAY);
  await keeper.close();
  at.time.pass(MINUTE);
  await (await at.run()).close();
  expect(at.moved).toEqual([]);
});

it('a jump during the start is told when somebody can follow it, and not before', async () => {
  await using at = await machine();
  const keeper = await at.begin();
  at.time.set(-2 * DAY);
  keeper.clock.now();
  await new Promise(setImmediate);
  expect(at.jumped).toEqual([]);
  keeper.watch();
  expect(at.sum()).toBe(0);
  await until('it to be written', () => at.replanned.length > 0);
  expect(at.jumped).toHaveLength(1);
  expect(at.sum()).toBe(-2 * DAY);
  await keeper.close();
});

it('a start that ends before anybody follows the clock leaves its reading to the next', async () => {
  await using at = await machine();
  await (await at.run()).close();
  at.time.pass(3 * DAY);
  const before = at.time.wall();
  await (await at.begin()).close();
  expect((await at.kept()).at).toBeGreaterThanOrEqual(before);
  expect(at.moved).toEqual([]);
});

it('a start that could not compare the clock leaves what the last run kept', async () => {
  await using at = await machine();
  await (await at.run()).close();
  const { at: kept } = await at.kept();
  at.time.set(-2 * DAY);
  at.state.broken = true;
  const { keeper, begun } = at.beginFails();
  await expect(begun).rejects.toThrow('disk I/O error');
  at.state.broken = false;
  await keeper.close();
  expect((await at.kept()).at).toBe(kept);
  await (await at.run()).close();
  expect(at.sum()).toBe(-2 * DAY);
});
