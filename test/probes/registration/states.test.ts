// What registries' words for a domain's state mean: each registry's own, those that mean the same everywhere, and those that nobody knows.
import { describe, expect, it } from 'vitest';
import { judge } from '../../../src-main/probes/registration/registration.check.ts';
import { registries } from '../../../src-main/probes/registration/registry-states.ts';
import type { Registry, StateMeaning } from '../../../src-main/probes/registration/registry-states.ts';
import { isKnownState, statesIn } from '../../../src-main/probes/registration/states.ts';
import type { Registration } from '../../../src-main/probes/registration/record.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const DAY = 86_400_000;

/** A domain that is registered for another 200 days, but for what is said otherwise. */
function recordOf(statuses: readonly string[], more: Partial<Registration> = {}): Registration {
  return {
    registered: true,
    expiresAt: now + 200 * DAY,
    registrarExpiresAt: null,
    statuses,
    registrar: null,
    evidence: { asked: '', of: '', at: now, answer: '' },
    ...more,
  };
}

function codeOf(ending: string, said: string, more?: Partial<Registration>): string | null {
  const name = `example.${ending}`;
  return judge(name, recordOf(statesIn(name, said), more), now).code;
}

/** What is found of a domain whose date is far, by what its state means. No code: it cannot be known whether all is well. */
const found: Readonly<Record<StateMeaning, string | null>> = {
  works: 'fine',
  'held-by-registry': 'on-hold',
  'held-by-registrar': 'on-hold',
  'not-delegated': 'on-hold',
  expired: 'expired',
  unpaid: 'renewal-unpaid',
  renewing: 'fine',
  ending: 'ending',
  redemption: 'redemption',
  restoring: 'redemption',
  'about-to-go': 'redemption',
  beginning: null,
  free: null,
  reserved: null,
};

/** A registry's own words, each with what it means. */
const wordsOf = ({ states }: Registry) =>
  Object.entries(states).flatMap(([meaning, all]) =>
    all.map((said) => ({ said, meaning: meaning as StateMeaning })),
  );

describe('a registry’s own words are understood', () => {
  it.each(registries.map((registry) => [registry.name, registry] as const))('those of %s', (_, registry) => {
    for (const ending of registry.endings)
      for (const { said, meaning } of wordsOf(registry)) {
        expect(codeOf(ending, said), said).toBe(found[meaning]);
        expect(codeOf(ending, said.toUpperCase()), said).toBe(found[meaning]);
      }
  });

  it('each of them once, of at least fifty registries, with where it is written', () => {
    expect(registries.length).toBeGreaterThanOrEqual(50);
    const endings = registries.flatMap((registry) => registry.endings);
    expect(new Set(endings).size).toBe(endings.length);
    for (const registry of registries) {
      const words = wordsOf(registry).map(({ said }) => said.toLowerCase().replace(/[^\p{L}\d]/gu, ''));
      expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
      expect(registry.source).toMatch(/^https?:\/\/\S+$/);
    }
  });
});

