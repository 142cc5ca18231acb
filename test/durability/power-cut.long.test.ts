// The power cut over a longer story: full logs carried over into the database, a kill in between, and more mail after it.
import { expect, it } from 'vitest';
import { hasStrace } from '../lab/packages.ts';
import { seededRandom } from '../lab/random.ts';
import { cutEverywhere, inWords, record } from './power-cut.ts';

it.skipIf(!hasStrace)(
  'a power cut loses nothing that was answered 250, also around checkpoints, kills and restarts',
  async () => {
    const random = seededRandom();
    const recording = await record(
      [
        // Past the 16 MiB at which the log is carried over into the database while mail comes in.
        { messages: 120, large: [9_000_000, 9_000_000], end: 'kill' },
        { messages: 60, large: [500_000], end: 'stop' },
        { messages: 30, large: [], end: 'kill' },
      ],
      random,
    );
    const result = cutEverywhere(recording, { between: 200 }, random);
    process.stdout.write(inWords(result));
    expect(result.problems).toEqual([]);
    expect(result.answered).toBe(213);
  },
  20 * 60_000,
);
