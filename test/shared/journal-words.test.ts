// The journal in words: what changed, what was and is, and by whom.
import { describe, expect, it } from 'vitest';
import { journalWords } from '../../shared/journal-words.ts';
import { actorSchema, journalKindSchema, type JournalEntry, type JournalKind } from '../../shared/journal.ts';

const entry = (kind: JournalKind, more: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{ id: 1, at: 0, domain: 'example.com', kind, subject: '', before: 'old', after: 'new', source: 'check' },
  ...{ by: actorSchema.parse({ who: 'world' }), ...more },
});

const time = (at: number) => `<${new Date(at).getUTCFullYear()}>`;
const words = (kind: JournalKind, more: Partial<JournalEntry> = {}) => journalWords(entry(kind, more), time);

it.each(journalKindSchema.options)('%s has a title, and shows what was and what is', (kind) => {
  const { title, was, is, by } = words(kind, { subject: 'mail.example.com' });
  expect(title).toMatch(/^[A-Z].*[^.:]$/);
  expect([was, is]).toEqual([kind === 'added' ? null : 'old', kind === 'removed' ? null : 'new']);
  expect(by).toBe('');
});

describe('a title', () => {
  it.each<[JournalKind, Partial<JournalEntry>, string]>([
    ['mode', { after: 'hold by Mailward: it is away' }, 'Mail is on hold'],
    ['mode', { after: 'reroute to 192.0.2.1:25' }, 'Mail is sent another way'],
    ['mode', { after: 'deliver' }, 'Mail is delivered'],
    ['certificate', { subject: 'mail.example.com' }, 'Server mail.example.com has another certificate'],
    ['certificate', { subject: 'a', after: 'none' }, 'Server a no longer offers encryption'],
    ['addresses', { subject: 'a IPv6' }, 'Host a has other IPv6 addresses'],
    ['ds', { after: 'none' }, 'DNSSEC is off: the zone above has no DS records any more'],
    ['registration-end', { before: '2027-01-01', after: '2028-01-01' }, 'Registration extended'],
    ['registration-end', { before: '2027-01-01', after: '2026-01-01' }, 'End of the registration changed'],
    ['server-state', { after: 'connection-failed at a:25' }, 'Your server does not answer'],
    [
      'server-state',
      { after: 'tls-required at a:25' },
      'Your server and Mailward cannot agree on encryption (TLS)',
    ],
    ['server-state', { after: null }, 'Your server takes mail again'],
    ['replies', { subject: 'delivery', after: 'accepted' }, 'Your server accepts messages again'],
    [
      'replies',
      { subject: 'postmaster 192.0.2.1' },
      'Server 192.0.2.1 answers differently to mail for the postmaster',
    ],
    ['replies', { subject: 'constructor 192.0.2.1' }, 'Server 192.0.2.1 answers differently'],
    ['profile', { subject: 'selectors' }, 'Profile changed: DKIM selectors'],
    ['contacts', { subject: 'Ann', before: null }, 'Contact added: Ann'],
    ['settings', { subject: 'smtp.hostname' }, 'Setting smtp.hostname changed'],
  ])('of %s %o says what happened', (kind, more, title) => {
    expect(words(kind, more).title).toBe(title);
  });
});

it('causes, times and software are in words, and what is not to be shown is not', () => {
  expect(words('server-state', { before: null, after: 'server-busy at [2001:db8::1]:25' })).toMatchObject({
    was: null,
    is: 'server in trouble at [2001:db8::1]:25',
  });
  expect(
    words('replies', { subject: 'delivery', before: 'accepted', after: '550 5.7.1 relay-denied' }),
  ).toMatchObject({
    was: 'accepted',
    is: '550 5.7.1 (domain not accepted)',
  });
  expect(
    words('mode', { after: 'hold until 2030-01-01T00:00:00.000Z: until 2031-01-01T00:00:00.000Z' }).is,
  ).toBe('hold until <2030>: until 2031-01-01T00:00:00.000Z');
  expect(words('mode', { after: 'hold until 9999-99-99T00:00:00.000Z' }).is).toBe(
    'hold until 9999-99-99T00:00:00.000Z',
  );
  expect(words('profile', { subject: 'software', before: null, after: 'exim' }).is).toBe('Exim');
  expect(words('settings', { before: null, after: 'changed' })).toMatchObject({ was: null, is: null });
});

it.each([
  [{ who: 'mailward' }, 'by Mailward itself'],
  [{ who: 'admin', via: 'command', name: 'ann' }, 'by ann on the command line'],
  [{ who: 'admin', via: 'command', name: 'ann', address: '127.0.0.1' }, 'by ann on the command line'],
  [{ who: 'admin', via: 'command', address: '192.0.2.7' }, 'on the command line at 192.0.2.7'],
  [{ who: 'admin', via: 'browser', name: 'Firefox', address: '192.0.2.7' }, 'in the browser at 192.0.2.7'],
  [
    { who: 'admin', via: 'browser', name: 'Firefox', address: '::ffff:127.0.0.1' },
    'in a browser on this machine',
  ],
  [{ who: 'admin', via: 'window' }, 'in the app’s window'],
  [{ who: 'admin', name: 'curl' }, 'by the program curl'],
  [{ who: 'admin' }, 'by an admin'],
])('who did it: %o is "%s"', (by, expected) => {
  expect(words('route', { by: actorSchema.parse(by) }).by).toBe(expected);
});

it('a settings file that was changed by hand is said to be that', () => {
  expect(words('settings', { by: actorSchema.parse({ who: 'admin' }) }).by).toBe('in the settings file');
});
