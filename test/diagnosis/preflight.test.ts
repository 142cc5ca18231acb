// The pre-flight's judgement on findings of every kind: above all that what is not known is never taken for ready.
import { describe, expect, it } from 'vitest';
import { destinationSchema } from '../../shared/domain.ts';
import type { Finding } from '../../shared/finding.ts';
import type { MxRead } from '../../shared/mx-reading.ts';
import type { PreflightItemName } from '../../shared/preflight.ts';
import { preflightOf } from '../../src-main/diagnosis/preflight.ts';
import { preflightChecks, type PreflightInput } from '../../src-main/diagnosis/preflight-items.ts';

const at = Date.UTC(2026, 10, 27, 12);
const host = 'mail.office.example';

function finding(check: string, code: string, more: Partial<Finding> = {}): Finding {
  return {
    ...{ check, code, subject: '', state: 'ok', severity: null, summary: `${check}: ${code}.` },
    ...{ evidence: [], facts: {}, at, tookMs: 1 },
    ...more,
  };
}
const wrong = { state: 'problem', severity: 'urgent' } as const;
const unasked = { state: 'could-not-check' } as const;

const well: Finding[] = [
  finding('server-reachable', 'answers', {
    facts: { host, address: '192.0.2.1', port: 25, family: 4, ms: 2 },
  }),
  finding('server-greeting', 'greets'),
  finding('server-refuses', 'welcome'),
  finding('relay-denied', 'home'),
  finding('mail-loop', 'none'),
  finding('server-tls', 'encrypted'),
  finding('unknown-recipient', 'tells-apart'),
  finding('greylisting', 'none'),
  finding('rate-limit', 'none'),
  finding('spool-space', 'enough'),
  finding('relay-door', 'closed'),
  finding('spf', 'fine', {
    facts: { record: 'v=spf1 a:mail.office.example mx -all', lookups: 2, void: 0, senders: [] },
  }),
  finding('mta-sts', 'not-applicable', { state: 'not-applicable' }),
  finding('dane', 'not-applicable', { state: 'not-applicable' }),
];
const reading = {
  ...{ at, ttl: 300, alias: null, from: [{ name: 'ns1.office.example', address: '192.0.2.53' }] },
  ...{ dnssec: 'unsigned' as const, records: [{ preference: 10, exchange: host }] },
  exchanges: [{ host, v4: ['192.0.2.1'], v6: [], trouble: '' }],
};
const read: MxRead = { status: 'read', own: [], reading };

function judge(findings: readonly Finding[] = well, more: Partial<PreflightInput> = {}) {
  return preflightOf({
    ...{ domain: 'office.example', at, findings, read },
    route: [destinationSchema.parse({ host })],
    wayBack: { keptAt: at, origin: 'read', reading },
    own: {
      hostname: 'relay.mailward.example',
      listener: { host: '0.0.0.0', port: 25, isLocal: false, isListening: true, problem: null },
      hasCertificate: true,
      addresses: [],
    },
    ...more,
  });
}
const item = (report: ReturnType<typeof judge>, name: PreflightItemName) =>
  report.items.find((one) => one.name === name)!;
const instead = (check: string, ...findings: Finding[]) => [
  ...well.filter((one) => one.check !== check),
  ...findings,
];

it('is ready when all is well', () => {
  const report = judge();
  expect(report).toMatchObject({
    result: 'ready',
    summary: 'office.example is ready: its MX records may be changed.',
  });
});

