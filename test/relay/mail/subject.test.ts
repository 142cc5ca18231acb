// The subject that people are shown.
import { describe, expect, it } from 'vitest';
import { subjectOf } from '../../../src-main/relay/mail/subject.ts';

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
