// All checks of a domain together, as `mailward diagnose` runs them: in a world that is well, and with every name server dead.
import { describe, expect, it } from 'vitest';
import { observationsOf } from '../../src-main/diagnosis/observations.ts';
import { checks } from '../../src-main/probes/catalogue.ts';
import { canBeHealthy, HealthyDomain, healthyDomain } from '../lab/healthy-domain.ts';
import { scratch } from '../lab/scratch.ts';
import { inContract } from './contract.ts';

/** All that run unasked. */
const all = checks.filter(({ onRequest }) => onRequest !== true);

describe.skipIf(!canBeHealthy)('all checks of a domain', () => {
  it('find nothing to look at in one that is healthy, and put no question twice', async () => {
    await using domain = await HealthyDomain.start();
    using folder = scratch('suite');
    const { found } = await domain.ask(all, folder.path);
    const doubtful = found.filter(({ state }) => state === 'problem' || state === 'could-not-check');
    expect(doubtful.map(({ check, code, summary }) => [check, code, summary])).toEqual([]);
    expect(new Set(inContract(found).map(({ check }) => check))).toEqual(
      new Set(all.map(({ name }) => name)),
    );
    // Each thing whose changes the journal keeps is seen, but what this registry does not say.
    expect(new Set(observationsOf(found).map(({ kind }) => kind))).toEqual(
      new Set([
        ...['mx', 'name-servers', 'serial', 'ds', 'registration-end', 'registration-state'],
        ...['addresses', 'banner', 'software', 'certificate', 'replies'],
      ]),
    );
    // Side by side, and sharing what they ask: the server is visited for all of them at once, and the registry asked once.
    expect(domain.rdap.asked).toEqual([`/domain/${healthyDomain}`]);
    expect(domain.connections()).toBeLessThanOrEqual(MOST_CONNECTIONS);
  });

  it('end by themselves, each before its deadline, when every name server of the domain is dead', async () => {
    await using domain = await HealthyDomain.start('dead');
    using folder = scratch('suite');
    const { found } = await domain.ask(all, folder.path);
    expect(found.map(({ summary }) => summary)).not.toContainEqual(
      expect.stringMatching(/^No answer within/),
    );
    expect(new Set(inContract(found).map(({ check }) => check))).toEqual(
      new Set(all.map(({ name }) => name)),
    );
    // One check says what is wrong; to all others it is a reason not to know.
    const problems = found.filter(({ state }) => state === 'problem');
    expect(problems.map(({ check, code }) => [check, code])).toEqual([['delegation', 'no-server-answers']]);
  });
});

/** Whoever asks whether it is there, how far away it is, and what it calls itself has a connection of its own; all else shares one. */
const MOST_CONNECTIONS = 8;
