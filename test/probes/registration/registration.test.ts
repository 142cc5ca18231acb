// Until when is the domain registered? Asked of registries that answer well, oddly, and not at all.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registration } from '../../../src-main/probes/registration/registration.check.ts';
import type { Finding } from '../../../shared/finding.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { RdapServer } from '../../lab/rdap.ts';
import type { RegisteredDomain } from '../../lab/rdap.ts';
import { scratch } from '../../lab/scratch.ts';
import { WhoisServer } from '../../lab/whois.ts';
import { askOne } from '../asking.ts';
import type { Question } from '../asking.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const days = (count: number) => new Date(now + count * 86_400_000).toISOString();

let rdap: RdapServer;
let whois: WhoisServer;
let iana: WhoisServer;

beforeEach(async () => {
  [rdap, whois, iana] = await Promise.all([RdapServer.start(), WhoisServer.start(), WhoisServer.start()]);
  iana.otherwise = `% IANA WHOIS server\nrefer: ${whois.place}\ndomain: COM\n`;
});
afterEach(async () => {
  await Promise.all([rdap[Symbol.asyncDispose](), whois[Symbol.asyncDispose](), iana[Symbol.asyncDispose]()]);
});

/** Asks with the lab's registry for every ending, unless told otherwise. */
function asked({ settings, ...question }: Question = {}): Promise<Finding> {
  return askOne(registration, {
    now: () => now,
    ...question,
    settings: {
      rdapServers: [`com=${rdap.url}`, `example=${rdap.url}`],
      whoisServers: [`.=${iana.place}`],
      ...settings,
    },
  });
}

const byWhois = (question: Question = {}) =>
  asked({
    ...question,
    target: { domain: 'office.nl', ...question.target },
    settings: { rdapServers: ['nl=http://127.0.0.1:9/'] },
  });

describe('what the registry says', () => {
  const record = async (domain: RegisteredDomain) => {
    rdap.domains.set('example.com', domain);
    return asked();
  };

  it.each<[string, RegisteredDomain, string, string | null]>([
    ['long registered', { expires: days(200) }, 'fine', null],
    ['with a month left', { expires: days(30) }, 'fine', null],
    ['with less than a month left', { expires: days(29.9) }, 'expires-soon', 'attention'],
    ['with less than a week left', { expires: days(6.9) }, 'expires-now', 'urgent'],
    ['ended an hour ago', { expires: days(-1 / 24) }, 'expired', 'urgent'],
    ['put on hold by the registrar', { expires: days(200), status: ['client hold'] }, 'on-hold', 'urgent'],
    [
      'put on hold by the registry',
      { expires: days(200), status: ['active', 'server hold'] },
      'on-hold',
      'urgent',
    ],
    [
      'deleted',
      { expires: days(-40), status: ['redemption period', 'pending delete'] },
      'redemption',
      'urgent',
    ],
    ['about to be gone', { expires: days(-80), status: ['pending delete'] }, 'redemption', 'urgent'],
    ['held, without a date', { status: ['server hold'] }, 'on-hold', 'urgent'],
    [
      'renewed by the registry, not paid',
      { expires: days(345), registrarExpires: days(-20), status: ['auto renew period'] },
      'renewal-unpaid',
      'attention',
    ],
    [
      'renewed and paid',
      { expires: days(345), registrarExpires: days(345), status: ['auto renew period'] },
      'fine',
      null,
    ],
    [
      'later by the registry than by the registrar',
      { expires: days(345), registrarExpires: days(5) },
      'fine',
      null,
    ],
  ])('%s', async (_, domain, code, severity) => {
    const found = await record(domain);
    expect([found.code, found.severity]).toEqual([code, severity]);
    expect(found.evidence[0]).toMatchObject({ asked: 'RDAP domain example.com' });
    if (domain.expires !== undefined) expect(found.facts['expiresAt']).toBe(Date.parse(domain.expires));
  });

  it('names the registrar who must act', async () => {
    const found = await record({ expires: days(100), status: ['client hold'], registrar: 'Cheap Names Ltd' });
    expect(found.summary).toBe(
      'example.com was taken out of DNS by your registrar (Cheap Names Ltd) (hold).',
    );
  });

  it('finds a domain that nobody has', async () => {
    expect((await asked({ target: { domain: 'nobody.example' } })).code).toBe('not-registered');
  });

  it('asks for the name that was registered, in A-labels', async () => {
    rdap.domains.set('xn--bcher-kva.example', { expires: days(90) });
    const found = await asked({ target: { domain: 'mail.office.xn--bcher-kva.example' } });
    expect([found.code, found.facts['registered']]).toEqual(['fine', 'xn--bcher-kva.example']);
    expect(rdap.asked).toEqual(['/domain/xn--bcher-kva.example']);
  });
});

describe.skipIf(!hasInternet)('a registry that contradicts itself', () => {
  it('is not believed when it knows nothing of a domain that it leads to', async () => {
    await using internet = await Internet.start({ zones: { 'office.example': {} } });
    const at = (domain: string) =>
      asked({
        target: { domain },
        settings: { ...internet.settings(), rdapServers: [`example=${rdap.url}`] },
      });
    expect((await at('office.example')).state).toBe('could-not-check');
    expect((await at('nobody.example')).code).toBe('not-registered');
  });
});

