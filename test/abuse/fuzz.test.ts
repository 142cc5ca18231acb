// Fifty thousand lines of nonsense; a million in fuzz.long.test.ts.
import { expect, it } from 'vitest';
import { seededRandom } from '../lab/random.ts';
import { fuzz } from './fuzz.ts';
import { longestStall } from './watched-service.ts';

it('50,000 lines: no crash, no stall, no octet of another session', async () => {
  const { seed } = seededRandom();
  const result = await fuzz(50_000, seed);
  expect(result.wrong.slice(0, 10), `seed ${seed}`).toEqual([]);
  expect(result.delivered).toBeGreaterThan(100);
  expect(result.worst.own).toBeLessThan(longestStall());
});
