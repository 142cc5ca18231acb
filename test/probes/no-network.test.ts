// Every check there is, asked where there is no network at all: none of them may call that a fault of the one asked about.
import { describe, expect, it } from 'vitest';
import { checks } from '../../src-main/probes/catalogue.ts';
import { destinationSchema } from '../../shared/domain.ts';
import { askApart, canBeApart, loopback, noNetwork } from '../lab/apart.ts';

/** What they are for: to say that there is no network. */
const about = new Set(['connectivity']);

describe.skipIf(!canBeApart)('without a network', () => {
  it.each([
    ['not even a loopback', noNetwork],
    ['nothing but loopback', loopback],
  ])('no check finds a problem: %s', async (_, furnish) => {
    const [found = []] = await askApart(furnish, [
      {
        checks: [],
        target: {
          domain: 'example.com',
          destinations: [
            destinationSchema.parse({ host: 'mail.example.com' }),
            destinationSchema.parse({ host: '93.184.215.14' }),
          ],
          relay: { hostname: 'relay.example.com', addresses: ['93.184.215.15'] },
          selectors: ['one'],
          formerMx: [{ preference: 10, exchange: 'mail.example.com' }],
        },
      },
    ]);
    const wrong = found.filter(
      ({ check, state }) => !about.has(check) && state !== 'could-not-check' && state !== 'not-applicable',
    );
    expect(wrong.map(({ check, code, summary }) => [check, code, summary])).toEqual([]);
    const asked = checks.filter(({ onRequest }) => onRequest !== true).map(({ name }) => name);
    expect([...new Set(found.map(({ check }) => check))].sort()).toEqual(
      expect.arrayContaining(asked.sort()),
    );
  });
});
