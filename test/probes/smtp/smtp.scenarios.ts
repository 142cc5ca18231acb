// Scenarios of the checks that ask the office's server over SMTP: one world a row, and all that must be found in it.
import { scenarios } from '../scenario.ts';
import type { SmtpWorld } from './play.ts';

const well = { name: 'all is well', world: {} };
const unknown = ['could-not-check'];
/** The network fails under the question, each time a little later. */
const failing = [
  { name: 'there is no way to the server', finds: unknown, world: { network: 'no-way', makes: ['exim'] } },
  { name: 'the line is cut at EHLO', finds: unknown, world: { network: 'cut at EHLO', makes: ['postfix'] } },
] as const;
const stopped = {
  name: 'the server is stopped',
  finds: unknown,
  world: { network: 'stopped', makes: ['sendmail'] },
} as const;
const cutAtRcpt = {
  name: 'the line is cut at RCPT',
  finds: unknown,
  world: { network: 'cut at RCPT', makes: ['exim', 'opensmtpd'] },
} as const;
const blocked = '554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using zen.spamhaus.org';
const turnedAway = {
  name: 'the server turns us away before',
  finds: unknown,
  world: { setup: { turnsAway: blocked }, makes: ['exim'] },
} as const;
const speaks = (answers: Record<string, string>, slow?: { line: string; ms: number }): SmtpWorld => {
  const usual = { MAIL: '250 ok\r\n', RCPT: '250 ok\r\n', RSET: '250 ok\r\n', QUIT: '221 bye\r\n' };
  const words = { first: '220 old.example ready\r\n', answers: { ...usual, ...answers } };
  return { instead: slow === undefined ? words : { ...words, slow } };
};
const notHome = { setup: { domains: ['another.example'] } };
const greylisting = { setup: { greylist: 2 } };
const us = { hostname: 'relay.example.net', addresses: [] };
const attempt = (reply: string, cause: string | null) => ({
  at: Date.now(),
  server: '127.0.0.1',
  reply,
  cause,
});

