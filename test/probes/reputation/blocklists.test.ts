// Who is on a blocklist, asked of lists in the lab that work, and of lists that are dead, closed or lie.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocklists } from '../../../src-main/probes/reputation/blocklists.check.ts';
import { blocklistCatalogue, listOf } from '../../../src-main/probes/reputation/catalogue.ts';
import { meaningsOf } from '../../../shared/blocklists.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import { blocklist } from '../../lab/internet/blocklist.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask } from '../asking.ts';
import type { Question } from '../asking.ts';

const good = '93.184.215.14';
const good6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';
const spammer = '93.184.215.66';
const dynamic = '93.184.215.77';
const spammer6 = '2606:2800:21f:cb07::66';
const neighbour = '93.184.215.88';

const listed: Record<string, Record<string, string>> = {
  'zen.spamhaus.org': { [spammer]: '127.0.0.4', [spammer6]: '127.0.0.3', [dynamic]: '127.0.0.10' },
  'bl.spamcop.net': { [spammer]: '127.0.0.2' },
  'dnsbl-2.uceprotect.net': { [neighbour]: '127.0.0.2' },
  'multi.surbl.org': { 'bad.example': '127.0.0.80' },
};
const broken: Record<string, string> = {
  'psbl.surriel.com': '127.0.0.2',
  'bl.mailspike.net': '127.255.255.254',
  'multi.uribl.com': '127.0.0.1',
  'dbl.spamhaus.org': '127.0.1.255',
  'dnsbl-1.uceprotect.net': '93.184.215.200',
};
/** Its name servers know nothing of it. */
const gone = 'b.barracudacentral.org';

