// Replies from the field that were once read wrongly, each with exactly what it means: no share of them may be wrong.
import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../shared/cause.ts';
import { type About, classify, isUnknownUser } from '../../../shared/replies/classify.ts';

/** A reply, its lines apart, and what it means: its cause, whether for good, and what it is about. */
type Row = [reply: string | string[], cause: Cause, lasting: 'for good' | 'for now', about: About];

const text = (reply: string | string[]): string => [reply].flat().join('\r\n');

function means(rows: Row[]): void {
  it.each(rows.map((row): [string, Row] => [text(row[0]), row]))('%s', (said, [, cause, lasting, about]) => {
    const got = classify(said);
    expect({ cause: got.cause, temporary: got.temporary, about: got.about }).toEqual({
      cause,
      temporary: lasting === 'for now',
      about,
    });
    expect(isUnknownUser(got)).toBe(cause === 'user-unknown' && lasting === 'for good');
  });
}

describe('a final refusal of the content ends that message, whatever it names besides', () => {
  means([
    [
      '554 5.7.1 Mail (13049-38149) appears to be unsolicited - Score (59) over MessageScoringUpperLimit (50) - send error reports to postmaster@example.net',
      'content-rejected',
      'for good',
      'message',
    ],
    [
      '554 5.7.1 Your message failed several antispam checks (SCORING) and it was rejected or collected on example.net spambox. Please be sure your mailserver is configured correctly (spf , HELO, PTR) or try using an alternative email',
      'content-rejected',
      'for good',
      'message',
    ],
    [
      '554 SpamBouncer identified SPAM, message permanently rejected (#5.3.0)',
      'content-rejected',
      'for good',
      'message',
    ],
    ['550 5.7.0 header_contenttype_1 (G18)', 'content-rejected', 'for good', 'message'],
  ]);
});

describe('a name that DNS does not give is a server that cannot be found, and nothing about the content', () => {
  means([
    [
      '550 5.4.4 Name service error for name=a.example type=MX: Malformed or unexpected name server reply',
      'connection-failed',
      'for good',
      'server',
    ],
    [
      'Name service error for name=a.example type=MX: Malformed or unexpected name server reply',
      'connection-failed',
      'for good',
      'server',
    ],
    [
      '451 4.4.3 Name service error for name=a.example type=AAAA: Host not found, try again',
      'connection-failed',
      'for now',
      'server',
    ],
  ]);
});

describe('a server that is not home for the domain denies it, whatever it says of the address', () => {
  means([
    ['550 Delivery is not allowed to this address.', 'relay-denied', 'for good', 'server'],
    [
      '550 5.7.1 <bob@example.com> Delivery is not allowed to this address.',
      'relay-denied',
      'for good',
      'server',
    ],
    ['550 no such address here (MX do not point to us)', 'relay-denied', 'for good', 'server'],
    [
      '550 5.1.1 <bob@example.com>: no such address here (MX do not point to us)',
      'relay-denied',
      'for good',
      'server',
    ],
    [
      '554 5.7.1 <bob@example.com>: Recipient address rejected: NO-DOMAIN.',
      'relay-denied',
      'for good',
      'server',
    ],
    [
      '451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35. For more information please go to https://example.com/?linkid=865268 [XX1.prod.example.com]',
      'relay-denied',
      'for now',
      'server',
    ],
    // Without such a hint it is the address that is not there.
    ['550 no such address here', 'user-unknown', 'for good', 'recipient'],
  ]);
});

