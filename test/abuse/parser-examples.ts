// Texts as strangers write them, one or a few of each kind: where the fuzzing of parsers begins.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import packet from 'dns-packet';

const latin1 = (...lines: string[]) => Buffer.from(lines.join('\r\n'), 'latin1');

const report = latin1(
  'From: Mail Delivery System <MAILER-DAEMON@mail.example.com>',
  'To: ann@example.org',
  'Subject: Undelivered Mail Returned to Sender',
  'Auto-Submitted: auto-replied',
  'MIME-Version: 1.0',
  'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain; charset=us-ascii',
  '',
  '<bob@example.com>: host mail.example.com[192.0.2.1] said: 550 5.1.1 User unknown',
  '--b',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mail.example.com',
  'Arrival-Date: Fri, 27 Nov 2026 10:00:00 +0000',
  '',
  'Final-Recipient: rfc822; bob@example.com',
  'Original-Recipient: rfc822;bob@example.com',
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 <bob@example.com>: User unknown',
  '',
  '--b',
  'Content-Type: message/rfc822',
  '',
  'From: ann@example.org',
  'Message-ID: <1@example.org>',
  'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
  '',
  'Hello.',
  '--b--',
  '',
);
const plainBounce = latin1(
  'Return-Path: <>',
  'From: postmaster@example.com',
  'Subject: failure notice',
  'X-Failed-Recipients: bob@example.com, carol@example.com',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Hi. This is the mail system at example.com.',
  'I=27m afraid I wasn=27t able to deliver your message to the following addresses.',
  '<bob@example.com>:',
  '550 5.2.2 mailbox full',
  '--- Below this line is a copy of the message.',
  'Message-ID: <1@example.org>',
  '',
);
const outOfOffice = latin1(
  'From: bob@example.com',
  'Subject: Abwesend: Termin',
  'Auto-Submitted: auto-replied (vacation)',
  'Content-Type: multipart/alternative; boundary=x',
  '',
  '--x',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  '',
  'PHA+SWNoIGJpbiBiaXMgTW9udGFnIG5pY2h0IGRhLjwvcD4=',
  '--x--',
);

const whois = [
  [
    'Domain Name: EXAMPLE.COM',
    'Registry Expiry Date: 2027-08-13T04:00:00Z',
    'Registrar Registration Expiration Date: 2027-08-13T04:00:00Z',
    'Registrar: Example Registrar, Inc.',
    'Registrar WHOIS Server: whois.registrar.example',
    'Domain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited',
    'Domain Status: redemptionPeriod',
    '>>> Last update of whois database: 2026-11-27T10:00:00Z <<<',
  ],
  ['No match for "EXAMPLE.COM".', '>>> Last update <<<'],
  [
    '% This is the RIPE style',
    'domain: example.com',
    'status: active',
    'paid-till: 2027.08.13',
    'refer: whois.nic.example',
  ],
  ['Domain: example.com', 'Status: connect', 'Expires..............: 13.8.2027', '[Registrar] Example'],
  ['Query rate limit exceeded. Try again later.'],
].map((lines) => latin1(...lines, ''));

const rdap = [
  {
    objectClassName: 'domain',
    ldhName: 'EXAMPLE.COM',
    status: ['client transfer prohibited', 'redemption period'],
    events: [
      { eventAction: 'registration', eventDate: '1995-08-14T04:00:00Z' },
      { eventAction: 'expiration', eventDate: '2027-08-13T04:00:00Z' },
    ],
    entities: [
      {
        objectClassName: 'entity',
        roles: ['registrar'],
        vcardArray: [
          'vcard',
          [
            ['version', {}, 'text', '4.0'],
            ['fn', {}, 'text', 'Example Registrar'],
          ],
        ],
      },
    ],
    nameservers: [{ objectClassName: 'nameserver', ldhName: 'NS1.EXAMPLE.COM' }],
  },
  { errorCode: 404, title: 'Not Found', description: ['no such domain'] },
  { objectClassName: 'domain', unicodeName: 'example.com', status: [], events: null, entities: {} },
].map((value) => Buffer.from(JSON.stringify(value)));

const question = { type: 'TXT', class: 'IN', name: 'example.org' } as const;
const dns = [
  packet.encode({
    type: 'response',
    id: 1,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: [question],
    answers: [
      { type: 'TXT', class: 'IN', name: 'example.org', ttl: 300, data: ['v=spf1 mx -all', 'more'] },
      { type: 'CNAME', class: 'IN', name: 'www.example.org', ttl: 300, data: 'example.org' },
      {
        type: 'MX',
        class: 'IN',
        name: 'example.org',
        ttl: 300,
        data: { preference: 10, exchange: 'mail.example.org' },
      },
      {
        type: 'CAA',
        class: 'IN',
        name: 'example.org',
        ttl: 300,
        data: { flags: 0, tag: 'issue', value: 'ca.example' },
      },
    ],
    authorities: [
      { type: 'NS', class: 'IN', name: 'example.org', ttl: 300, data: 'ns1.example.org' },
      {
        type: 'SOA',
        class: 'IN',
        name: 'example.org',
        ttl: 300,
        data: {
          mname: 'ns1.example.org',
          rname: 'hostmaster.example.org',
          serial: 1,
          refresh: 2,
          retry: 3,
          expire: 4,
          minimum: 5,
        },
      },
    ],
    additionals: [
      { type: 'A', class: 'IN', name: 'ns1.example.org', ttl: 300, data: '192.0.2.1' },
      { type: 'AAAA', class: 'IN', name: 'ns1.example.org', ttl: 300, data: '2001:db8::1' },
    ],
  }),
  packet.encode({
    type: 'response',
    id: 1,
    flags: 0,
    questions: [question],
    answers: [
      {
        type: 'DS',
        class: 'IN',
        name: 'example.org',
        ttl: 60,
        data: { keyTag: 1, algorithm: 13, digestType: 2, digest: Buffer.alloc(32, 7) },
      },
      {
        type: 'DNSKEY',
        class: 'IN',
        name: 'example.org',
        ttl: 60,
        data: { flags: 257, algorithm: 13, key: Buffer.alloc(64, 9) },
      },
    ],
  }),
].map((octets) => Buffer.from(octets));

/** Replies from the field: the same that the classifier is held to. */
const replies = readFileSync(join(import.meta.dirname, '../fixtures/replies/wordings.csv'), 'utf8')
  .split('\n')
  .slice(1)
  .filter((line) => line !== '')
  .map((line) => Buffer.from(line));

export const parserExamples = {
  MIME: [report, plainBounce, outOfOffice],
  'bounce recogniser': [report, plainBounce, outOfOffice],
  WHOIS: whois,
  RDAP: rdap,
  'DNS message': dns,
  'reply classifier': replies,
};