describe.skipIf(!hasInternet)('blocklists', () => {
  let internet: Internet;
  beforeAll(async () => {
    const zones = blocklistCatalogue.lists
      .filter(({ zone }) => zone !== gone)
      .map(({ zone, lists, testPoints, codes }) => {
        const everything = broken[zone];
        const domains = lists.includes('domain');
        const point = { [testPoints.listed]: Object.keys(codes)[0] ?? '127.0.0.2' };
        const made = blocklist({
          kind: domains ? 'domains' : 'addresses',
          ...(everything === undefined ? {} : { everything }),
          testPoints: everything === undefined && !domains,
          listed: everything === undefined ? { ...(domains ? point : {}), ...listed[zone] } : {},
        });
        return [zone, made] as const;
      });
    internet = await Internet.start({
      zones: {
        ...Object.fromEntries(zones),
        'k3y.zen.dq.spamhaus.net': blocklist({ listed: { [good]: '127.0.0.2' } }),
        'office.example': {
          records: ['@ MX 10 mail', `mail A ${spammer}`, `relay A ${good}`, `relay AAAA ${spammer6}`],
        },
      },
    });
  });
  afterAll(() => internet[Symbol.asyncDispose]());

  async function asked(target: Question['target'], more: Parameters<Internet['settings']>[0] = {}) {
    const found = await ask(blocklists, {
      target: { domain: 'office.example', ...target },
      settings: internet.settings({ rdapBootstrap: '', ...more }),
    });
    return Object.fromEntries(found.map((one) => [one.subject, one])) as Record<string, Finding>;
  }
  const at = (host: string, ...relay: string[]): Question['target'] => ({
    destinations: [destinationSchema.parse({ host })],
    relay: relay.length === 0 ? null : { hostname: 'relay.office.example', addresses: relay },
  });
  const codes = (found: Record<string, Finding>) =>
    Object.fromEntries(Object.entries(found).map(([zone, { code }]) => [zone, code]));

  it('are asked about the addresses and the domain; those that do not work are never believed', async () => {
    const found = await asked(at(good, good6));
    const working = blocklistCatalogue.lists
      .map(({ zone }) => zone)
      .filter((zone) => zone !== gone && !(zone in broken) && zone !== 'combined.mail.abusix.zone');
    expect(codes(found)).toEqual({
      ...Object.fromEntries(working.map((zone) => [zone, 'clean'])),
      ...Object.fromEntries([gone, ...Object.keys(broken)].map((zone) => [zone, 'could-not-check'])),
    });
    const why = (zone: string) => found[zone]?.summary.replace(/^.*could not be asked: /, '');
    expect(why('psbl.surriel.com')).toBe('it lists 127.0.0.1, so it lists everything.');
    expect(why('bl.mailspike.net')).toContain('does not serve public resolvers');
    expect(why('multi.uribl.com')).toBe('it answers 127.0.0.1: it does not serve this resolver.');
    expect(why('dbl.spamhaus.org')).toContain('it lists domains, not addresses');
    expect(why('dnsbl-1.uceprotect.net')).toContain('no blocklist does');
    expect(why(gone)).toContain('does not list its own test point');
  });

  it('list a server that sent spam: by whom, why, and where it is taken off', async () => {
    const zen = (await asked(at(spammer)))['zen.spamhaus.org'];
    expect([zen?.code, zen?.severity]).toEqual(['listed', 'urgent']);
    expect(zen?.summary).toBe(
      `The server’s address ${spammer} is on Spamhaus ZEN’s list because a machine there is infected or misused (XBL). It is taken off at https://check.spamhaus.org/`,
    );
    expect(zen?.facts['entries']).toEqual([
      expect.objectContaining({
        what: spammer,
        whose: 'server',
        listed: true,
        codes: ['127.0.0.4'],
        text: 'listed for the lab',
      }),
    ]);
    expect(zen?.evidence.map(({ asked: question }) => question)).toEqual([
      'A 2.0.0.127.zen.spamhaus.org',
      'A 1.0.0.127.zen.spamhaus.org',
      'A 66.215.184.93.zen.spamhaus.org',
      'TXT 66.215.184.93.zen.spamhaus.org',
    ]);
  });

  it('list addresses of both families, found by name, of relay and server', async () => {
    const found = await asked({ relay: { hostname: 'relay.office.example', addresses: [] } });
    expect(found['zen.spamhaus.org']?.facts['entries']).toEqual([
      expect.objectContaining({ what: good, whose: 'relay', listed: false }),
      expect.objectContaining({ what: spammer6, whose: 'relay', listed: true }),
      expect.objectContaining({ what: spammer, whose: 'server', listed: true }),
    ]);
    expect(found['zen.spamhaus.org']?.summary).toMatch(/, and so is 1 other\. /);
    expect(found['bl.spamcop.net']?.code).toBe('listed');
  });

  it('list some by rule, or for their neighbours: a matter of less weight', async () => {
    expect((await asked(at(dynamic)))['zen.spamhaus.org']?.severity).toBe('attention');
    expect((await asked(at(neighbour)))['dnsbl-2.uceprotect.net']?.code).toBe('listed-minor');
  });

  it('list a domain, for several reasons in one answer', async () => {
    const found = (await asked({ domain: 'bad.example', ...at(good) }))['multi.surbl.org'];
    expect(found?.code).toBe('listed');
    expect(found?.summary).toContain('it spreads malware and it was seen in spam');
  });

  it('are asked with a key, which is told to nobody', async () => {
    const zen = (await asked(at(good), { blocklistKeys: ['zen.spamhaus.org=k3y'] }))['zen.spamhaus.org'];
    expect(zen?.code).toBe('listed');
    expect(JSON.stringify(zen)).not.toMatch(/k3y/i);
    expect(zen?.evidence[0]?.asked).toBe('A 2.0.0.127.KEY.zen.dq.spamhaus.net');
  });

  it('are not asked about addresses of the office’s own network', async () => {
    const found = await ask(blocklists, {
      target: { domain: '', ...at('192.168.1.10') },
      settings: internet.settings({ rdapBootstrap: '' }),
    });
    expect(found.map(({ state }) => state)).toEqual(['not-applicable']);
  });

  it('could not be asked when nothing answers', async () => {
    const found = await ask(blocklists, {
      target: { domain: 'office.example', ...at(good) },
      settings: await internet.cutOff(),
    });
    expect([...new Set(found.map(({ state }) => state))]).toEqual(['could-not-check']);
  });
});

describe('the catalogue', () => {
  it('names dead lists as dead, and asks none of them', () => {
    expect(listOf('DNSBL.SORBS.NET.')).toMatchObject({ dead: { ended: '2024-06' } });
    expect(listOf('spam.dnsbl.sorbs.net')).toHaveProperty('dead');
    expect(listOf('zen.spamhaus.org')).toHaveProperty('list');
    expect(listOf('list.of.nobody.example')).toBeNull();
    const zones = blocklistCatalogue.lists.map(({ zone }) => zone);
    for (const { zone } of blocklistCatalogue.dead) expect(zones).not.toContain(zone);
  });

  it('takes no error for a listing, whatever the list', () => {
    for (const list of blocklistCatalogue.lists)
      for (const code of ['127.0.0.1', '127.255.255.254', '127.255.255.255', '192.0.2.1'])
        expect(meaningsOf(list, code).every(({ error }) => error)).toBe(true);
  });
});
