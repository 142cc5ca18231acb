// The pace against pretend servers that count as real ones do, on a clock of the test's own.
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src-main/relay/smtp/pace.ts';

type Limiter = (now: number) => boolean;

/** As Postfix's anvil: the window begins with the first event after the one before is over. */
function fixedWindow(limit: number, window: number): Limiter {
  let start = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (now) => {
    if (now - start > window) {
      start = now;
      count = 0;
    }
    count++;
    return count <= limit;
  };
}

/** As Exim's `ratelimit` in strict mode, roughly: what came in the last window counts, refused or not taken out. */
function slidingWindow(limit: number, window: number): Limiter {
  let taken: number[] = [];
  return (now) => {
    taken = taken.filter((at) => at > now - window);
    if (taken.length >= limit) return false;
    taken.push(now);
    return true;
  };
}

function leakyBucket(size: number, perSecond: number): Limiter {
  let level = 0;
  let at = 0;
  return (now) => {
    level = Math.max(0, level - ((now - at) / 1000) * perSecond);
    at = now;
    if (level + 1 > size) return false;
    level++;
    return true;
  };
}

/** Sends as fast as the pace allows, several at a time; taking one lasts `roundTrip` ms, refusing one 20. */
function run(pace: Pace, limiter: Limiter, seconds: number, from = 1_000_000, together = 10, roundTrip = 20) {
  const until = from + seconds * 1000;
  const slots = Array.from({ length: together }, () => from);
  const events: { at: number; taken: boolean }[] = [];
  const outcomes: { at: number; startedAt: number; taken: boolean }[] = [];
  for (let now = from; now < until; now++) {
    while (outcomes[0] && outcomes[0].at <= now) {
      const outcome = outcomes.shift()!;
      if (outcome.taken) pace.accepted(outcome.at, 1, outcome.startedAt);
      else pace.refused(outcome.at, outcome.startedAt);
    }
    for (let slot = 0; slot < slots.length; slot++) {
      if (slots[slot]! > now || pace.readyAt() > now) continue;
      pace.take(now);
      const taken = limiter(now + 10);
      const answered = now + (taken ? roundTrip * (1 + slot / together) : 20);
      slots[slot] = answered;
      events.push({ at: now, taken });
      outcomes.push({ at: answered, startedAt: now, taken });
      outcomes.sort((one, other) => one.at - other.at);
    }
  }
  const after = (ms: number) => events.filter((event) => event.at >= from + ms);
  return {
    taken: events.filter((event) => event.taken).length,
    deferredAfter: (ms: number) =>
      after(ms).filter((event) => !event.taken).length / Math.max(1, after(ms).length),
    takenAfter: (ms: number) => after(ms).filter((event) => event.taken).length,
  };
}

describe('a server that counts', () => {
  it.each([
    ['100 in 60 s', fixedWindow(100, 60_000), 100 / 60],
    ['20 in 60 s', fixedWindow(20, 60_000), 20 / 60],
    ['1000 in 60 s', fixedWindow(1000, 60_000), 1000 / 60],
    ['30 in 10 s', fixedWindow(30, 10_000), 3],
    ['100 in any 60 s', slidingWindow(100, 60_000), 100 / 60],
    ['2 a second', leakyBucket(10, 2), 2],
  ])(
    '%s: at least nine tenths of what it allows, and few refusals after the first minute',
    (_, limiter, perSecond) => {
      const seconds = 900;
      const { taken, takenAfter, deferredAfter } = run(new Pace(), limiter, seconds);
      expect(taken).toBeGreaterThanOrEqual(0.9 * perSecond * seconds);
      expect(takenAfter(60_000)).toBeGreaterThanOrEqual(0.9 * perSecond * (seconds - 60));
      expect(deferredAfter(60_000)).toBeLessThan(0.05);
    },
  );
});

describe('a server that refuses faster than it takes', () => {
  it.each([
    ['60 in 60 s', 60, 60_000],
    ['40 in 3 s', 40, 3_000],
  ])('%s: what was on its way at the first refusal counts', (_, limit, window) => {
    const pace = new Pace();
    run(pace, fixedWindow(limit, window), (1.5 * window) / 1000, 1_000_000, 20, 400);
    expect(pace.figures().perMinute).toBeGreaterThanOrEqual((0.85 * limit * 60_000) / window);
  });
});

describe('a limit that changes', () => {
  it('is followed down and up', () => {
    const pace = new Pace();
    run(pace, fixedWindow(300, 60_000), 300);
    const less = run(pace, fixedWindow(60, 60_000), 600, 2_000_000);
    expect(less.taken).toBeGreaterThanOrEqual(0.9 * 600);
    expect(less.deferredAfter(120_000)).toBeLessThan(0.05);
    const more = run(pace, fixedWindow(600, 60_000), 1800, 3_000_000);
    // All the way.
    expect(pace.figures().perMinute ?? 600).toBeGreaterThan(500);
    expect(more.taken).toBeGreaterThan(10_000);
    expect(more.deferredAfter(0)).toBeLessThan(0.05);
  });
});

describe('a rate that was measured badly', () => {
  it('is made good within minutes', () => {
    const pace = new Pace();
    // Busy with other things, the server takes half of what its limit is.
    run(pace, fixedWindow(60, 60_000), 60);
    run(pace, fixedWindow(120, 60_000), 540, 1_060_000);
    const { taken, deferredAfter } = run(pace, fixedWindow(120, 60_000), 600, 1_600_000);
    expect(taken).toBeGreaterThanOrEqual(0.9 * 1200);
    expect(deferredAfter(0)).toBeLessThan(0.05);
  });
});

describe('a server without limits', () => {
  it('is never slowed down', () => {
    const pace = new Pace();
    const { taken } = run(pace, () => true, 10);
    expect(taken).toBeGreaterThan(3500);
    expect(pace.figures()).toEqual({ perMinute: null, stopped: false });
  });

  it('gets one try at a time after a refusal, at growing intervals', () => {
    const pace = new Pace();
    run(pace, () => true, 1);
    const { taken } = run(pace, () => false, 600, 1_100_000);
    expect(taken).toBe(0);
    const tries = run(pace, () => false, 600, 1_700_000);
    expect(tries.deferredAfter(0)).toBe(1);
    expect(pace.figures().stopped).toBe(true);
    expect(pace.readyAt()).toBeGreaterThan(2_300_000);
  });
});

describe('a quiet office', () => {
  const MINUTE = 60_000;

  /** The server is busy with one message, and takes it when it comes again a second later. */
  function busyOnce(pace: Pace, now: number): number {
    pace.take(now);
    pace.refused(now + 20, now);
    const again = Math.max(now + 1000, pace.readyAt());
    pace.take(again);
    pace.accepted(again + 20, 1, again);
    return again + 20;
  }

  it('does not wait minutes for its mail because its server was busy once', () => {
    const pace = new Pace();
    const start = 1_000_000;
    pace.accepted(start, 1, start - 20);
    const now = busyOnce(pace, start + 30 * MINUTE);
    expect(pace.readyAt() - now).toBeLessThanOrEqual(6_000);
    expect(pace.figures().perMinute).toBeGreaterThanOrEqual(10);
  });

  it('is not slowed down each time by how little there was to send', () => {
    const pace = new Pace();
    let now = 1_000_000;
    pace.accepted(now, 1, now - 20);
    for (let day = 0; day < 5; day++) now = busyOnce(pace, now + 30 * MINUTE);
    expect(pace.figures().perMinute).toBeGreaterThan(8);
  });
});
