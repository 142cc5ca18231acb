// The watched clock: what it says when the system's jumps, and how it tells a jump from a sleep.
import { realTimers } from '../../src-main/clock/timers.ts';
import { expect, it } from 'vitest';
import { WatchedClock } from '../../src-main/clock/watched.ts';

const HOUR = 3_600_000;

/** A machine's clocks, at the mercy of the test. */
function machine() {
  const at = { wall: 1_800_000_000_000, steady: 5_000_000, uptime: 100_000 };
  const clock = new WatchedClock({
    wall: () => at.wall,
    steady: () => at.steady,
    uptime: () => at.uptime,
    boot: () => null,
    timers: realTimers,
  });
  const pass = (ms: number) => {
    at.wall += ms;
    at.steady += ms;
    at.uptime += ms;
  };
  return { at, clock, pass };
}

it('is the system’s clock as long as that goes on', () => {
  const { at, clock, pass } = machine();
  for (let n = 0; n < 1000; n++) {
    pass(997);
    expect(clock.now()).toBe(at.wall);
    expect(clock.look()).toBeNull();
  }
});

it('follows a clock that creeps, hours in all, and takes it for no jump', () => {
  const { at, clock, pass } = machine();
  for (let n = 0; n < 10_000; n++) {
    pass(1000);
    at.wall += 900;
    expect(clock.now()).toBe(at.wall);
    expect(clock.look()).toBeNull();
  }
});

for (const by of [-365 * 24 * HOUR, -HOUR, -10_000, 10_000, HOUR, 30 * 24 * HOUR])
  it(`goes on as if nothing had been when the system’s is set ${by} ms, until it has looked`, () => {
    const { at, clock, pass } = machine();
    let strayed = 0;
    clock.onStray = () => strayed++;
    const before = clock.now();
    at.wall += by;
    pass(300);
    expect(clock.now()).toBe(before + 300);
    expect(strayed).toBe(1);
    expect(clock.look()).toEqual({ jumped: by, slept: 0 });
    expect(clock.now()).toBe(at.wall);
    expect(clock.look()).toBeNull();
  });

it('tells sleep, which all clocks but one know of, from a jump', () => {
  const { at, clock } = machine();
  at.wall += 8 * HOUR;
  at.uptime += 8 * HOUR;
  expect(clock.look()).toEqual({ jumped: 0, slept: 8 * HOUR });
  expect(clock.now()).toBe(at.wall);
});

it('tells how much of both when the clock was set after a sleep', () => {
  const { at, clock } = machine();
  at.wall += 8 * HOUR - 20 * HOUR;
  at.uptime += 8 * HOUR;
  expect(clock.look()).toEqual({ jumped: -20 * HOUR, slept: 8 * HOUR });
});

it('takes an uptime in whole seconds for neither', () => {
  const { at, clock, pass } = machine();
  for (let n = 0; n < 100; n++) {
    pass(730);
    at.uptime = Math.floor(at.wall / 1000) * 1000 - 1_799_999_900_000;
    expect(clock.look()).toBeNull();
  }
});
