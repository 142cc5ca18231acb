// Who is on a blocklist, asked of lists in the lab that work, and of lists that are dead, closed or lie.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocklists } from '../../../src-main/probes/reputation/blocklists.check.ts';
import type { Target } from '../../../src-main/probes/target.ts';
import { blocklistCatalogue } from '../../../shared/blocklist-catalogue.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import type { ProbesSettings } from '../../../shared/settings-probes.ts';
import { blocklist } from '../../lab/internet/blocklist.ts';
import { Internet } from '../../lab/internet/internet.ts';
import type { ZoneOptions } from '../../lab/internet/zones.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import table, { broken, gone, good, listed, puzzling, spammer, spammer6 } from './reputation.scenarios.ts';
import type { ReputationWorld } from './reputation.scenarios.ts';

/** Every list of the catalogue. */
function lists(trouble: Readonly<Record<string, string>>): Record<string, ZoneOptions> {
  const all = blocklistCatalogue.lists.filter(({ zone }) => zone !== gone);
  return Object.fromEntries(
    all.map(({ zone, lists: kinds, testPoints, codes }) => {
      const everything = trouble[zone];
      if (everything !== undefined) return [zone, blocklist({ everything })];
      if (!kinds.includes('domain')) return [zone, blocklist({ listed: listed[zone] ?? {} })];
      const point = { [testPoints.listed]: Object.keys(codes)[0] ?? '127.0.0.2' };
      return [zone, blocklist({ kind: 'domains', testPoints: false, listed: { ...point, ...listed[zone] } })];
    }),
  );
}

interface ListFacts {
  zone: string;
  listed: boolean | null;
  means: string | null;
}
const listsOf = (found: Finding | undefined) => found?.facts['lists'] as unknown as ListFacts[];