export default [
  ...scenarios<SmtpWorld>('server-reachable', [
    { ...well, finds: ['answers'] },
    {
      name: 'the server is stopped',
      finds: ['refused'],
      world: { network: 'stopped', makes: ['sendmail', 'opensmtpd'] },
    },
    { name: 'its machine is switched off', finds: ['silent'], world: { server: 'away' } },
    {
      name: 'it does not answer, and nothing else does',
      finds: unknown,
      world: { server: 'away', online: false },
    },
    {
      name: 'one of its two addresses is no good',
      finds: ['answers', 'partly'],
      world: { server: 'half there' },
    },
    { name: 'there is no way to the server', finds: unknown, world: { network: 'no-way', makes: ['exim'] } },
  ]),
  ...scenarios<SmtpWorld>('server-greeting', [
    { ...well, finds: ['greets'] },
    {
      name: 'something else listens there',
      finds: ['not-smtp'],
      world: { instead: { first: 'SSH-2.0-OpenSSH_9.2\r\n' } },
    },
    { name: 'it takes connections and says nothing', finds: ['mute'], world: { instead: { first: '' } } },
    {
      name: 'it does not know EHLO',
      finds: ['old-protocol'],
      world: speaks({ EHLO: '502 5.5.1 Command not implemented\r\n' }),
    },
    {
      name: 'it offers next to nothing',
      finds: ['little-offered'],
      world: speaks({ EHLO: '250-old.example\r\n250 HELP\r\n' }),
    },
    {
      name: 'nothing comes back, from nobody',
      finds: unknown,
      world: { network: 'mute', online: false, makes: ['postfix'] },
    },
    stopped,
    turnedAway,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('server-tls', [
    {
      name: 'the certificate is valid',
      finds: ['encrypted'],
      world: { certificate: { name: '127.0.0.1', days: 60 }, makes: ['postfix', 'exim', 'sendmail'] },
    },
    {
      name: 'the certificate is the server’s own',
      finds: ['unverified'],
      world: { certificate: 'of nobody known', makes: ['exim'] },
    },
    {
      name: 'the certificate is the server’s own, and the route demands a valid one',
      finds: ['not-accepted'],
      world: { certificate: 'of nobody known', policy: 'verify', makes: ['sendmail'] },
    },
    {
      name: 'the certificate has ended',
      finds: ['expired'],
      world: { certificate: { name: '127.0.0.1', days: -1 }, makes: ['postfix', 'exim'] },
    },
    {
      name: 'the certificate ends in five days',
      finds: ['expires-soon'],
      world: { certificate: { name: '127.0.0.1', days: 5 }, makes: ['exim'] },
    },
    {
      name: 'the certificate is for another name',
      finds: ['wrong-name'],
      world: { certificate: { name: 'old-server.example', days: 60 }, makes: ['exim', 'sendmail'] },
    },
    { name: 'no STARTTLS', finds: ['not-offered'], world: {} },
    {
      name: 'it offers STARTTLS and cannot do it',
      finds: ['breaks-off'],
      world: speaks({
        EHLO: '250-old.example\r\n250-8BITMIME\r\n250 STARTTLS\r\n',
        STARTTLS: '220 go on\r\n',
        '\x16': 'what is this?\r\n',
      }),
    },
    {
      name: 'no STARTTLS, and the route demands it',
      finds: ['not-to-be-had'],
      world: { policy: 'require', makes: ['postfix'] },
    },
    { name: 'the route wants none', finds: ['not-wanted'], world: { policy: 'none', makes: ['exim'] } },
    {
      name: 'the line is cut at STARTTLS',
      finds: unknown,
      world: { certificate: 'of nobody known', network: 'cut at STARTTLS', makes: ['exim'] },
    },
    stopped,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('server-refuses', [
    { ...well, finds: ['welcome'] },
    {
      name: 'our address is on a blocklist',
      finds: ['blocklisted'],
      world: { setup: { turnsAway: blocked } },
    },
    {
      name: 'our address has no name in DNS',
      finds: ['ptr-missing'],
      world: {
        setup: {
          turnsAway: '550 5.7.25 Client host rejected: cannot find your reverse hostname, [127.0.0.1]',
        },
        makes: ['exim', 'opensmtpd'],
      },
    },
    {
      name: 'it wants a login',
      finds: ['login-wanted'],
      world: { setup: { turnsAway: '530 5.7.0 Authentication required' }, makes: ['postfix', 'exim'] },
    },
    {
      name: 'it wants encryption that it does not offer',
      finds: ['encryption-wanted'],
      world: {
        setup: { turnsAway: '530 5.7.0 Must issue a STARTTLS command first' },
        makes: ['postfix', 'exim'],
      },
    },
    {
      name: 'it takes no mail at all',
      finds: ['refuses'],
      world: { setup: { turnsAway: '554 5.3.2 System does not accept network messages' }, makes: ['exim'] },
    },
    {
      name: 'it is overloaded',
      finds: ['busy'],
      world: {
        setup: { turnsAway: '421 4.3.2 Server too busy, try again later' },
        makes: ['exim'],
      },
    },
    stopped,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('relay-denied', [
    { ...well, finds: ['home'] },
    { name: 'it is not home for the domain', finds: ['relay-denied'], world: notHome },
    { name: 'it greylists', finds: unknown, world: greylisting },
    stopped,
    turnedAway,
    cutAtRcpt,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('unknown-recipient', [
    { ...well, finds: ['tells-apart'] },
    { name: 'it takes everything', finds: ['takes-all'], world: { setup: { mailboxes: 'any' } } },
    { name: 'it is not home for the domain', finds: unknown, world: notHome },
    stopped,
    turnedAway,
    cutAtRcpt,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('postmaster', [
    { ...well, finds: ['there'] },
    { name: 'there is none', finds: ['missing'], world: { setup: { mailboxes: ['ann@example.com'] } } },
    {
      name: 'the mailbox is full',
      finds: ['full'],
      world: {
        setup: { replies: { 'postmaster@example.com': '452 4.2.2 Mailbox full' } },
        makes: ['exim', 'opensmtpd', 'sendmail'],
      },
    },
    { name: 'it is not home for the domain', finds: unknown, world: notHome },
    stopped,
    cutAtRcpt,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('greylisting', [
    { ...well, finds: ['none'] },
    { name: 'it greylists', finds: ['greylists'], world: greylisting },
    {
      name: 'it puts us off and does not say why',
      finds: ['puts-off'],
      world: {
        setup: { replies: { 'postmaster@example.com': '451 4.3.0 Temporary failure' } },
        makes: ['opensmtpd', 'sendmail'],
      },
    },
    {
      name: 'the mailbox is full',
      finds: ['none'],
      world: {
        setup: { replies: { 'postmaster@example.com': '452 4.2.2 Mailbox full' } },
        makes: ['opensmtpd'],
      },
    },
    stopped,
    cutAtRcpt,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('rate-limit', [
    { name: 'no mail has gone out', finds: ['not-applicable'], world: { makes: ['exim'] } },
    {
      name: 'mail goes out',
      finds: ['none'],
      world: { attempts: [attempt('250 2.0.0 queued', null)], makes: ['exim'] },
    },
    {
      name: 'it was asked for less',
      finds: ['limited'],
      world: {
        attempts: [attempt('421 4.7.0 Error: too many connections from 192.0.2.1', 'rate-limited')],
        makes: ['exim'],
      },
    },
    {
      name: 'the message log cannot be read',
      finds: unknown,
      world: { attempts: 'broken', makes: ['exim'] },
    },
  ]),
  ...scenarios<SmtpWorld>('relay-door', [
    { ...well, finds: ['closed'], world: { door: 'mailward' } },
    { name: 'the domain is not protected', finds: ['not-for-us'], world: { door: 'mailward of others' } },
    { name: 'something else stands there and takes everything', finds: ['open'], world: { door: 'open' } },
    { name: 'nobody listens there', finds: ['refused'], world: { door: 'shut' } },
    {
      name: 'nobody listens there, and nothing else answers',
      finds: unknown,
      world: { door: 'shut', online: false },
    },
    { name: 'it is not known where it is', finds: ['not-applicable'], world: { makes: ['exim'] } },
  ]),
  ...scenarios<SmtpWorld>('rate-limit-test', [
    { name: 'there is no limit', finds: ['none'], world: { makes: ['exim', 'opensmtpd'] } },
    { name: 'there is a limit', finds: ['limited'], world: { setup: { connectionRate: 6 } } },
    stopped,
    { ...failing[0] },
  ]),
  ...scenarios<SmtpWorld>('mail-loop', [
    { ...well, finds: ['none'], world: { relay: us } },
    {
      name: 'the route leads to Mailward’s own address',
      finds: ['is-us'],
      world: { server: 'ourselves' },
    },
    {
      name: 'it calls itself by our name',
      finds: ['same-name'],
      world: { relay: us, setup: { name: 'relay.example.net' } },
    },
    {
      name: 'it says so of the domain',
      finds: ['loops'],
      world: {
        setup: {
          replies: { 'postmaster@example.com': '554 5.4.6 mail for example.com loops back to myself' },
        },
        makes: ['postfix', 'opensmtpd'],
      },
    },
    {
      name: 'it said so of a message',
      finds: ['loops'],
      world: { attempts: [attempt('554 5.4.6 Too many hops', 'loop')], makes: ['exim'] },
    },
    stopped,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('server-open-relay', [
    { ...well, finds: ['closed'] },
    { name: 'it passes everything on', finds: ['relays-for-us'], world: { setup: { openRelay: true } } },
    stopped,
    turnedAway,
    cutAtRcpt,
    ...failing,
  ]),
  ...scenarios<SmtpWorld>('server-speed', [
    { ...well, finds: ['prompt'] },
    {
      name: 'it takes long over each message',
      finds: ['slow'],
      world: speaks({ EHLO: '250-old.example\r\n250 8BITMIME\r\n' }, { line: 'MAIL', ms: 3_500 }),
    },
    {
      name: 'it is slow to greet',
      finds: ['slow-greeting'],
      // Exim's own pause grows on a busy machine, past any patience.
      world: { setup: { greetingDelay: 6 }, makes: ['postfix', 'sendmail'] },
    },
    stopped,
    ...failing,
  ]),
];
