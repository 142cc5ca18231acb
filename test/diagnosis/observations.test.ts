// What findings show of things whose changes the journal keeps: the same world gives the same values, in whatever order it is told.
import { describe, expect, it } from 'vitest';
import { contracts, type CheckName, type FactsOf } from '../../shared/facts/index.ts';
import type { Evidence, Finding } from '../../shared/finding.ts';
import { observationsOf, type Observation } from '../../src-main/diagnosis/observations.ts';

const AT = 1_000_000;

function finding(check: CheckName, code: string, facts: unknown, more: Partial<Finding> = {}): Finding {
  const schema = (contracts[check] as Record<string, { parse: (facts: unknown) => unknown }>)[code];
  return {
    ...{
      check,
      code,
      subject: '',
      state: 'ok',
      severity: null,
      summary: '',
      evidence: [],
      at: AT,
      tookMs: 100,
    },
    facts: schema?.parse(facts) as Finding['facts'],
    ...more,
  };
}

/** As `kind subject: value`. */
const seen = (...findings: Finding[]) =>
  observationsOf(findings).map(({ kind, subject, value }) => `${kind} ${subject}: ${value}`);

const record = (preference: number, exchange: string) => ({ preference, exchange });
const host = (preference: number, exchange: string, v4: string[] = [], v6: string[] = []) => ({
  ...record(preference, exchange),
  v4,
  v6,
});

describe('MX records', () => {
  it('are one set in whatever order they come, with the addresses of each server', () => {
    const one = finding('mx', 'fine', {
      ttl: 300,
      mx: [host(10, 'b.example', ['192.0.2.2', '192.0.2.1']), host(10, 'A.example', [], ['2001:db8::1'])],
    });
    expect(seen(one)).toEqual([
      'mx : 10 a.example, 10 b.example',
      'addresses b.example: 192.0.2.1, 192.0.2.2',
      'addresses A.example IPv6: 2001:db8::1',
    ]);
  });

  it('are the same words whichever check says them, and whether there are none or a null MX', () => {
    const spread = (mx: unknown[]) => ({ mx, ttl: 300, until: null, items: [] });
    const propagation = (mx: unknown[]) => finding('mx-propagation', 'agrees', spread(mx));
    expect(seen(propagation([record(20, 'b'), record(10, 'a')]))).toEqual(['mx : 10 a, 20 b']);
    expect(seen(propagation([]))).toEqual(seen(finding('mx', 'no-mx', {})));
    expect(seen(propagation([record(0, '.')]))).toEqual(seen(finding('mx', 'null-mx', {})));
    expect(seen(finding('mx', 'no-such-domain', {}))).toEqual(['mx : no such domain']);
  });

  it('are not known while the name servers disagree: the next look may see another set', () => {
    const servers = [{ name: 'ns1', address: '192.0.2.1', mx: [record(10, 'a')] }];
    expect(seen(finding('mx', 'differs', { servers }))).toEqual([]);
    const spread = { mx: [record(10, 'a')], ttl: 1, until: null, items: [] };
    expect(seen(finding('mx-propagation', 'servers-differ', spread))).toEqual([]);
  });
});

describe('the zone', () => {
  const server = (serial: number | null) => ({
    ...{ name: 'ns', address: '192.0.2.1', isAuthoritative: true, udp: true, tcp: true, serial, tookMs: 1 },
    ...{ inParent: true, inZone: true },
  });
  const delegation = (parentNames: string[] | null, ...serials: (number | null)[]) =>
    finding('delegation', 'fine', { zone: 'example', parentNames, servers: serials.map(server) });

  it('has its name servers as the zone above has them, and the highest serial number', () => {
    expect(seen(delegation(['NS2.example', 'ns1.example'], 7, 9, 7))).toEqual([
      'name-servers : ns1.example, ns2.example',
      'serial : 9',
    ]);
  });

  it('has no serial number while a server does not answer: it may be the one that is ahead', () => {
    expect(seen(delegation(null, 7, null))).toEqual([]);
  });

  it('has its DS records by their tags, and none when it is not signed', () => {
    const keys = { zone: 'example', keys: [], expiresAt: null };
    expect(seen(finding('dnssec', 'signed', { ...keys, ds: [200, 100] }))).toEqual(['ds : 100, 200']);
    expect(seen(finding('dnssec', 'unsigned', { ...keys, ds: [] }))).toEqual(['ds : none']);
    expect(seen(finding('dnssec', 'name-not-validated', {}))).toEqual([]);
  });
});

