// What the domain's records say of its mail (SPF, DKIM, DMARC, TLS-RPT), well and broken, from the lab's name servers.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dkim } from '../../../src-main/probes/authentication/dkim.check.ts';
import { dmarc } from '../../../src-main/probes/authentication/dmarc.check.ts';
import { spf } from '../../../src-main/probes/authentication/spf.check.ts';
import { tlsRpt } from '../../../src-main/probes/authentication/tls-rpt.check.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask, askOne } from '../asking.ts';
import type { Question } from '../asking.ts';

const server = '93.184.215.14';
const relay = '93.184.215.15';
const from = (...addresses: string[]): Question['target'] => ({
  destinations: addresses.map((host) => destinationSchema.parse({ host })),
});

function rsa(bits: number): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}
const ed25519 = generateKeyPairSync('ed25519')
  .publicKey.export({ format: 'der', type: 'spki' })
  .subarray(12)
  .toString('base64');
/** As TXT records have it: in strings of 255 octets at most. */
const txt = (text: string) => (text.match(/.{1,250}/g) ?? []).map((part) => `"${part}"`).join(' ');

const spfRecords: Record<string, string[]> = {
  fine: [`@ TXT "v=spf1 ip4:${server} include:friend.example -all"`, '@ TXT "other=text"'],
  mx: ['@ TXT "v=spf1 mx a:mail.mx.example ~all"', '@ MX 10 mail', `mail A ${server}`],
  none: ['@ TXT "something else"'],
  nodata: ['www A 192.0.2.1'],
  almost: ['@ TXT "v=spf 1 a -all"'],
  several: ['@ TXT "v=spf1 a -all"', '@ TXT "v=spf1 mx -all"'],
  typo: ['@ TXT "v=spf1 ipv4:192.0.2.7 -all"'],
  nested: ['@ TXT "v=spf1 include:typo.example -all"'],
  gone: ['@ TXT "v=spf1 include:nobody.friend.example -all"'],
  loop: ['@ TXT "v=spf1 include:loop.example -all"'],
  eleven: [
    '@ TXT "v=spf1 include:friend.example a mx a:a1.eleven.example a:a2.eleven.example a:a3.eleven.example a:a4.eleven.example a:a5.eleven.example a:a6.eleven.example a:a7.eleven.example a:a8.eleven.example -all"',
    '@ A 192.0.2.7',
    '@ MX 10 a1',
    ...Array.from({ length: 8 }, (_, n) => `a${n + 1} A 192.0.2.7`),
  ],
  void: ['@ TXT "v=spf1 a:no1.void.example a:no2.void.example a:no3.void.example -all"'],
  two: [`@ TXT "v=spf1 a:no1.two.example a:no2.two.example ip4:${server} -all"`],
  open: ['@ TXT "v=spf1 +all"'],
  wide: ['@ TXT "v=spf1 ip4:0.0.0.0/0 -all"'],
  endless: [`@ TXT "v=spf1 ip4:${server}"`],
  friend: ['@ TXT "v=spf1 ip4:192.0.2.99 -all"'],
  slow: ['@ TXT "v=spf1 include:silent.example -all"'],
};

