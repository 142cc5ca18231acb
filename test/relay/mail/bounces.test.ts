// Bounces are told from ordinary mail: by the standards, by old servers' habits, and never a person's letter.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAutomatic, quotesOurs, recognise } from '../../../src-main/relay/mail/bounces.ts';

const mail = (...lines: string[]) => Buffer.from(`${lines.join('\r\n')}\r\n`);

const report = mail(
  'From: MAILER-DAEMON@mx.other.example (Mail Delivery System)',
  'To: ann@example.com',
  'Subject: Undelivered Mail Returned to Sender',
  'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
  '',
  '--b1',
  '',
  'I am sorry.',
  '--b1',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.other.example',
  '',
  'Final-Recipient: rfc822; bob@other.example',
  'Original-Recipient: rfc822;Bob@other.example',
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 <bob@other.example>: User',
  '    unknown',
  '',
  '--b1',
  'Content-Type: text/rfc822-headers',
  '',
  'Received: from desk ([192.0.2.7]) by mail.office.example with ESMTP id 1; Mon, 1 Jan 2024 00:00:00 +0000',
  'Message-ID: <1@desk.local>',
  'From: ann@example.com',
  '--b1--',
);

describe('a bounce as RFC 3464 writes it', () => {
  it('says whom it is about and why', () => {
    expect(recognise('', report)).toMatchObject({
      kind: 'bounce',
      by: 'delivery-status',
      recipient: 'bob@other.example',
      status: '5.1.1',
      action: 'failed',
      statuses: [{ diagnostic: 'smtp; 550 5.1.1 <bob@other.example>: User unknown' }],
    });
  });

  it.each(['\0', '\x01', '\x1b', '\x7f'])(
    'takes no address that has the control character %j in it',
    (sign) => {
      const spoilt = Buffer.from(report.toString('latin1').replaceAll('bob@', `bo${sign}b@`), 'latin1');
      const { recipient, statuses } = recognise('', spoilt);
      for (const address of [recipient, ...statuses.map((each) => each.recipient)])
        expect(address ?? '').not.toContain(sign);
    },
  );

  it('is known as such whoever sent it, so that it is never answered', () => {
    expect(isAutomatic('somebody@other.example', report)).toBe(true);
  });

  it('shows by the path of the message that it quotes whether that message was ours', () => {
    const { returned } = recognise('', report);
    expect(quotesOurs(returned, { hosts: ['mail.office.example'], domains: ['example.com'] })).toBe(true);
    expect(quotesOurs(returned, { hosts: ['192.0.2.7'], domains: [] })).toBe(true);
    // A name that only looks like ours is not ours, and neither is the sender's address, which anybody may write.
    expect(
      quotesOurs(returned, { hosts: ['ail.office.example', 'office.exam'], domains: ['example.com'] }),
    ).toBe(false);
    expect(quotesOurs(null, { hosts: ['mail.office.example'], domains: [] })).toBe(null);
  });
});

it('is read word by word where quoted-printable breaks its lines', () => {
  const words = mail(
    'From: someone@other.example',
    'Subject: your letter',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'It could not be =',
    'delivered to <bob@other.ex=',
    'ample>.',
  );
  expect(recognise('', words)).toMatchObject({ kind: 'bounce', recipient: 'bob@other.example' });
});

describe('what is cut off, hostile or empty', () => {
  it('is read as far as it goes', () => {
    for (let end = 0; end <= report.length; end += 7)
      expect(() => recognise('', report.subarray(0, end))).not.toThrow();
  });

  it('takes no time that grows faster than its length: this test would not end', () => {
    const nasty = [
      `Content-Type: multipart/mixed; boundary="a"\r\n\r\n${'--a\r\n'.repeat(20_000)}`,
      `Subject: ${'undeliver'.repeat(10_000)}\r\n\r\n${'<'.repeat(100_000)}`,
      `\r\n${'a@'.repeat(50_000)}`,
      `\r\n${'\r\n\r\n'.repeat(30_000)}`,
      `Content-Type: text/html\r\n\r\n${'<a'.repeat(60_000)}`,
      `From: ${'mail'.repeat(30_000)}\r\n\r\n${'delivery of your '.repeat(7_000)}`,
    ];
    for (const text of nasty) expect(recognise('', Buffer.from(text))).toBeDefined();
  });
});