describe('the registration', () => {
  const registration = (code: string, facts: Partial<FactsOf<'registration', 'fine'>>) =>
    finding('registration', code, {
      ...{ registered: 'example.com', expiresAt: null, registrarExpiresAt: null, registrar: null },
      ...{ statuses: [], source: null, ...facts },
    });

  it('has an end, a registrar and states, as far as anybody says', () => {
    expect(
      seen(
        registration('fine', {
          ...{ expiresAt: Date.UTC(2027, 2, 1, 12), source: 'registry', registrar: 'Names Ltd' },
          statuses: ['ok', 'client transfer prohibited'],
        }),
      ),
    ).toEqual([
      'registrar : Names Ltd',
      'registration-end : 2027-03-01',
      'registration-state : client transfer prohibited, ok',
    ]);
    expect(seen(registration('fine', {}))).toEqual([]);
    expect(seen(registration('not-registered', {}))).toEqual(['registration-state : not registered']);
  });

  it('has no end that an admin said: that is an entry of its own', () => {
    expect(seen(registration('fine', { expiresAt: AT, source: 'by-hand' }))).toEqual([]);
  });
});

describe('the office’s server', () => {
  const certificate = (fingerprint: string) => ({
    ...{ fingerprint, issuer: 'R3', expiresAt: Date.UTC(2027, 2, 1) },
    names: ['www.example.com', 'mail.example.com'],
  });
  const same = <T>(now: T) => ({ now, before: null, changedAt: null });
  const server = {
    ...{ host: 'mail.example.com', at: '192.0.2.1', changes: [] },
    addresses: same(['192.0.2.1']),
    banner: same({ name: 'mail.example.com', software: 'postfix' }),
    certificate: same(certificate('AB:CD:EF:01:23:45:67:89:AA')),
  };
  const moved = (code: string, facts: object) => finding('server-moved', code, { ...server, ...facts });

  it('is what it is when it is seen first', () => {
    expect(seen(moved('first-seen', {}))).toEqual([
      'addresses mail.example.com: 192.0.2.1',
      'banner mail.example.com: mail.example.com',
      'certificate mail.example.com: mail.example.com, www.example.com, by R3, until 2027-03-01, SHA-256 abcdef0123456789…',
    ]);
    expect(seen(moved('first-seen', { certificate: same(null) }))).toContain(
      'certificate mail.example.com: none',
    );
  });

  it('is another from the run on that found it so, and not in later ones, which still point it out', () => {
    const addresses = { now: ['192.0.2.9', '2001:db8::9'], before: ['192.0.2.1'], changedAt: AT - 50 };
    const about = ({ kind, subject, value, was }: Observation) => [kind, subject, was, value];
    const change = moved('moved', {
      addresses,
      certificate: { now: null, before: certificate('AB:CD'), changedAt: AT - 50 },
    });
    expect(observationsOf([change]).map(about)).toEqual([
      ['addresses', 'mail.example.com', '192.0.2.1', '192.0.2.9'],
      ['addresses', 'mail.example.com IPv6', undefined, '2001:db8::9'],
      ['banner', 'mail.example.com', undefined, 'mail.example.com'],
      ['certificate', 'mail.example.com', expect.stringContaining('SHA-256 abcd'), 'none'],
    ]);
    const later = moved('moved', { addresses: { ...addresses, changedAt: AT - 5_000 } });
    expect(seen(later).filter((words) => words.startsWith('addresses'))).toEqual([]);
  });

  it('has no addresses worth a word when they take turns', () => {
    const addresses = { now: ['192.0.2.9'], before: ['192.0.2.1'], changedAt: AT };
    expect(seen(moved('rotates', { addresses })).filter((words) => words.startsWith('addresses'))).toEqual(
      [],
    );
  });

  it.each([
    ['220 mail.example.com ESMTP Exim 4.94.2 Thu, 01 Jan 2026 00:00:00 +0000', 'exim', 'exim 4.94.2'],
    [
      '220 mail.example.com Microsoft ESMTP MAIL Service, Version: 10.0.17763.1 ready at Mon',
      'exchange',
      'exchange 10.0.17763.1',
    ],
    ['220 mail.example.com ESMTP Sendmail 8.15.2/8.15.2; Thu, 1 Jan', 'sendmail', 'sendmail 8.15.2'],
    ['220 mx.example.com ESMTP x12si4.5.6 - gsmtp', 'gmail', 'gmail'],
    ['220 192.0.2.1 ESMTP Postfix', 'postfix', 'postfix'],
    ['220 mail.example.com ESMTP', null, 'not known'],
  ])('runs what it says, without what is other at each greeting: %s', (banner, software, value) => {
    const facts = { banner, name: banner.split(' ')[1], software, features: [], size: 0 };
    expect(seen(finding('server-greeting', 'greets', facts, { subject: '192.0.2.1' }))).toEqual([
      `software 192.0.2.1: ${value}`,
    ]);
  });

  const step = (asked: string, answer: string): Evidence => ({ asked, of: 'mail', at: 1, answer });
  it.each<[string, CheckName, string, object, Evidence[], string]>([
    [
      'a refusal',
      'relay-denied',
      'relay-denied',
      { answer: '550 5.7.1 <a@b>: Relay access denied' },
      [],
      'relay-denied 550 5.7.1',
    ],
    ['what is well', 'relay-denied', 'home', {}, [step('RCPT TO:<x@y>', '250 ok')], 'home'],
    [
      'the last recipient',
      'postmaster',
      'missing',
      {},
      [step('MAIL FROM:<>', '250 ok'), step('RCPT TO:<postmaster@y>', '550 5.1.1 unknown')],
      'missing 550 5.1.1',
    ],
    [
      'a reply of several lines',
      'server-refuses',
      'busy',
      { cause: 'server-busy', at: 'EHLO', answer: '421-4.3.2 wait\n421 4.3.2 please' },
      [],
      'busy 421 4.3.2',
    ],
    [
      'an answer that is none',
      'server-refuses',
      'refuses',
      { cause: 'other', at: 'EHLO', answer: 'no' },
      [],
      'refuses',
    ],
  ])('answers with a code, without the words around it: %s', (_, check, code, facts, evidence, value) => {
    expect(seen(finding(check, code, facts, { subject: '192.0.2.1', evidence }))).toEqual([
      `replies ${check} 192.0.2.1: ${value}`,
    ]);
  });
});

it('nothing is seen by a check that could not ask, or had nothing to ask', () => {
  const facts = { banner: '220 x', name: 'x', software: null, features: [], size: 0 };
  const more = { state: 'could-not-check' } as const;
  expect(seen(finding('server-greeting', 'greets', facts, more))).toEqual([]);
  expect(seen(finding('mx', 'no-mx', {}, { state: 'not-applicable' }))).toEqual([]);
  expect(seen(finding('mx', 'fine', { ttl: 1, mx: [] }, { facts: { mx: 'ten' } }))).toEqual([]);
});

it('what two findings say of one thing is one', () => {
  const refuses = (subject: string) => finding('postmaster', 'there', {}, { subject });
  expect(seen(refuses('192.0.2.1'), refuses('192.0.2.1'), refuses('192.0.2.2'))).toHaveLength(2);
});
