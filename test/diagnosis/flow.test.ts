// How mail flows, in words, from values alone: the state of each leg, the sentence of each domain, and the one for all.
import { describe, expect, it } from 'vitest';
import { domainSchema } from '../../shared/domain.ts';
import type { Domain } from '../../shared/domain.ts';
import type { DomainOverview, ListenerState, StorageState, WaitingMail } from '../../shared/overview.ts';
import type { HealthState } from '../../shared/state.ts';
import { flowOf, type FlowFacts } from '../../src-main/diagnosis/flow.ts';
import { overallOf } from '../../src-main/diagnosis/overall.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const now = 1_800_000_000_000;

const deliver = {
  ...{ name: 'deliver', since: now, reason: '', reroute: null, until: null, setBy: 'admin', homeSince: null },
};
const domain = (mode: object = {}): Domain =>
  domainSchema.parse({
    ...{ name: 'example.com', route: [{ host: 'mail.example.com' }], createdAt: now },
    mode: { ...deliver, ...mode },
    profile: { expiresAt: null, selectors: [] },
  });
const listener: ListenerState = {
  ...{ host: '127.0.0.1', port: 25, listening: true, problem: null },
  door: { open: 0, silent: 0, turnedAway: 0, earlyTalkers: 0 },
};
const storage: StorageState = { state: 'ok', trouble: null };
const mail = (count: number, oldestAt: number | null = now) => ({ count, bytes: count, oldestAt });
const waiting: WaitingMail = {
  ...{ queued: mail(0, null), held: mail(0), rerouted: 0, quarantined: mail(0), failed: mail(0) },
};
const reply = { code: 554, enhanced: '5.7.1', text: 'no' };
const fine: FlowFacts = {
  ...{ now, domain: domain(), running: true, listener, storage, waiting, pace: null, warnHours: 4 },
  ...{ trouble: null, refusals: null, lastDeliveredAt: now, liveSince: now, deliverAgain: true },
};
const limited = {
  ...{ messagesPerMinute: 10, recipientsPerMinute: null, connectionsPerMinute: null, stopped: false },
  ...{ connections: 1, drainsAt: now + 12 * MINUTE },
};
const down = { cause: 'connection-failed', since: now, reply } as const;
const noStorage: StorageState = {
  state: 'problem',
  trouble: { kind: 'full', what: 'the disk is full', remedy: 'Make room.', since: now },
};

describe('a domain’s mail', () => {
  it.each<[string, Partial<FlowFacts>, HealthState, string, RegExp]>([
    ['flows', {}, 'ok', 'delivering', /^Mail for example\.com is flowing\.$/],
    [
      'has not shown since the start that it does',
      { lastDeliveredAt: null },
      'ok',
      'delivering',
      /No mail for example\.com has been delivered since Mailward was started/,
    ],
    [
      'has never shown that it does',
      { lastDeliveredAt: null, liveSince: null },
      'not-applicable',
      'no mail yet',
      /^No mail for example\.com has come through Mailward yet\.$/,
    ],
    [
      'is on its way for the first time',
      { lastDeliveredAt: null, waiting: { ...waiting, queued: mail(1) } },
      ...(['ok', 'delivering', /is on its way: 1 message is waiting/] as const),
    ],
    [
      'is looked at in a folder that nothing runs on',
      { running: false },
      'could-not-check',
      'not running',
      /not running: no mail/,
    ],
    [
      'cannot be stored',
      { storage: noStorage },
      'problem',
      'delivering',
      /^No mail for example\.com is taken/,
    ],
    [
      'is held by hand',
      { domain: domain({ name: 'hold', reason: 'moving house' }), waiting: { ...waiting, held: mail(1200) } },
      ...([
        'attention',
        'held',
        /held \(moving house\): 1,200 messages are stored, .* when you release it\.$/,
      ] as const),
    ],
    [
      'cannot reach its server',
      { trouble: down },
      'problem',
      'cannot be reached',
      /waits: your server .* nothing is lost/,
    ],
    [
      'is slowed down: that passes',
      { trouble: { ...down, cause: 'rate-limited' } },
      ...(['attention', /./.source, /waits: your server/] as const),
    ],
    [
      'is refused one after another',
      { refusals: { count: 5, since: now, reply } },
      ...(['attention', 'refuses mail', /has refused the last 5 messages/] as const),
    ],
    [
      'was refused a few times',
      { refusals: { count: 4, since: now, reply } },
      'ok',
      'delivering',
      /is flowing\.$/,
    ],
    [
      'is late',
      { waiting: { ...waiting, queued: mail(2, now - 5 * HOUR) } },
      ...(['attention', 'delivering', /is late: 2 messages are waiting, the oldest for 5 hours/] as const),
    ],
    [
      'failed for one message',
      { waiting: { ...waiting, failed: mail(1) } },
      ...(['attention', 'delivering', /flowing; 1 message could not be delivered/] as const),
    ],
    [
      'has one message held by hand, and one on a reroute',
      { waiting: { ...waiting, held: mail(2), rerouted: 1 } },
      ...(['ok', 'delivering', /flowing; 1 message is held by hand until you release it/] as const),
    ],
    [
      'flows as fast as it may',
      { waiting: { ...waiting, queued: mail(120) }, pace: limited },
      ...(['ok', 'delivering', /lets it: 120 messages are waiting, out in about 12 min/] as const),
    ],
    [
      'goes elsewhere',
      { domain: domain({ name: 'reroute', reroute: [{ host: 'other.example' }] }) },
      ...(['ok', 'rerouted', /is flowing to other\.example.* instead of your server/] as const),
    ],
  ])('%s', (_what, facts, state, words, sentence) => {
    const flow = flowOf({ ...fine, ...facts });
    expect(flow.state).toBe(state);
    expect(flow.outbound.words).toMatch(new RegExp(words));
    expect(flow.sentence).toMatch(sentence);
  });

  it('comes in by a door that has a state of its own', () => {
    const cases: [Partial<FlowFacts>, string][] = [
      [{}, 'ok: listening'],
      // That it listens says nothing of whether the world gets there: the first mail does.
      [{ liveSince: null }, 'not-applicable: listening'],
      [{ listener: { ...listener, problem: 'the certificate has ended' } }, 'attention: encryption problem'],
      [{ listener: { ...listener, listening: false } }, 'problem: not listening'],
      [{ storage: noStorage }, 'problem: cannot store mail'],
    ];
    for (const [facts, said] of cases) {
      const { inbound } = flowOf({ ...fine, ...facts });
      expect(`${inbound.state}: ${inbound.words}`).toBe(said);
    }
  });
});

