// Message ids grow with time, stay short, and can be read out on the telephone.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdSource, firstIdAt, formatId, parseId, timeOfId } from '../../src-main/storage/ids.ts';

const now = Date.UTC(2026, 5, 1);

it('grow, also within a millisecond and when the clock is set back', () => {
  const ids = new IdSource(0);
  const given = [ids.next(now), ids.next(now), ids.next(now - 60_000), ids.next(now + 1)];
  expect([...given].sort((a, b) => a - b)).toEqual(given);
  expect(new Set(given).size).toBe(4);
});

it('go on after the highest one stored', () => {
  const stored = new IdSource(0).next(now + 3_600_000);
  expect(new IdSource(stored).next(now)).toBeGreaterThan(stored);
});

it('tell when the message came, to the millisecond', () => {
  expect(timeOfId(new IdSource(0).next(now))).toBe(now);
  expect(firstIdAt(now)).toBeLessThanOrEqual(new IdSource(0).next(now));
});

it.each([2090, 2093, 2106, 9999])(
  'are exact numbers, each another, by a clock that says it is %i',
  (year) => {
    const ids = new IdSource(new IdSource(0).next(now));
    const given = Array.from({ length: 10_000 }, () => ids.next(Date.UTC(year, 1, 7)));
    expect(new Set(given).size).toBe(given.length);
    expect(given.every((id) => Number.isSafeInteger(id) && parseId(formatId(id)) === id)).toBe(true);
    expect(firstIdAt(Date.UTC(year, 1, 7))).toBeLessThanOrEqual(given[0] ?? 0);
    // Put right, it goes on from there.
    expect(ids.next(now)).toBe((given.at(-1) ?? 0) + 1);
  },
);

it('read back as written, as people type them too', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (id) => {
      const text = formatId(id);
      expect(text.length).toBeLessThanOrEqual(11);
      expect(parseId(text)).toBe(id);
      expect(parseId(` ${text.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')} `)).toBe(id);
    }),
    { verbose: true },
  );
});

it.each(['', ' ', '!', 'U', 'ABCDEFGHJKMN', "1' OR 1", 'ZZZZZZZZZZZ'])('%j is none', (text) => {
  expect(parseId(text)).toBeNull();
});
