// A million lines of nonsense.
import { expect, it } from 'vitest';
import { seededRandom } from '../lab/random.ts';
import { fuzz } from './fuzz.ts';
import { longestStall } from './watched-service.ts';

it('1,000,000 lines: no crash, no stall, no octet of another session', { timeout: 1_800_000 }, async () => {
  const { seed } = seededRandom();
  const result = await fuzz(1_000_000, seed);
  expect(result.wrong.slice(0, 10), `seed ${seed}`).toEqual([]);
  expect(result.delivered).toBeGreaterThan(2000);
  expect(result.worst.own).toBeLessThan(longestStall());
  // Bounded memory: what a batch needs is given back.
  expect(result.worst.rss).toBeLessThan(1024 * 1024 * 1024);
});