describe('automatic replies', () => {
  it.each([
    ['Auto-Submitted: auto-replied', 'Subject: Re: hello'],
    ['Subject: Out of office: back on Monday'],
    ['Subject: Abwesenheitsnotiz'],
    ['Precedence: auto_reply', 'Subject: thank you'],
    ['X-Autoreply: yes', 'Subject: thank you'],
  ])('%s', (...header) => {
    expect(recognise('ann@example.org', mail(...header, '', 'I am away.')).kind).toBe('auto-reply');
  });
});

describe("people's and machines' ordinary mail", () => {
  const letters: [string, Buffer][] = [
    ['a letter', mail('From: Ann <ann@example.org>', 'Subject: Lunch?', '', 'Shall we?')],
    [
      'a letter about a delivery',
      mail(
        'From: Parcel <service@parcel.example>',
        'Subject: Your delivery on Monday',
        '',
        'The parcel could not be delivered.',
      ),
    ],
    [
      'a letter about a bounce',
      mail(
        'From: Ann <ann@example.org>',
        'Subject: Re: my mail to Bob',
        '',
        'Hi, look, it says "550 5.1.1 user unknown". What does it mean? My message could not be delivered.',
        '',
        '> From: Bob',
        '> Subject: hi',
      ),
    ],
    ['an invoice', mail('From: no-reply@shop.example', 'Subject: Your invoice 5501', '', 'Total: 550 EUR')],
    [
      'a newsletter',
      mail(
        'From: News <news@list.example>',
        'Precedence: bulk',
        'List-Id: <news.list.example>',
        'Subject: May',
        '',
        'Hello',
      ),
    ],
    [
      'a job report',
      mail(
        'From: root@host.example',
        'Auto-Submitted: auto-generated',
        'Subject: Cron <root@host> backup',
        '',
        'done',
      ),
    ],
    [
      'a reply that quotes',
      mail('From: Bob <bob@other.example>', 'Subject: AW: Angebot', '', '> Von: Ann', '> An: Bob', 'Danke!'),
    ],
    ['no header at all', mail('', 'just text')],
    ['nothing', Buffer.alloc(0)],
    [
      'a forwarded message',
      mail(
        'From: Ann <ann@example.org>',
        'Subject: Fwd: plans',
        'Content-Type: multipart/mixed; boundary=x',
        '',
        '--x',
        '',
        'see below',
        '--x',
        'Content-Type: message/rfc822',
        '',
        'From: Bob <bob@other.example>',
        'To: ann@example.org',
        'Subject: plans',
        '',
        'text',
        '--x--',
      ),
    ],
  ];
  it.each(letters)('%s is no bounce', (_name, content) => {
    expect(recognise('ann@example.org', content).kind).toBe('none');
  });
});

const archive = resolve(import.meta.dirname, '../../../../shared/datasets/sisimai-bsd-emails.tar.gz');

describe.runIf(existsSync(archive))('real bounces of 60 kinds of servers', () => {
  it('are recognised, nearly all', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailward-bounces-'));
    try {
      execFileSync('tar', ['xzf', archive, '-C', folder]);
      const where = join(folder, 'set-of-emails/maildir/bsd');
      const names = readdirSync(where).filter((name) => name.endsWith('.eml'));
      const missed: string[] = [];
      let bounces = 0;
      let withRecipient = 0;
      for (const name of names) {
        const content = readFileSync(join(where, name));
        const header = content.toString('latin1').split(/\r?\n\r?\n/)[0] ?? '';
        // They came without their envelope: a sender that is not on record is not taken for the null sender.
        const sender = /^return-path:\s*<?([^>\r\n]*)>?/im.exec(header)?.[1] ?? 'unknown@unknown.example';
        const found = recognise(sender, content);
        if (found.kind === 'none') missed.push(name);
        if (found.kind === 'bounce') bounces++;
        if (found.kind === 'bounce' && found.recipient !== null) withRecipient++;
      }
      expect(names.length).toBe(582);
      expect(missed.length, missed.join(' ')).toBeLessThanOrEqual(15);
      expect(withRecipient / bounces).toBeGreaterThan(0.98);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