describe('a refusal for the sender’s sake is the message’s, not the recipient’s and not our address’s', () => {
  const unavailable = '550-Requested action not taken: mailbox unavailable';
  means([
    [[unavailable, '550 invalid DNS MX or A/AAAA resource record'], 'sender-rejected', 'for good', 'message'],
    [
      [
        unavailable,
        '550-invalid DNS MX or A/AAAA resource record',
        '550 For explanation visit https://postmaster.example.net/',
      ],
      'sender-rejected',
      'for good',
      'message',
    ],
    [[unavailable, '550 Sender address is not allowed.'], 'sender-rejected', 'for good', 'message'],
    [
      '421 4.7.26 This mail has been rate limited because it is unauthenticated. All senders have to authenticate with either SPF or DKIM. DKIM = did not pass. SPF example.com with ip: 192.0.2.1 = did not pass',
      'sender-rejected',
      'for now',
      'message',
    ],
    [
      '421 4.7.32 This mail has been rate limited because there is no DMARC alignment',
      'sender-rejected',
      'for now',
      'message',
    ],
    [
      [
        '550-5.7.26 This message does not pass authentication checks (SPF and DKIM both',
        '550-5.7.26 do not pass). SPF check for [example.org] does not pass with ip:',
        '550-5.7.26 [192.0.2.194]. To best protect our users from spam, the message',
        '550 5.7.26 has been blocked.',
      ],
      'sender-rejected',
      'for good',
      'message',
    ],
    [
      '550 Your message was rejected by this user and was not delivered',
      'sender-rejected',
      'for good',
      'message',
    ],
    [
      [
        '550-Callback setup failed while verifying ann@example.org',
        '550-(result of an earlier callout reused).',
        '550-The initial connection, or a HELO or MAIL FROM:<> command was',
        '550-rejected. Refusing MAIL FROM:<> disregards RFC requirements.',
        '550 This host does not accept mail from domains whose servers refuse bounces.',
      ],
      'sender-rejected',
      'for good',
      'message',
    ],
    ['550 5.7.1 Message sending for this account is disabled', 'sender-rejected', 'for good', 'message'],
  ]);
});

describe('a blocklist lists us only where the reply says so', () => {
  const blocked = 'Service unavailable; Client host [192.0.2.5] blocked using zen.spamhaus.org; ';
  means([
    [
      `554 5.7.1 ${blocked}Error: open resolver; https://example.org/returnc/pub/192.0.2.53/`,
      'server-busy',
      'for good',
      'server',
    ],
    [`450 4.7.1 ${blocked}Error: open resolver`, 'server-busy', 'for now', 'server'],
    [
      `554 5.7.1 ${blocked}Error: excessive number of queries; https://example.org/returnc/vol/`,
      'server-busy',
      'for good',
      'server',
    ],
    [`554 5.7.1 ${blocked}https://example.org/query/ip/192.0.2.5`, 'blocklisted', 'for good', 'server'],
    ['550 Helo domain is listed in Spamhaus', 'blocklisted', 'for good', 'server'],
    [
      '554 5.7.1 <mail.example.org>: Helo command rejected: Helo domain is listed in Spamhaus',
      'blocklisted',
      'for good',
      'server',
    ],
    ['421 4.7.1 Intrusion prevention active for [192.0.2.7][R]', 'blocklisted', 'for now', 'server'],
  ]);
});

describe('a quota, a limit or a licence of the whole house is no full mailbox', () => {
  means([
    ['450 4.7.3 Organization queue quota exceeded', 'rate-limited', 'for now', 'server'],
    ['550 5.4.6 Domains Daily Quota Exceeded', 'rate-limited', 'for good', 'server'],
    [
      '550 5.4.6 <bob@example.com>: Recipient address rejected: Mailbox Does Not Exist : Domains Daily Quota Exceeded;',
      'rate-limited',
      'for good',
      'server',
    ],
    ['422 License Expired', 'server-busy', 'for now', 'server'],
    ['552 too many same size mails.', 'rate-limited', 'for good', 'server'],
    ['421 Excessive amounts of data sent to server.', 'message-too-large', 'for now', 'message'],
    ['421 HL:ICC 该IP同时并发连接数过大,超过了限制,被临时禁止连接。', 'rate-limited', 'for now', 'server'],
    [
      '450 RP:DRC 当前连接发送的收件人数量超出限制。请控制每次连接投递的邮件数量',
      'rate-limited',
      'for now',
      'server',
    ],
    // A mailbox's own quota is.
    ['552 5.2.2 <bob@example.com>: mailbox quota exceeded', 'mailbox-full', 'for good', 'recipient'],
  ]);
});

describe('what is said of a recipient is believed, and no more of it than is said', () => {
  means([
    [
      [
        '554-Transaction failed (id=50CB5C1F), maximum 8 recipients listed below:',
        "554-Server: 192.0.2.1 Command:EODT Error:554 delivery error: dd This user doesn't have a account (bob@example.com) [0] -",
        '554 Transaction failed',
      ],
      'user-unknown',
      'for good',
      'recipient',
    ],
    ['Recipient address rejected: Address locked or deactivated', 'other', 'for good', 'unclear'],
    ['550 5.7.1 Policy rejection on the target address', 'other', 'for good', 'unclear'],
    ['554 5.2.3 MailPolicy violation Error delivering to mailboxes', 'other', 'for good', 'unclear'],
    [
      ['550-Requested action not taken: mailbox unavailable', '550 Reject due to policy restrictions.'],
      'other',
      'for good',
      'unclear',
    ],
  ]);
});