describe('is never ready', () => {
  it.each([
    'server-reachable',
    'server-greeting',
    'server-refuses',
    'relay-denied',
    'mail-loop',
    'spool-space',
    'relay-door',
  ])('while %s could not be asked, or nothing was heard of it', (check) => {
    expect(judge(instead(check, finding(check, 'could-not-check', unasked))).result).toBe('could-not-check');
    expect(judge(instead(check)).result).toBe('could-not-check');
  });

  it('whatever part of the answers is missing', () => {
    const essential = new Set([
      'server-reachable',
      'server-greeting',
      'server-refuses',
      'relay-denied',
      'mail-loop',
      'spool-space',
      'relay-door',
    ]);
    for (let mask = 1; mask < 1 << well.length; mask += 7) {
      const left = well.map((one, index) =>
        (mask >> index) & 1 ? { ...one, code: 'could-not-check', ...unasked, facts: {} } : one,
      );
      const lacks = left.some((one) => one.state === 'could-not-check' && essential.has(one.check));
      if (lacks) expect(judge(left).result, left.map(({ state }) => state).join()).not.toBe('ready');
    }
  });

  it('without a way back, or while Mailward takes no mail', () => {
    expect(judge(well, { wayBack: null }).result).toBe('could-not-check');
    const own = { hostname: 'relay.mailward.example', hasCertificate: true, addresses: [] };
    const listener = { host: '', port: 0, isLocal: false, isListening: false, problem: 'port 25 is taken' };
    const report = judge(well, { own: { ...own, listener } });
    expect(report.result).toBe('not-ready');
    expect(item(report, 'door').summary).toContain('port 25 is taken');
  });
});

it('says of a server that refuses the domain what it said, and what to do', () => {
  const said = {
    ...wrong,
    summary: 'mail.office.example says that it does not host office.example: 550 5.7.1 Relaying denied',
  };
  const report = judge(instead('relay-denied', finding('relay-denied', 'relay-denied', said)));
  expect(report.result).toBe('not-ready');
  expect(report.summary).toContain('one thing must be put right');
  expect(item(report, 'takes-domain')).toMatchObject({ state: 'problem', summary: said.summary });
  expect(item(report, 'takes-domain').advice.join(' ')).toContain(
    'the domain is its own, whatever the MX records say',
  );
});

it('lets one address that could not be asked not hide that the others were, nor stop everything', () => {
  const other = finding('server-reachable', 'could-not-check', {
    ...unasked,
    subject: '2001:db8::1',
    summary: 'No way to IPv6.',
  });
  const report = judge([...well, other]);
  expect(report.result).toBe('ready');
  expect(item(report, 'server-answers')).toMatchObject({ state: 'attention', summary: 'No way to IPv6.' });
});

describe('MTA-STS', () => {
  const policy = (mode: string) => ({ mode, mx: [host], maxAge: 604_800 });
  it.each([
    ['enforce', 'problem', 'not-ready'],
    ['testing', 'attention', 'ready'],
  ])('in mode %s that does not name Mailward is a %s, with how long to wait', (mode, state, result) => {
    const found = finding('mta-sts', 'relay-not-named', {
      state: 'problem',
      severity: 'attention',
      facts: policy(mode),
    });
    const report = judge(instead('mta-sts', found));
    expect(report.result).toBe(result);
    expect(item(report, 'mta-sts')).toMatchObject({ state });
    expect(item(report, 'mta-sts').advice.join(' ')).toMatch(
      /Add `mx: relay\.mailward\.example`.* for 7 days: wait that long/,
    );
  });
});

describe('an SPF record', () => {
  it.each([
    ['v=spf1 mx -all', 'attention'],
    ['v=spf1 mx/24 ~all', 'attention'],
    ['v=spf1 MX a:mail.office.example -all', 'ok'],
    ['v=spf1 mx ip4:192.0.2.0/24 -all', 'ok'],
    ['v=spf1 mx ip4:198.51.100.0/24 -all', 'attention'],
    ['v=spf1 include:_spf.example -all', 'ok'],
    ['v=spf1 -mx a -all', 'ok'],
  ])('%s: %s', (record, state) => {
    const found = finding('spf', 'fine', { facts: { record, lookups: 1, void: 0, senders: [] } });
    expect(item(judge(instead('spf', found)), 'spf').state).toBe(state);
  });
});

it('tells from the TTL until when to wait after it was lowered', () => {
  const slow: MxRead = { status: 'read', own: [], reading: { ...reading, ttl: 172_800 } };
  const ttl = item(judge(well, { read: slow }), 'ttl');
  expect(ttl.summary).toContain('for 2 days');
  expect(ttl.advice.join(' ')).toContain('everybody has it by 2026-11-29 12:00 UTC');
});

it('asks checks that there are', async () => {
  const { checks } = await import('../../src-main/probes/catalogue.ts');
  const known = checks.map(({ name }) => name);
  expect(preflightChecks.filter((name) => !known.includes(name))).toEqual([]);
});
