// The power may go at any moment: what was answered 250 is there at the next start, whole, on a disk that keeps its word on fsync.
import { expect, it } from 'vitest';
import { hasStrace } from '../lab/packages.ts';
import { seededRandom } from '../lab/random.ts';
import { cutEverywhere, inWords, record, withoutSyncs } from './power-cut.ts';

it.skipIf(!hasStrace)('a power cut loses nothing that was answered 250', async () => {
  const random = seededRandom();
  const recording = await record([{ messages: 36, large: [700_000, 300_000], end: 'stop' }], random);
  const result = cutEverywhere(recording, { between: 60 }, random);
  process.stdout.write(inWords(result));
  expect(result.problems).toEqual([]);
  expect(result.answered).toBe(38);

  // The same record, had nobody asked for fsync: the test must see the loss.
  const careless = cutEverywhere(withoutSyncs(recording), { between: 0 }, random);
  expect(careless.problems.join('\n')).toMatch(/was answered 250 and is gone/);
});
