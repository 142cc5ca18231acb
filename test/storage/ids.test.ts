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

it('are exact numbers until the year 2090', () => {
  expect(Number.isSafeInteger(firstIdAt(Date.UTC(2090, 0, 1)))).toBe(true);
});

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
