// kill -9 at any moment loses nothing that was answered 250.
import { expect, it } from 'vitest';
import { inWords, killAgainAndAgain } from './killing.ts';

it('thirty kills under load lose no message that was answered 250', async () => {
  const result = await killAgainAndAgain({ kills: 30, atLeastAccepted: 2000, clients: 16 });
  process.stdout.write(inWords(result));
  expect(result.lost).toEqual([]);
});