describe('all mail together', () => {
  const overview = (name: string, facts: Partial<FlowFacts> = {}): DomainOverview => {
    const { inbound, outbound, state, sentence } = flowOf({ ...fine, ...facts });
    const { mode, route } = domain();
    return {
      ...{ name, mode, route, state, sentence, ...waiting, ...facts.waiting },
      liveSince: facts.liveSince === undefined ? now : facts.liveSince,
      inbound: { ...inbound, acceptedPerMinute: 0, rejectedPerMinute: 0, lastAt: null },
      outbound: { ...outbound, deliveredPerMinute: 0, lastDeliveredAt: null, pace: null },
    };
  };
  const good = { listener, storage, fault: null, settingsTrouble: null, unknownSettings: [] };
  const fault = { count: 2, since: now, lastAt: now, words: 'oh' };
  const bad = { trouble: down };
  const fresh = { liveSince: null, lastDeliveredAt: null };

  it.each<[string, Parameters<typeof overallOf>[0], HealthState, RegExp]>([
    ['no domain', { ...good, domains: [] }, 'not-applicable', /ready\. No domain is protected yet/],
    ['one domain', { ...good, domains: [overview('a')] }, 'ok', /^Mail for example\.com is flowing\.$/],
    [
      'two',
      { ...good, domains: [overview('a'), overview('b')] },
      'ok',
      /^Mail is flowing for both domains\.$/,
    ],
    [
      'one that no mail has come through yet',
      { ...good, domains: [overview('a', fresh)] },
      'not-applicable',
      /has come through Mailward yet/,
    ],
    [
      'two such',
      { ...good, domains: [overview('a', fresh), overview('b', fresh)] },
      'not-applicable',
      /^No mail has come through Mailward yet for any of 2 domains\.$/,
    ],
    [
      'one such and one that flows',
      { ...good, domains: [overview('a'), overview('b', fresh)] },
      'ok',
      /^Mail is flowing for a; one is not live yet\.$/,
    ],
    [
      'one of two broken',
      { ...good, domains: [overview('a', bad), overview('b')] },
      'problem',
      /waits: your server/,
    ],
    [
      'two broken',
      { ...good, domains: [overview('a', bad), overview('b', bad)] },
      'problem',
      /^Both domains need attention/,
    ],
    ['faults', { ...good, fault, domains: [overview('a')] }, 'attention', /had 2 internal errors/],
    ['faults and worse', { ...good, fault, domains: [overview('a', bad)] }, 'problem', /waits: your server/],
    [
      'a setting that is none',
      { ...good, unknownSettings: [{ key: 'x', meant: null }], domains: [] },
      'attention',
      /ready/,
    ],
    [
      'no room',
      { ...good, storage: noStorage, domains: [overview('a')] },
      'problem',
      /cannot store mail: the disk is full/,
    ],
    [
      'a closed door',
      {
        ...good,
        listener: { ...listener, listening: false, problem: 'port 25 is taken' },
        domains: [overview('a')],
      },
      ...(['problem', /not taking mail: port 25 is taken/] as const),
    ],
  ])('with %s', (_what, facts, state, sentence) => {
    const overall = overallOf(facts);
    expect(overall.state).toBe(state);
    expect(overall.sentence).toMatch(sentence);
  });
});
