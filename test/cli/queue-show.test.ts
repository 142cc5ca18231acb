// What `mailward queue show` and `queue list` say of a message: why it is held, since when, and what ends that; plain words beside exact terms.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { domainSchema, type Domain } from '../../shared/domain.ts';
import { messageDetailSchema, type MessageDetail, type Recipient } from '../../shared/message.ts';
import { showMessage } from '../../src-main/cli/commands/queue-show.ts';
import { holdsOf } from '../../src-main/cli/holds.ts';
import { formatTime } from '../../src-main/cli/terminal.ts';

let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const SINCE = Date.UTC(2026, 2, 1, 8);
const UNTIL = Date.UTC(2026, 2, 2, 18);

function domain(mode: Record<string, unknown> = {}): Domain {
  return domainSchema.parse({
    name: 'example.com',
    createdAt: 0,
    route: [{ host: 'mail.office.example' }],
    mode: { name: 'deliver', since: SINCE, reason: '', reroute: null, ...mode },
    profile: {},
  });
}

function message(one: Partial<Recipient>, more: Partial<MessageDetail> = {}): MessageDetail {
  const base = {
    id: 'A1',
    receivedAt: SINCE,
    sender: 'anna@example.net',
    recipients: ['bob@example.com'],
    recipientCount: 1,
    domains: ['example.com'],
    size: 512,
    subject: 'hello',
    clientAddress: '192.0.2.1',
    state: one.state ?? 'held',
    attempts: 0,
    nextAttemptAt: null,
    cause: null,
    lastReply: null,
    helo: 'mx.example.net',
    tls: null,
    reply: { code: 250, enhanced: '2.0.0', text: 'stored' },
    incoming: [
      { offset: 1, from: 'server', text: '220 mailward' },
      { offset: 2, from: 'client', text: 'EHLO mx.example.net' },
    ],
    attemptList: [],
    filters: [],
    header: '',
    bounce: null,
    hasContent: true,
    allRecipients: [
      {
        address: 'bob@example.com',
        domain: 'example.com',
        state: 'held',
        nextAttemptAt: null,
        attempts: 0,
        cause: null,
        lastReply: null,
        reroute: null,
        ...one,
      },
    ],
    ...more,
  };
  return messageDetailSchema.parse(base);
}

const held = (by: 'hand' | 'domain' | 'repair') => message({ hold: { by, since: SINCE } }, { heldBy: by });
const itself = {
  name: 'hold',
  setBy: 'mailward',
  reason: 'your server denies it: 554 5.7.1 Relay access denied',
};

describe('a held message', () => {
  it.each([
    [
      'by hand',
      held('hand'),
      domain(),
      true,
      true,
      ['held by hand', 'until you release it: mailward queue release A1'],
    ],
    [
      'by repair',
      held('repair'),
      domain(),
      true,
      true,
      ['a part of its content is lost', 'mailward queue release A1'],
    ],
    [
      'by Mailward itself',
      held('domain'),
      domain(itself),
      true,
      true,
      [
        'all mail of example.com is held by Mailward itself (your server denies it: 554 5.7.1 Relay access denied)',
        'until your server takes mail for example.com again; then it goes out by itself; sooner: mailward domain mode example.com deliver',
      ],
    ],
    [
      'by Mailward itself, where mail is to wait for the admin',
      held('domain'),
      domain(itself),
      false,
      true,
      ['until you set example.com to deliver; Mailward says when your server takes it again'],
    ],
    [
      'by Mailward itself, with the server back',
      held('domain'),
      domain({ ...itself, homeSince: UNTIL }),
      false,
      true,
      [
        `your server has taken it again since ${formatTime(UNTIL)}; at once: mailward domain mode example.com deliver`,
      ],
    ],
    [
      'with its domain until a time',
      held('domain'),
      domain({ name: 'hold', until: UNTIL }),
      true,
      true,
      [`until ${formatTime(UNTIL)}; then it goes out by itself`],
    ],
    [
      'with its domain, while Mailward does not run',
      held('domain'),
      domain({ name: 'hold', until: UNTIL }),
      true,
      false,
      ['for that Mailward must run, and it is not running'],
    ],
    [
      'with its domain until told',
      held('domain'),
      domain({ name: 'hold', reason: 'server moves' }),
      true,
      true,
      [
        'all mail of example.com is held (server moves)',
        'until you set example.com to deliver; at once: mailward domain mode',
      ],
    ],
  ])('%s', (_, detail, of, deliverAgain, running, words) => {
    showMessage(detail, holdsOf([of], deliverAgain, running));
    expect(said).toContain(`since ${formatTime(SINCE)}: `);
    for (const each of words) expect(said).toContain(each);
    if (detail.heldBy === 'domain') expect(said).not.toContain('queue release');
  });

  it('is told apart in the list', () => {
    const state = (detail: MessageDetail, of: Domain) => holdsOf([of], true, true).state(detail);
    expect(state(held('hand'), domain())).toBe('held (by hand)');
    expect(state(held('domain'), domain(itself))).toBe('held (until the server takes it)');
    expect(state(held('domain'), domain({ name: 'hold' }))).toBe('held (with its domain)');
    expect(state(held('domain'), domain({ name: 'hold', until: UNTIL }))).toBe(
      `held (until ${formatTime(UNTIL)})`,
    );
  });
});

it('says what filters found in plain words with the exact term, and whose words are whose', () => {
  const detail = message(
    { state: 'quarantined' },
    {
      filters: [
        {
          filter: 'spf',
          result: 'not-applicable',
          action: 'off',
          evidence: ['SPF says none (the domain does not say which machines may send for it): example.net'],
          took: 1,
        },
        { filter: 'dmarc', result: 'fail', action: 'quarantine', evidence: [], took: 1 },
      ],
      attemptList: [
        {
          id: '1',
          startedAt: SINCE,
          endedAt: SINCE,
          host: 'mail.office.example',
          port: 25,
          address: '192.0.2.9',
          tls: null,
          results: [],
          transcript: [],
        },
      ],
    },
  );
  showMessage(detail, holdsOf([domain()], true, true));
  expect(said).toContain('  SPF: nothing to check (not-applicable)\n    asked: May this machine send');
  expect(said).toContain('SPF says none (the domain does not say which machines may send for it)');
  expect(said).toContain('  DMARC: failed, quarantined for it (fail)');
  expect(said).toContain(
    '(> the sending server, < Mailward):\n       1 ms < 220 mailward\n       2 ms > EHLO',
  );
  expect(said).toContain('port 25, not encrypted (> Mailward, < mail.office.example:25):');
  expect(said).toContain(
    'until you release or delete it: mailward queue release A1, mailward queue delete A1',
  );
});
