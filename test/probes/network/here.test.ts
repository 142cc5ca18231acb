// What this machine has: a clock, and room on disk.
import { describe, expect, it } from 'vitest';
import { clock } from '../../../src-main/probes/network/clock.check.ts';
import { spoolSpace } from '../../../src-main/probes/network/spool-space.check.ts';
import { freePort } from '../../lab/ports.ts';
import { mountSmallDisk } from '../../lab/small-disk.ts';
import { TimeTeller } from '../../lab/web.ts';
import { scratch } from '../../lab/scratch.ts';
import { askOne } from '../asking.ts';

describe('the clock', () => {
  const by = async (...ahead: (number | null)[]) => {
    const tellers = await Promise.all(ahead.map((one) => TimeTeller.start(one)));
    try {
      return await askOne(clock, { settings: { reachabilityTargets: tellers.map(({ place }) => place) } });
    } finally {
      await Promise.all(tellers.map((teller) => teller[Symbol.asyncDispose]()));
    }
  };

  it.each<[string, (number | null)[], string]>([
    ['right', [0, 0, 0], 'right'],
    ['right, whatever one server says', [0, 86_400_000, 0], 'right'],
    ['right, as far as can be told', [0, 1_000, null], 'right'],
    ['slow', [60_000, 61_000, 60_000], 'off'],
    ['fast', [-20_000, -20_000, -20_000], 'off'],
    ['an hour wrong', [3_600_000, 3_600_000, 3_600_000], 'far-off'],
  ])('is %s', async (_, ahead, code) => {
    const found = await by(...ahead);
    expect(found.code).toBe(code);
    expect(found.evidence).toHaveLength(ahead.length);
  });

  it('is said to be slow or fast, and by how much', async () => {
    expect((await by(7_200_000, 7_200_000)).summary).toBe('This machine’s clock is 2 hours slow.');
  });

  it('does not take an answer that lay in a cache for the time', async () => {
    await using first = await TimeTeller.start(0);
    await using second = await TimeTeller.start(0);
    first.age = second.age = 900;
    const found = await askOne(clock, { settings: { reachabilityTargets: [first.place, second.place] } });
    expect(found.code).toBe('right');
  });

  it('could not be checked by servers that do not agree, do not tell, or are not there', async () => {
    for (const found of [
      await by(0, 3_600_000, 7_200_000, 10_800_000),
      await by(null, null),
      await by(0, null),
      await askOne(clock, { settings: { reachabilityTargets: [`127.0.0.1:${await freePort()}`] } }),
    ])
      expect(found.state).toBe('could-not-check');
  });
});

describe('room on disk', () => {
  it('is counted where the data folder is', async () => {
    using folder = scratch('space');
    const found = await askOne(spoolSpace, { dataDir: folder.path });
    expect(found.facts['free']).toBeGreaterThan(0);
    expect(found.facts['total']).toBeGreaterThan(Number(found.facts['free']));
  });

  it.each([
    [3 * 1024, 'enough'],
    [1024, 'low'],
    [100, 'full'],
  ])('of %i MiB is %s', async (mib, code) => {
    using disk = mountSmallDisk(mib * 1_048_576);
    if (disk === null) return;
    expect((await askOne(spoolSpace, { dataDir: disk.path })).code).toBe(code);
  });

  it('could not be counted where there is no folder', async () => {
    using folder = scratch('space');
    const found = await askOne(spoolSpace, { dataDir: `${folder.path}/gone` });
    expect(found.state).toBe('could-not-check');
    expect((await askOne(spoolSpace, {})).state).toBe('not-applicable');
  });
});
