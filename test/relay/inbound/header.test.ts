// The trace field we add, and the subject we show.
import { describe, expect, it } from 'vitest';
import { receivedField, subjectOf } from '../../../src-main/relay/inbound/header.ts';

const trace = {
  helo: 'mx.example.org',
  clientAddress: '192.0.2.7',
  hostname: 'relay.example.net',
  protocol: 'ESMTP',
  tls: null,
  id: 'ABC123',
  receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  recipient: 'bob@example.com',
};

describe('the Received field', () => {
  it('names both sides, the id and the time', () => {
    expect(receivedField(trace).toString()).toBe(
      'Received: from mx.example.org ([192.0.2.7])\r\n' +
        '\tby relay.example.net (Mailward) with ESMTP id ABC123\r\n' +
        '\tfor <bob@example.com>; Fri, 02 Jan 2026 03:04:05 +0000\r\n',
    );
  });

  it('does not tell recipients of one another', () => {
    const text = receivedField({ ...trace, recipient: null }).toString();
    expect(text).not.toContain('bob');
    expect(text).toMatch(/id ABC123; Fri, 02 Jan 2026/);
  });

  it('writes an IPv6 client as an address literal (RFC 5321 §4.1.3)', () => {
    expect(receivedField({ ...trace, clientAddress: '2001:db8::1' }).toString()).toContain(
      '([IPv6:2001:db8::1])',
    );
  });

  it('lets no client write header fields through its HELO name', () => {
    const text = receivedField({ ...trace, helo: 'x\r\nBcc: all@example.com\r\n(' }).toString();
    expect(text.split('\r\n')).toHaveLength(4);
    expect(text).not.toContain('\r\nBcc');
  });
});

describe('the subject', () => {
  const of = (header: string) => subjectOf(Buffer.from(`${header}\r\n\r\nSubject: not this\r\n`, 'utf8'));

  it.each([
    ['plain', 'From: a\r\nSubject: Hello there', 'Hello there'],
    ['first field, odd case', 'sUBJECT:Hello', 'Hello'],
    ['folded', 'Subject: Hello\r\n there\r\nTo: b', 'Hello there'],
    ['quoted-printable word', 'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_aus?= Wien', 'Grüße aus Wien'],
    [
      'two base64 words that belong together',
      'Subject: =?utf-8?B?44GK6KaL56mN?=\r\n =?utf-8?B?44KK?=',
      'お見積り',
    ],
    ['an old charset', 'Subject: =?iso-8859-1?Q?caf=E9?=', 'café'],
    ['a charset that nobody knows', 'Subject: =?x-none?Q?abc?=', '=?x-none?Q?abc?='],
    ['raw UTF-8 (RFC 6532)', 'Subject: Привет', 'Привет'],
    ['none', 'From: a', ''],
    ['control characters', 'Subject: =?utf-8?Q?a=1B[31mb=07?=', 'a [31mb'],
  ])('is read: %s', (_, header, subject) => {
    expect(of(header)).toBe(subject);
  });

  it('is not looked for in the body', () => {
    expect(subjectOf(Buffer.from('From: a\r\n\r\nSubject: body\r\n'))).toBe('');
  });
});