describe('names that no registry of the Internet gives out', () => {
  it.each(['office.local', 'co.uk', 'server.lan'])('does not ask about %s', async (domain) => {
    expect((await asked({ target: { domain } })).state).toBe('not-applicable');
  });

  it('says who must be asked under a company’s ending', async () => {
    const found = await asked({ target: { domain: 'office.uk.com' } });
    expect(found.state).toBe('could-not-check');
    expect(found.evidence[0]?.answer).toBe('uk.com belongs to a company that gives out the names under it');
    expect(rdap.asked).toEqual([]);
    rdap.domains.set('office.uk.com', { expires: days(100) });
    const told = await asked({
      target: { domain: 'office.uk.com' },
      settings: { rdapServers: [`uk.com=${rdap.url}`] },
    });
    expect(told.code).toBe('fine');
  });
});

describe('finding the registry', () => {
  it('refreshes the list when an ending is not on it, and keeps it', async () => {
    using folder = scratch('rdap');
    rdap.bootstrap = [[['example'], [rdap.url]]];
    rdap.domains.set('office.example', { expires: days(90) });
    const question = {
      target: { domain: 'office.example' },
      dataDir: folder.path,
      settings: { rdapServers: [], rdapBootstrap: `${rdap.url}dns.json` },
    };
    expect((await asked(question)).code).toBe('fine');
    expect((await asked(question)).evidence[0]?.of).toContain('2026-11-01');
    expect(rdap.asked).toEqual(['/dns.json', '/domain/office.example', '/domain/office.example']);
  });

  it('follows a redirect', async () => {
    await using other = await RdapServer.start();
    other.domains.set('example.com', { expires: days(90) });
    rdap.manner = { is: 'elsewhere', to: (path) => new URL(path, other.url).href };
    expect((await asked()).code).toBe('fine');
  });

  it('waits as long as a busy registry asks, when that is short', async () => {
    rdap.domains.set('example.com', { expires: new Date(Date.now() + 90 * 86_400_000).toISOString() });
    rdap.manner = { is: 'busy', times: 1, retryAfter: '1' };
    expect((await asked({ now: Date.now })).code).toBe('fine');
    expect(rdap.asked).toHaveLength(2);
  });

  it('leaves a busy registry alone for as long as it asks, and asks by WHOIS', async () => {
    rdap.manner = { is: 'busy', times: 1, retryAfter: '3600' };
    whois.otherwise = `Domain Name: EXAMPLE.COM\nRegistry Expiry Date: ${days(90)}\n`;
    expect((await asked()).code).toBe('fine');
    expect((await asked()).evidence.map(({ answer }) => answer)).toContainEqual(
      'asked for a rest of another 3600 s; not asked',
    );
    expect(rdap.asked).toHaveLength(1);
  });
});

describe('by WHOIS, where there is no RDAP', () => {
  it('is sent on by IANA to the registry', async () => {
    whois.otherwise = 'Domain name: office.nl\nExpiry date: 2027-05-06\n';
    const found = await byWhois();
    expect([found.code, found.facts['expiresAt']]).toEqual(['fine', Date.parse('2027-05-06')]);
    expect([iana.asked, whois.asked]).toEqual([['nl'], ['office.nl']]);
  });

  it('adds the date that RDAP does not tell', async () => {
    rdap.domains.set('example.com', { status: ['active'] });
    whois.otherwise = 'Domain Name: EXAMPLE.COM\nRegistry Expiry Date: 2026-11-24T00:00:00Z\n';
    expect((await asked()).code).toBe('expires-now');
  });

  it('finds a domain that nobody has', async () => {
    expect((await byWhois()).code).toBe('not-registered');
  });
});

describe('never wrong about not knowing', () => {
  const broken: Record<string, () => void> = {
    'the registry is silent': () => (rdap.manner = { is: 'silent' }),
    'the registry answers without end': () => (rdap.manner = { is: 'endless' }),
    'the registry fails': () => (rdap.manner = { is: 'failing', status: 500 }),
    'a web page stands where RDAP was': () => (rdap.manner = { is: 'failing', status: 404 }),
    'a page to log in answers everything': () => (rdap.manner = { is: 'failing', status: 200 }),
    'the answer is about another object': () =>
      (rdap.manner = {
        is: 'failing',
        status: 200,
        body: '{"objectClassName":"domain","ldhName":"other.com"}',
      }),
    'redirects go round in a circle': () => (rdap.manner = { is: 'elsewhere', to: (path) => path }),
    'redirects have no end': () => (rdap.manner = { is: 'elsewhere', to: (path) => `${path}x` }),
    'a redirect leads to a file': () => (rdap.manner = { is: 'elsewhere', to: () => 'file:///etc/passwd' }),
  };
  it.each(Object.keys(broken))('could not check when %s', async (name) => {
    broken[name]?.();
    whois.manner = 'hangs-up';
    const found = await asked();
    expect([found.state, found.severity]).toEqual(['could-not-check', null]);
    expect(found.evidence.map(({ asked: question }) => question)).toEqual([
      'RDAP domain example.com',
      'WHOIS example.com',
    ]);
    expect(found.summary).toContain('set the date by hand');
  });

  it.each(['silent', 'endless', 'hangs-up'] as const)('could not check when WHOIS is %s', async (manner) => {
    whois.manner = manner;
    expect((await byWhois()).state).toBe('could-not-check');
  });

  it.each([
    'Your connection limit exceeded. Please slow down and try again later.',
    'Hello.',
    '% Nothing to say',
  ])('could not check when WHOIS says %s', async (text) => {
    whois.otherwise = text;
    expect((await byWhois()).state).toBe('could-not-check');
  });

  it('goes by the date that the admin set, and says so', async () => {
    whois.manner = 'hangs-up';
    const by = (count: number) => byWhois({ target: { expiresAt: now + count * 86_400_000 } });
    expect((await by(100)).code).toBe('fine');
    expect((await by(20)).code).toBe('expires-soon');
    const passed = await by(-3);
    expect([passed.code, passed.facts['source']]).toEqual(['note-outdated', 'by-hand']);
  });
});