describe.skipIf(!hasInternet)('blocklists', () => {
  let internet: Internet;
  let troubled: Internet;
  beforeAll(async () => {
    const refusal = Object.fromEntries(blocklistCatalogue.lists.map(({ zone }) => [zone, '127.255.255.254']));
    [internet, troubled] = await Promise.all([
      Internet.start({
        zones: {
          ...lists(broken),
          'k3y.zen.dq.spamhaus.net': blocklist({ listed: { [good]: '127.0.0.2' } }),
          'office.example': {
            records: ['@ MX 10 mail', `mail A ${spammer}`, `relay A ${good}`, `relay AAAA ${spammer6}`],
          },
        },
      }),
      Internet.start({ zones: lists(refusal) }),
    ]);
  });
  afterAll(async () => {
    await internet[Symbol.asyncDispose]();
    await troubled[Symbol.asyncDispose]();
  });

  async function play({ domain, host, relay, trouble }: ReputationWorld, more: Partial<ProbesSettings> = {}) {
    const target: Partial<Target> = {
      domain: domain ?? 'office.example',
      destinations: [destinationSchema.parse({ host: host ?? good })],
      relay: relay === undefined ? null : { hostname: 'relay.office.example', addresses: [relay] },
    };
    const world = trouble === 'all' ? troubled : internet;
    const settings =
      trouble === 'cut' ? await world.cutOff(more) : world.settings({ rdapBootstrap: '', ...more });
    return ask(blocklists, { target, settings });
  }
  const about = (found: readonly Finding[], what: string) => found.find(({ subject }) => subject === what);

  for (const { name, finds, world } of table) {
    it.concurrent(name, async () => {
      const found = await play(world);
      expect(codesOf(found), found.map(({ summary }) => summary).join('\n')).toEqual(finds);
      for (const { state, evidence } of found)
        if (state !== 'not-applicable') expect(evidence.length).toBeGreaterThan(0);
    });
  }

  it('that do not work are never believed, and say why', async () => {
    const found = await play({});
    const all = [...listsOf(about(found, good)), ...listsOf(about(found, 'office.example'))];
    const why = new Map(all.filter((one) => one.listed === null).map(({ zone, means }) => [zone, means]));
    expect([...why.keys()].sort()).toEqual([gone, ...Object.keys(broken)].sort());
    expect(why.get('psbl.surriel.com')).toBe('it lists 127.0.0.1, so it lists everything');
    expect(why.get('bl.mailspike.net')).toContain('does not serve public resolvers');
    expect(why.get('multi.uribl.com')).toBe('it answers 127.0.0.1: it does not serve this resolver');
    expect(why.get('dbl.spamhaus.org')).toContain('it lists domains, not addresses');
    expect(why.get('dnsbl-1.uceprotect.net')).toContain('no blocklist does');
    expect(why.get(gone)).toContain('does not list its own test point');
    expect(about(found, good)?.summary).toMatch(/ is on none of \d+ blocklists\. 4 could not be asked\.$/);
  });

  it('say by whom, why, and where one is taken off', async () => {
    const found = about(await play({ host: spammer }), spammer);
    expect(found?.severity).toBe('urgent');
    expect(found?.summary).toBe(
      `The server’s address ${spammer} is on the list of Spamhaus ZEN, because a machine there is infected or misused (XBL); and on those of SpamCop. It is taken off at https://check.spamhaus.org/`,
    );
    expect(listsOf(found)[0]).toMatchObject({
      ...{ zone: 'zen.spamhaus.org', name: 'Spamhaus ZEN', listed: true, codes: ['127.0.0.4'] },
      ...{ text: 'listed for the lab', removal: 'https://check.spamhaus.org/' },
    });
    expect(found?.evidence.slice(0, 4).map(({ asked: question }) => question)).toEqual([
      'A 66.215.184.93.zen.spamhaus.org',
      'TXT 66.215.184.93.zen.spamhaus.org',
      'A 2.0.0.127.zen.spamhaus.org',
      'A 1.0.0.127.zen.spamhaus.org',
    ]);
  });

  it('are asked about the addresses that the relay’s name and the MX lead to', async () => {
    const found = await ask(blocklists, {
      target: { domain: 'office.example', relay: { hostname: 'relay.office.example', addresses: [] } },
      settings: internet.settings({ rdapBootstrap: '' }),
    });
    expect(found.map(({ subject, code, facts }) => [subject, facts['whose'], code])).toEqual([
      [good, 'relay', 'clean'],
      [spammer6, 'relay', 'listed'],
      [spammer, 'server', 'listed'],
      ['office.example', 'domain', 'clean'],
    ]);
  });

  it('that are dead, and have a key, are said to be dead', async () => {
    const found = about(await play({}, { blocklistKeys: ['dnsbl.sorbs.net=k3y'] }), 'dnsbl.sorbs.net');
    expect(found?.state).toBe('could-not-check');
    expect(found?.summary).toContain('SORBS ended 2024-06.');
  });

  it('that answer what nobody understands are quoted, and it is neither a listing nor none', async () => {
    const found = about(await play({ host: puzzling }), puzzling);
    expect(found?.summary).toMatch(
      new RegExp(
        `^Whether ${puzzling} is on a blocklist is open\\. SpamCop: it answers 127\\.0\\.0\\.99, and what that means is not known\\. It is on none of \\d+ others\\. 4 could not be asked\\.$`,
      ),
    );
    expect(listsOf(found).find(({ zone }) => zone === 'bl.spamcop.net')).toMatchObject({
      ...{ listed: null, codes: ['127.0.0.99'], text: 'listed for the lab' },
      means: 'it answers 127.0.0.99, and what that means is not known',
    });
  });

  it('of good senders, and have a key, are said to be no blocklists', async () => {
    const found = about(await play({}, { blocklistKeys: ['list.dnswl.org=k3y'] }), 'list.dnswl.org');
    expect(found?.summary).toBe(
      'There is a key for list.dnswl.org, which is no blocklist: it lists good senders.',
    );
  });

  it('are asked with a key, which is told to nobody', async () => {
    const found = await play({}, { blocklistKeys: ['zen.spamhaus.org=k3y'] });
    expect(about(found, good)?.code).toBe('listed');
    expect(JSON.stringify(found)).not.toMatch(/k3y/i);
    expect(about(found, good)?.evidence[2]?.asked).toBe('A 2.0.0.127.KEY.zen.dq.spamhaus.net');
  });
});