describe('a state', () => {
  it.each([
    ['it', 'pendingDelete / redemptionPeriod', 'redemption'],
    ['it', 'pendingDelete/redemptionPeriod', 'redemption'],
    ['it', 'inactive / serverHold', 'on-hold'],
    ['it', 'inactive / dnsHold', 'on-hold'],
    ['it', 'inactive / notRenewed', 'on-hold'],
    ['it', 'inactive / revoked', 'on-hold'],
    ['it', 'inactive / noRegistrar', 'on-hold'],
    ['it', 'pendingDelete / pendingDelete', 'redemption'],
    ['com', 'client hold', 'on-hold'],
    ['com', 'clientHold https://icann.org/epp#clientHold', 'on-hold'],
    ['com', 'serverHold (Expired)', 'on-hold'],
    ['com', 'ok clientHold', 'on-hold'],
    ['com', 'ok, serverHold', 'on-hold'],
    ['as', 'StClUpdateProhibited StClDeleteProhibited clientHold', 'on-hold'],
    ['com', 'clientTransferProhibited clientDeleteProhibited', 'fine'],
    ['com', 'serverRenewProhibited (by request)', 'fine'],
    ['com', 'redemption period', 'redemption'],
    ['com', 'pending restore', 'redemption'],
    ['xx', 'Suspended.', 'on-hold'],
    ['xx', 'suspendido', 'on-hold'],
    ['xx', 'приостановлен', 'on-hold'],
    ['xx', 'in quarantine', 'redemption'],
    ['xx', 'expired', 'expired'],
    // The same word, of one registry and of another.
    ['be', 'on hold', 'fine'],
    ['xx', 'on hold', 'on-hold'],
    ['jp', 'Suspended', 'redemption'],
    ['uk', 'Suspended', 'on-hold'],
    ['jp', 'Registered', 'on-hold'],
    ['dk', 'Registered', 'fine'],
  ])('of .%s, %s', (ending, said, code) => {
    expect(codeOf(ending, said)).toBe(code);
  });

  it.each(['GESPENST', 'ok / gespenst', 'reserved', 'reserved, gespenst'])(
    'that nobody explains is never fine: %s',
    (said) => {
      const name = 'example.xx';
      const { code, summary } = judge(name, recordOf(statesIn(name, said)), now);
      expect(code).toBeNull();
      expect(summary).toMatch(/calls (the state of )?example\.xx “(gespenst|reserved)”/);
    },
  );

  it('that nobody explains hides no date that is near', () => {
    const soon = { expiresAt: now + 3 * DAY };
    expect(codeOf('xx', 'gespenst', soon)).toBe('expires-now');
    expect(codeOf('xx', 'gespenst', { expiresAt: now - DAY })).toBe('expired');
  });

  it('of a domain that nobody will renew hides no date that has passed', () => {
    expect(codeOf('uk', 'No longer required', { expiresAt: now - DAY })).toBe('expired');
    expect(codeOf('ie', 'Involuntary NRP', { expiresAt: now - DAY })).toBe('expired');
  });

  it('of RDAP (RFC 8056) is known', () => {
    for (const state of [
      ...[
        'active',
        'inactive',
        'locked',
        'validated',
        'proxy',
        'private',
        'obscured',
        'associated',
        'removed',
      ],
      ...['renew prohibited', 'update prohibited', 'transfer prohibited', 'delete prohibited'],
      ...['pending create', 'pending renew', 'pending transfer', 'pending update', 'pending delete'],
      ...['add period', 'auto renew period', 'renew period', 'transfer period', 'redemption period'],
      ...['pending restore', 'client hold', 'server hold', 'client renew prohibited', 'administrative'],
    ])
      for (const one of statesIn('example.com', state))
        expect(isKnownState('example.com', one), state).toBe(true);
  });
});

describe('a registry that renews by itself', () => {
  const ended = now - DAY;

  it.each([
    ['it', 'ok / autoRenewPeriod'],
    ['it', 'pendingUpdate / autoRenewPeriod'],
    ['it', 'GRACE-PERIOD'],
    ['ca', 'auto-renew grace'],
    ['com', 'auto renew period'],
    ['com', 'autoRenewPeriod https://icann.org/epp#autoRenewPeriod'],
  ])('and keeps the old date meanwhile has not let the domain expire: .%s, %s', (ending, said) => {
    expect(codeOf(ending, said, { expiresAt: ended })).toBe('fine');
  });

  it('is not believed for ever', () => {
    expect(codeOf('it', 'ok / autoRenewPeriod', { expiresAt: now - 45 * DAY })).toBe('fine');
    expect(codeOf('it', 'ok / autoRenewPeriod', { expiresAt: now - 47 * DAY })).toBeNull();
  });

  it('and whose registrar was not paid', () => {
    const unpaid = { expiresAt: ended, registrarExpiresAt: ended };
    expect(codeOf('com', 'auto renew period', unpaid)).toBe('renewal-unpaid');
    expect(codeOf('ua', 'autoRenewGracePeriod', { expiresAt: ended })).toBe('renewal-unpaid');
  });

  it('is not meant by a state that says that the term is over', () => {
    expect(codeOf('uk', 'Renewal required', { expiresAt: ended })).toBe('expired');
    expect(codeOf('it', 'ok', { expiresAt: ended })).toBe('expired');
  });
});
