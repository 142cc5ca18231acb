// What the answers of blocklists mean, and what the catalogue knows of lists.
import { describe, expect, it } from 'vitest';
import { blocklistCatalogue, listOf, withoutKey } from '../../shared/blocklist-catalogue.ts';
import { meaningsOf, readAnswer, type Blocklist } from '../../shared/blocklists.ts';

function list(zone: string): Blocklist {
  const known = listOf(zone);
  if (known === null || !('list' in known)) throw new Error(`${zone} is not in the catalogue`);
  return known.list;
}
const means = (zone: string, ...codes: string[]) =>
  readAnswer(list(zone), codes).listed.map((one) => one.means);

describe('a code', () => {
  it.each([
    ['multi.surbl.org', '127.0.0.4', /throw-away/],
    ['multi.surbl.org', '127.0.0.32', /clicks/],
    ['dnsbl.dronebl.org', '127.0.0.16', /worm/],
    ['dnsbl.dronebl.org', '127.0.0.18', /name server or mail server/],
    ['dnsbl.dronebl.org', '127.0.0.19', /VPN/],
    ['zen.spamhaus.org', '127.0.0.4', /XBL/],
    ['zen.spamhaus.org', '127.0.0.5', /XBL/],
    ['zen.spamhaus.org', '127.0.0.7', /XBL/],
    ['zen.spamhaus.org', '127.0.0.30', /control server/],
    ['bl.mailspike.net', '127.0.0.12', /bad reputation/],
    ['dbl.spamhaus.org', '127.0.1.104', /misused for phishing/],
    ['combined.mail.abusix.zone', '127.0.0.200', /by hand/],
    ['dnsbl-3.uceprotect.net', '127.0.0.2', /provider/],
    ['hostkarma.junkemailfilter.com', '127.0.0.2', /black/],
    ['hostkarma.junkemailfilter.com', '127.0.0.4', /brown/],
  ])('of %s says why: %s', (zone, code, why) => {
    const [only, ...others] = means(zone, code);
    expect(only).toMatch(why);
    expect(others).toEqual([]);
  });

  it('that is made of bits says everything that it says', () => {
    expect(means('multi.surbl.org', '127.0.0.100')).toEqual([
      expect.stringMatching(/throw-away/),
      expect.stringMatching(/clicks/),
      expect.stringMatching(/spam/),
    ]);
    // All bits of the list's own test point but the one for a refusal.
    expect(readAnswer(list('multi.surbl.org'), ['127.0.0.254'])).toMatchObject({ error: null });
    expect(means('multi.uribl.com', '127.0.0.14')).toHaveLength(3);
  });

  it.each(['multi.surbl.org', 'multi.uribl.com'])('of %s with the bit of a refusal lists nobody', (zone) => {
    for (const code of ['127.0.0.1', '127.0.0.3', '127.0.0.65', '127.0.0.255'])
      expect(readAnswer(list(zone), [code]).error).toContain('does not serve this resolver');
  });

  it('of good and of mixed senders is no listing', () => {
    for (const code of ['127.0.0.1', '127.0.0.3', '127.0.0.5'])
      expect(readAnswer(list('hostkarma.junkemailfilter.com'), [code])).toMatchObject({
        ...{ error: null, listed: [], unknown: [] },
        harmless: [{ code }],
      });
    expect(means('hostkarma.junkemailfilter.com', '127.0.0.5', '127.0.1.1')).toEqual([]);
    expect(means('dnsbl.dronebl.org', '127.0.0.2')).toEqual([]);
  });

  it('that a list’s table has not is not known, whatever the list', () => {
    for (const one of blocklistCatalogue.lists) {
      const { error, listed, unknown } = readAnswer(one, ['127.0.9.0']);
      expect(error, one.zone).toBeNull();
      expect(listed, one.zone).toEqual([]);
      expect(unknown[0]?.means, one.zone).toContain('127.0.9.0');
    }
    expect(readAnswer(list('multi.surbl.org'), ['127.0.0.66'])).toMatchObject({
      listed: [{ means: expect.stringMatching(/spam/) as string }],
      unknown: [{ code: '127.0.0.66' }],
    });
  });

  it('of an error is taken for no listing, whatever the list', () => {
    for (const one of blocklistCatalogue.lists)
      for (const code of [
        '127.0.0.1',
        '127.255.255.252',
        '127.255.255.254',
        '127.255.255.255',
        '192.0.2.1',
      ]) {
        const [meaning] = meaningsOf(one, code);
        expect(meaning?.error === true || meaning?.harmless === true, `${one.zone} ${code}`).toBe(true);
        expect(readAnswer(one, [code]).listed).toEqual([]);
        // One error spoils what else was answered.
        if (code.startsWith('127.255.')) expect(readAnswer(one, ['127.0.0.2', code]).error).toContain(code);
      }
  });

  it('of a list that is not in the catalogue counts by RFC 5782', () => {
    expect(readAnswer(null, ['127.0.0.99']).listed).toHaveLength(1);
    for (const code of ['127.0.0.1', '127.255.255.254', '192.0.2.1'])
      expect(readAnswer(null, [code])).toMatchObject({ listed: [], error: expect.any(String) as string });
  });
});

describe('the catalogue', () => {
  it('names dead lists as dead, and asks none of them', () => {
    expect(listOf('DNSBL.SORBS.NET.')).toMatchObject({ dead: { ended: '2024-06' } });
    expect(listOf('zen.spamhaus.org')).toHaveProperty('list');
    expect(listOf('list.of.nobody.example')).toBeNull();
    const zones = blocklistCatalogue.lists.map(({ zone }) => zone);
    for (const { zone } of blocklistCatalogue.dead) expect(zones).not.toContain(zone);
  });

  it.each(['spam.dnsbl.sorbs.net', 'rhsbl.sorbs.net', 'combined.njabl.org', 'multihop.dsbl.org'])(
    'knows that %s ended with the list it belonged to',
    (zone) => expect(listOf(zone)).toHaveProperty('dead'),
  );

  it('knows lists of good senders from blocklists, and from blocklists below them', () => {
    for (const zone of ['list.dnswl.org', 'rep.mailspike.net', 'score.senderscore.com'])
      expect(listOf(zone)).toHaveProperty('other');
    expect(listOf('bl.score.senderscore.com')).toBeNull();
  });

  it('gives the page of whatever is dated, and a day that can be', () => {
    const { lists, others, dead, made } = blocklistCatalogue;
    for (const { zone, checked, source } of [...lists, ...others, ...dead]) {
      expect(source === null, zone).toBe(checked === null);
      expect(checked === null || checked <= made, zone).toBe(true);
    }
  });

  it('knows a list by the zone that is asked with a key, and hides the key', () => {
    expect(listOf('s3cret.zen.dq.spamhaus.net')).toMatchObject({ list: { zone: 'zen.spamhaus.org' } });
    expect(withoutKey('s3cret.zen.dq.spamhaus.net')).toBe('KEY.zen.dq.spamhaus.net');
    expect(withoutKey('s3cret.xbl.dq.spamhaus.net')).toBe('KEY.xbl.dq.spamhaus.net');
    expect(withoutKey('s3cret.combined.mail.abusix.zone')).toBe('KEY.combined.mail.abusix.zone');
    for (const zone of ['zen.spamhaus.org', 'bl.test', 'a.b.c.d.example'])
      expect(withoutKey(zone)).toBe(zone);
  });
});