describe.skipIf(!hasInternet)('records', () => {
  let internet: Internet;
  beforeAll(async () => {
    internet = await Internet.start({
      zones: {
        ...Object.fromEntries(
          Object.entries(spfRecords).map(([name, records]) => [`${name}.example`, { records }]),
        ),
        'silent.example': { servers: ['ns.silent.example'] },
        'signed.example': {
          records: [
            `good._domainkey TXT ${txt(`v=DKIM1; k=rsa; p=${rsa(2048)}`)}`,
            `plain._domainkey TXT ${txt(`p=${rsa(2048)}`)}`,
            `modern._domainkey TXT "v=DKIM1; k=ed25519; p=${ed25519}"`,
            `short._domainkey TXT ${txt(`v=DKIM1; k=rsa; p=${rsa(1024)}`)}`,
            `weak._domainkey TXT ${txt(`v=DKIM1; k=rsa; p=${rsa(512)}`)}`,
            'revoked._domainkey TXT "v=DKIM1; k=rsa; p="',
            `trial._domainkey TXT ${txt(`v=DKIM1; k=rsa; t=y; p=${rsa(2048)}`)}`,
            `torn._domainkey TXT ${txt(`v=DKIM1; k=rsa; p=${rsa(2048).slice(0, 300)}`)}`,
            `odd._domainkey TXT ${txt(`v=DKIM2; p=${rsa(1024)}`)}`,
            'empty._domainkey TXT "v=DKIM1; k=rsa"',
            'twice._domainkey TXT "v=DKIM1; p="',
            'twice._domainkey TXT "v=DKIM1; p=AAAA"',
            'alias._domainkey CNAME good._domainkey',
            '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@signed.example!10m"',
            '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@signed.example,https://reports.example/tls"',
          ],
        },
        'watched.example': {
          records: ['_dmarc TXT "v=DMARC1; p=none"', '_smtp._tls TXT "v=TLSRPTv1; ruf=mailto:x@y.example"'],
        },
        'aside.example': {
          records: [
            '_dmarc TXT "v=DMARC1;p=quarantine;adkim=s;rua=mailto:a@taker.example,mailto:b@refuser.example"',
          ],
        },
        'taken.example': { records: ['_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:a@taker.example"'] },
        'taker.example': {
          records: [
            'taken.example._report._dmarc TXT "v=DMARC1"',
            'aside.example._report._dmarc TXT "v=DMARC1"',
          ],
        },
        'refuser.example': { records: [] },
        'double.example': {
          records: [
            '_dmarc TXT "v=DMARC1; p=none"',
            '_dmarc TXT "v=DMARC1; p=reject"',
            '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
            '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:c@b.example"',
          ],
        },
        'torn.example': { records: ['_dmarc TXT "v=DMARC1; p=sometimes"'] },
        'bare.example': { records: ['_dmarc TXT "v=DMARC1; p=reject; rua=dmarc@bare.example"'] },
        'above.example': { records: ['_dmarc TXT "v=DMARC1; p=reject; sp=none"', 'below TXT "there"'] },
      },
      faults: { 'ns.silent.example': 'silent' },
    });
  });
  afterAll(() => internet[Symbol.asyncDispose]());

  const settings = () => internet.settings({ rdapBootstrap: '' });

  describe('SPF', () => {
    it.each<[string, string[], string]>([
      ['fine', [server], 'fine'],
      ['mx', [server], 'fine'],
      ['fine', [server, relay], 'not-covered'],
      ['fine', ['192.168.1.5'], 'fine'],
      ['none', [], 'none'],
      ['nodata', [], 'none'],
      ['almost', [], 'none'],
      ['several', [], 'several'],
      ['typo', [], 'broken'],
      ['nested', [], 'broken'],
      ['gone', [], 'broken'],
      ['loop', [], 'too-many-lookups'],
      ['eleven', [], 'too-many-lookups'],
      ['void', [], 'too-many-void'],
      ['two', [server], 'fine'],
      ['open', [], 'covers-everybody'],
      ['wide', [], 'covers-everybody'],
      ['endless', [server], 'says-nothing'],
      ['slow', [], 'could-not-check'],
    ])('of %s.example for %j: %s', async (name, hosts, code) => {
      const found = await askOne(spf, {
        target: { domain: `${name}.example`, ...from(...hosts) },
        settings: settings(),
      });
      expect([found.code, found.summary]).toEqual([code, expect.any(String)]);
      expect(found.evidence[0]?.asked).toMatch(/^(TXT|MX) /);
    });

    it('counts what it takes', async () => {
      const found = await askOne(spf, { target: { domain: 'eleven.example' }, settings: settings() });
      expect(found.facts['lookups']).toBe(11);
      expect(found.summary).toBe('The SPF record of eleven.example takes 11 DNS questions; 10 are allowed.');
      const other = await askOne(spf, {
        target: { domain: 'two.example', ...from(server) },
        settings: settings(),
      });
      expect(other.facts).toMatchObject({ lookups: 2, void: 2 });
    });

    it('names the machine that is not covered', async () => {
      const found = await askOne(spf, {
        target: {
          domain: 'fine.example',
          ...from(server),
          relay: { hostname: 'relay.example', addresses: [relay] },
        },
        settings: settings(),
      });
      expect(found.summary).toBe(`The SPF record of fine.example does not cover ${relay} (the relay).`);
    });
  });

  it('has DKIM keys of every kind', async () => {
    const found = await ask(dkim, {
      target: {
        domain: 'signed.example',
        selectors: [
          'good',
          'plain',
          'modern',
          'alias',
          'short',
          'weak',
          'revoked',
          'trial',
          'torn',
          'odd',
          'empty',
          'twice',
          'never',
        ],
      },
      settings: settings(),
    });
    expect(Object.fromEntries(found.map(({ subject, code }) => [subject, code]))).toEqual({
      ...{ good: 'fine', plain: 'fine', modern: 'fine', alias: 'fine' },
      ...{ short: 'short', weak: 'weak', revoked: 'revoked', trial: 'testing' },
      ...{ torn: 'broken', odd: 'broken', empty: 'broken', twice: 'broken', never: 'missing' },
    });
    expect(found.find(({ subject }) => subject === 'weak')?.facts).toEqual({ type: 'rsa', bits: 512 });
  });

  it('are not asked for keys that nobody saw', async () => {
    expect((await askOne(dkim, { settings: settings() })).state).toBe('not-applicable');
  });

  it.each([
    ['signed.example', 'enforced'],
    ['taken.example', 'enforced'],
    ['aside.example', 'reports-refused'],
    ['watched.example', 'only-watched'],
    ['double.example', 'several'],
    ['torn.example', 'broken'],
    ['bare.example', 'broken'],
    ['fine.example', 'none'],
    ['mail.signed.example', 'enforced'],
    ['below.above.example', 'only-watched'],
  ])('DMARC of %s: %s', async (domain, code) => {
    expect((await askOne(dmarc, { target: { domain }, settings: settings() })).code).toBe(code);
  });

  it.each([
    ['signed.example', 'fine'],
    ['watched.example', 'broken'],
    ['double.example', 'broken'],
    ['fine.example', 'not-applicable'],
  ])('TLS-RPT of %s: %s', async (domain, code) => {
    expect((await askOne(tlsRpt, { target: { domain }, settings: settings() })).code).toBe(code);
  });

  it('could not be asked for when nothing answers', async () => {
    const cut = await internet.cutOff();
    const found = await Promise.all(
      [spf, dkim, dmarc, tlsRpt].map((check) =>
        askOne(check, { target: { domain: 'signed.example', selectors: ['good'] }, settings: cut }),
      ),
    );
    expect(found.map(({ state }) => state)).toEqual(Array(4).fill('could-not-check'));
  });
});
