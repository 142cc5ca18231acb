// The same promise over hours of bad luck: two hundred kills, twenty thousand messages.
import { expect, it } from 'vitest';
import { inWords, killAgainAndAgain } from './killing.ts';

it(
  'two hundred kills under load lose no message that was answered 250',
  async () => {
    const result = await killAgainAndAgain({ kills: 200, atLeastAccepted: 20_000, clients: 16 });
    process.stdout.write(inWords(result));
    expect(result.lost).toEqual([]);
  },
  60 * 60_000,
);
