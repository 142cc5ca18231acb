// What strangers write is read in time that grows as its length does: every parser of such text, with texts that are awkward to read.
//
// Each text is read at some length and at four times that, and the times are compared: four times as much is right, sixteen times is a parser that reads
// every place again for every other. The least of several measurements counts, so that a busy machine changes nothing.
import { Buffer } from 'node:buffer';
import { parsePolicy, validateMx } from 'mailauth/lib/mta-sts.js';
import { expect, it } from 'vitest';
import { domainNameSchema, hostSchema, parseHostPort, toDomainName } from '../../shared/names.ts';
import { shownName } from '../../shared/idn.ts';
import { classify, classifyReply } from '../../shared/replies/classify.ts';
import { repliesIn } from '../../shared/replies/pasted.ts';
import { softwareOf } from '../../shared/replies/software.ts';
import { parseReply } from '../../shared/replies/parse-reply.ts';
import { rowsOf } from '../../src-main/engine/recipient-procedures.ts';
import { judgeKey } from '../../src-main/probes/authentication/dkim.check.ts';
import { reportAddresses, tagsOf } from '../../src-main/probes/authentication/txt-records.ts';
import { readReply } from '../../src-main/probes/dns/message.ts';
import { spfNames } from '../../src-main/probes/dns/spf-names.ts';
import { excerpt } from '../../src-main/probes/http.ts';
import { csvLine } from '../../shared/csv.ts';
import { toJson } from '../../src-main/cli/terminal.ts';
import { plain } from '../../shared/unseen.ts';
import { readHops } from '../../src-main/probes/network/hops.ts';
import { readPings } from '../../src-main/probes/network/ping-output.ts';
import { readDate } from '../../src-main/probes/registration/dates.ts';
import { readDomain } from '../../src-main/probes/registration/rdap.ts';
import { readReferral, readWhois } from '../../src-main/probes/registration/whois-text.ts';
import { ReplyReader } from '../../src-main/probes/smtp/reply-reader.ts';
import { namesOf } from '../../src-main/probes/smtp/server-tls.check.ts';
import { featuresOf } from '../../src-main/probes/smtp/visit.ts';
import { readMail, readRcpt } from '../../src-main/relay/inbound/command.ts';
import { readCommandText } from '../../src-main/relay/inbound/command-text.ts';
import { DataReader } from '../../src-main/relay/inbound/data-reader.ts';
import { HeaderScan } from '../../src-main/relay/inbound/header-scan.ts';
import { receivedField } from '../../src-main/relay/inbound/received.ts';
import { decodeWords } from '../../src-main/relay/mail/encoded-words.ts';
import { subjectOf } from '../../src-main/relay/mail/subject.ts';
import { LineSplitter } from '../../src-main/relay/inbound/line-splitter.ts';
import { FirstLine } from '../../src-main/relay/inbound/first-line.ts';
import { LineEnds } from '../../src-main/relay/inbound/line-ends.ts';
import { readPath, routesOn } from '../../src-main/relay/inbound/path.ts';
import { readProxyHeader } from '../../src-main/relay/inbound/proxy.ts';
import { readEhlo } from '../../src-main/relay/smtp/ehlo.ts';
import { ReplyLines } from '../../shared/replies/reply-lines.ts';
import { composeReport } from '../../src-main/relay/mail/bounce-report.ts';
import { recipientKey, readMailbox } from '../../src-main/relay/mail/mailbox.ts';
import { answersOf } from '../../src-main/relay/policy/authentication/answers.ts';
import { readFields } from '../../src-main/relay/policy/authentication/header-fields.ts';
import { choose } from '../../src-main/relay/policy/authentication/signatures.ts';
import { authenticate, authenticateSender } from '../../src-main/relay/policy/authentication/verify.ts';
import { isAutomatic, quotesOurs, recognise } from '../../src-main/relay/mail/bounces.ts';
import { readAddress, reverseName } from '../../src-main/relay/policy/filters/ip-addresses.ts';
import { plainWords } from '../../src-main/relay/policy/filters/filter.ts';
import { GatheredContent } from '../../src-main/relay/policy/filters/gathering.ts';
import { readAnswer } from '../../src-main/relay/policy/filters/rspamd.ts';
import {
  headerEnd,
  resultFields,
  withoutForged,
} from '../../src-main/relay/policy/filters/results-header.ts';
import { readHeader, readMessage, walk } from '../../src-main/relay/mail/mime.ts';
import type { Deposit } from '../../src-main/relay/spool/spool.ts';
import { seededRandom } from '../lab/random.ts';
import { awkwardTexts, type Make } from './awkward.ts';

/** Characters of the short text: at first few, so that what is far from linear is found soon. */
const LENGTHS = [2_048, 16_384];
/** Less time than this says nothing, µs: some ticks of the processor time, and a machine that others use makes three times as much of it. */
const FLOOR = 40_000;
/** What takes so long is not measured again, µs. */
const HOPELESS = 2_000_000;
/** How exact the processor time is, µs. */
const TICK = 4_000;
/** The long text is four times as long. */
const CLEARLY_MORE = 10;

const random = seededRandom();
const texts = awkwardTexts(random);

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const crumbs = function* (octets: Buffer, size: number): Generator<Buffer> {
  for (let from = 0; from < octets.length; from += size) yield octets.subarray(from, from + size);
};

class Store {
  write(): undefined {
    return undefined;
  }
}

const judged = (text: string) => ({
  filter: 'spf' as const,
  result: 'fail' as const,
  action: 'tag' as const,
  evidence: [text],
  took: 0,
  resinfo: [text],
  signers: [],
});

const undelivered = (text: string) => ({
  id: 1,
  receivedAt: 0,
  sender: 'ann@example.org',
  subject: text,
  size: 0,
  clientAddress: '192.0.2.7',
  helo: text,
  smtpUtf8: false,
  head: latin1(text),
  authenticity: null,
  recipients: [
    {
      position: 0,
      address: 'bob@example.com',
      domain: 'example.com',
      state: 'refused',
      reply: { code: 550, enhanced: '5.1.1', text },
      host: 'mail.example.com',
      triedAt: 0,
    },
  ],
});

const bounce = (header: string, body: string) => recognise('', latin1(`${header}\r\n\r\n${body}`));
const report = (fields: string) =>
  bounce(
    'Content-Type: multipart/report; report-type=delivery-status; boundary=q',
    `--q\r\n\r\nIt failed.\r\n--q\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n${fields}\r\n--q--\r\n`,
  );

/** Those that answer at once. */
const parsers: Record<string, (text: string) => unknown> = {
  // The door.
  'the line of a command': (text) => readCommandText(Buffer.from(text)),
  'line ends of an old device, in crumbs': (text) => {
    const ends = new LineEnds();
    for (const piece of crumbs(latin1(text), 7)) ends.mend(piece);
  },
  'a first line that is no field, in crumbs': (text) => {
    const first = new FirstLine();
    for (const piece of crumbs(latin1(text), 7)) first.take(piece);
    first.end();
  },
  MAIL: (text) => readMail(`FROM:${text}`),
  'MAIL of an old device': (text) => readMail(`FROM:${text}`, true),
  'MAIL with parameters': (text) => readMail(`FROM:<a@b.example> ${text}`),
  RCPT: (text) => readRcpt(`TO:<${text}>`, true),
  'a path': (text) => readPath(`<${text}>`, 0, 'reverse'),
  'a quoted path': (text) => readPath(`<"${text}"@example.org>`, 0, 'reverse'),
  'a local part that routes on': routesOn,
  'a PROXY header': (text) => readProxyHeader(latin1(text)),
  'a PROXY header of version 2': (text) =>
    readProxyHeader(Buffer.concat([latin1('\r\n\r\n\0\r\nQUIT\n!\x11\xff\xff'), latin1(text)])),
  commands: (text) => feed(new LineSplitter(silent), latin1(text), 4096),
  'commands in crumbs': (text) => feed(new LineSplitter(silent), latin1(text), 7),
  'the data': (text) => new DataReader().read(latin1(text)),
  'the data in crumbs': (text) => {
    const reader = new DataReader();
    for (const piece of crumbs(latin1(text), 7)) reader.read(piece);
  },
  'a header as it comes': (text) => scan(text, 65_536),
  'a header in crumbs': (text) => scan(text, 7),
  'Received, as it comes': (text) => scan(`Received: ${text}`, 65_536),
  'our own trace': (text) =>
    receivedField({
      helo: text,
      clientAddress: '192.0.2.7',
      hostname: 'mx.example.com',
      protocol: 'SMTP',
      tls: null,
      id: '1',
      receivedAt: 0,
      recipient: text,
    }),
  'the subject': (text) => subjectOf(latin1(`Subject: ${text}\r\n\r\n`)),
  'a header before the subject': (text) => subjectOf(latin1(`${text}\r\nSubject: a\r\n\r\n`)),
  'encoded words': decodeWords,
  // Policy.
  'a mailbox': readMailbox,
  'the domain of a mailbox': (text) => readMailbox(`a@${text}`),
  'the key of a recipient': (text) => recipientKey({ address: `${text}@example.com`, domain: 'example.com' }),
  'the key of a quoted recipient': (text) =>
    recipientKey({ address: `"${text}"@example.com`, domain: 'example.com' }),
  'an address of a client': (text) => [readAddress(text), reverseName(text)],
  'where the header ends': (text) => headerEnd(latin1(text)),
  'forged fields': (text) => withoutForged(latin1(text), 'mx.example.com'),
  'forged results': (text) => withoutForged(latin1(`Authentication-Results: ${text}\r\n`), 'mx.example.com'),
  'our own results': (text) => resultFields('mx.example.com', [judged(text)]),
  'words for a reply': (text) => plainWords(text),
  'a message that is kept back, in crumbs': (text) => gather(text, 1_000_000),
  'a message that passes through, in crumbs': (text) => gather(text, 0),
  'fields of a header': readHeader,
  'a message': (text) => [...walk(readMessage(latin1(text)))],
  'a message that is never answered': (text) => isAutomatic('a@b.example', latin1(text)),
  'a bounce: all of it': (text) => recognise('', latin1(text)),
  'a bounce: From': (text) => bounce(`From: ${text}`, 'It could not be delivered.'),
  'a bounce: Subject': (text) => bounce(`Subject: ${text}`, 'It could not be delivered.'),
  'a bounce: To and Return-Path': (text) => bounce(`To: ${text}\r\nReturn-Path: ${text}`, 'Undeliverable.'),
  'a bounce: Auto-Submitted and its like': (text) =>
    bounce(`Auto-Submitted: ${text}\r\nPrecedence: ${text}\r\nX-Autoreply: ${text}`, 'Undeliverable.'),
  'a bounce: X-Failed-Recipients': (text) => bounce(`X-Failed-Recipients: ${text}`, ''),
  'a bounce: Content-Type': (text) => bounce(`Content-Type: ${text}`, 'a'),
  'a bounce: parameters': (text) => bounce(`Content-Type: text/plain${text}`, 'a'),
  'a bounce: a boundary': (text) =>
    bounce(`Content-Type: multipart/report; boundary="${text}"`, `--${text}\r\n`),
  'a bounce: parts': (text) => bounce('Content-Type: multipart/mixed; boundary=b', `--b\r\n${text}`),
  'a bounce: parts by number': (text) =>
    bounce('Content-Type: multipart/mixed; boundary=b0', `--b0\r\n${text}`),
  'a bounce: plain': (text) => bounce('Subject: a', text),
  'a bounce: failed, plain': (text) => bounce('From: mailer-daemon\r\nSubject: undeliverable', text),
  'a bounce: HTML': (text) => bounce('Subject: undeliverable\r\nContent-Type: text/html', text),
  'a bounce: quoted-printable': (text) => bounce('Content-Transfer-Encoding: quoted-printable', text),
  'a bounce: base64': (text) => bounce('Content-Transfer-Encoding: base64', text),
  'a bounce: in a charset': (text) => bounce('Content-Type: text/plain; charset=iso-2022-jp', text),
  'a bounce: in any charset': (text) => bounce(`Content-Type: text/plain; charset="${text}"`, 'a'),
  'a bounce: a status': report,
  'a bounce: Final-Recipient': (text) => report(`Final-Recipient: ${text}\r\nAction: failed`),
  'a bounce: Original-Recipient': (text) =>
    report(`Original-Recipient: rfc822; ${text}\r\nFinal-Recipient: rfc822; a@b.example\r\nStatus: ${text}`),
  'a bounce: Diagnostic-Code': (text) =>
    report(`Final-Recipient: rfc822; a@b.example\r\nAction: ${text}\r\nDiagnostic-Code: smtp; ${text}`),
  'a bounce: what it returns': (text) =>
    bounce('Content-Type: multipart/mixed; boundary=q', `--q\r\nContent-Type: message/rfc822\r\n\r\n${text}`),
  'a bounce: whose it is': (text) =>
    quotesOurs(
      [
        ['received', text],
        ['message-id', text],
      ],
      { hosts: ['mx.example.com'], domains: ['example.com'] },
    ),
  // Signatures: what is chosen of them. The library that checks them is below.
  'fields of signatures': (text) => readFields(latin1(text)),
  'a choice of signatures': (text) => choose(readFields(latin1(`From: a@b.example\r\n${text}`))),
  'a signature': (text) => choose(readFields(latin1(`DKIM-Signature: ${text}`))),
  'an author among many signatures': (text) =>
    choose(readFields(latin1(`From: ${text}\r\n${'DKIM-Signature: d=a.test\r\n'.repeat(50)}`))),
  // The way out.
  'a report to a sender': (text) =>
    composeReport({
      message: undelivered(text) as unknown as Parameters<typeof composeReport>[0]['message'],
      hostname: 'mx.example.com',
      now: 0,
      expireDays: 5,
    }),
  'a server’s reply': parseReply,
  'a server’s reply of several lines': (text) => parseReply(text.replaceAll(/\r?\n/g, '\r\n550-')),
  'lines of a reply': (text) => {
    const lines = new ReplyLines();
    for (const line of text.split('\n')) lines.take(line);
  },
  'an answer to EHLO': (text) => readEhlo(`250-mail.example\n250-${text}`),
  'the meaning of a reply': classify,
  'the meaning of a refusal': (text) =>
    classifyReply({ code: 550, enhanced: '5.7.1', text }, { stage: 'rcpt' }),
  'the software of a server': softwareOf,
  // Names.
  'a name': toDomainName,
  'a domain': (text) => domainNameSchema.safeParse(text),
  'a host': (text) => hostSchema.safeParse(text),
  'a host and port': (text) => quietly(() => parseHostPort(text)),
  'an internationalised name': (text) => shownName(`xn--${text}`),
  // Records in DNS, and what else the checks read.
  'a list of tags': tagsOf,
  'addresses of reports': reportAddresses,
  'a key of DKIM': (text) => judgeKey([text]),
  'a key of DKIM with its tags': (text) => judgeKey([`v=DKIM1; k=rsa; p=${text}`]),
  'a policy of MTA-STS': (text) => quietly(() => parsePolicy(text)),
  'a policy of MTA-STS with its mode': (text) =>
    quietly(() => parsePolicy(`version: STSv1\nmode: enforce\nmx: ${text}`)),
  'an answer of DNS': (text) =>
    readReply(dnsAnswer(text), 1, 'example.org', { name: 'example.org', type: 'TXT' }),
  'a page': (text) => excerpt(Buffer.from(text)),
  'a registry’s answer': (text) => readWhois('example.com', text),
  'a registry’s record': (text) => readWhois('example.com', `Domain Name: example.com\nStatus: ok\n${text}`),
  'where a registry refers to': (text) => readReferral(text),
  'a date': (text) => readDate(text),
  'a registry’s answer in JSON': (text) => rdap(text),
  'a registry’s answer in JSON: its parts': (text) =>
    rdap(
      JSON.stringify({
        objectClassName: 'domain',
        unicodeName: 'example.com',
        status: [text, ...text.split(' ')],
        events: [{ eventAction: 'expiration', eventDate: text }, ...text.split(';')],
        entities: [{ roles: ['registrar'], vcardArray: ['vcard', [['fn', {}, 'text', text]]] }],
      }),
    ),
  'a registry’s answer in JSON: its name': (text) =>
    rdap(JSON.stringify({ objectClassName: 'domain', ldhName: text })),
  'a conversation of the checks': (text) => converse(text, 65_536),
  'a conversation of the checks, octet by octet': (text) => converse(text, 1),
  'a conversation of the checks, a reply octet by octet': (text) =>
    converse(`250-${text.replaceAll('\n', '\n250-')}`, 1),
  'what a server offers to the checks': (text) =>
    featuresOf({
      answer: `250-mail.example\n250-${text.replaceAll('\n', '\n250-')}`,
      reply: { code: 250, enhanced: null, text: '' },
    }),
  'names of a certificate': (text) =>
    namesOf({ subjectaltname: `DNS:${text}`, subject: { CN: text } } as Parameters<typeof namesOf>[0]),
  'names in a record of SPF': (text) => spfNames(`v=spf1 ${text}`, 'example.org'),
  'names in a record of SPF, one of them': (text) => spfNames(`v=spf1 a:${text} mx:${text}`, 'example.org'),
  'names in a policy of MTA-STS': (text) =>
    validateMx('mail.example.org', { id: '1', mode: 'enforce', mx: [text, ...text.split(' ')] }),
  // Servers beside us: they quote the message.
  'Rspamd’s answer': (text) => quietly(() => readAnswer(text)),
  'Rspamd’s answer: its parts': (text) =>
    readAnswer(
      JSON.stringify({
        action: text,
        score: 1,
        symbols: Object.fromEntries(
          text.split(' ').map((word) => [word, { score: 1, description: text.slice(0, 99) }]),
        ),
      }),
    ),
  // Files of the admin's, with strangers' words in them.
  'recipients in CSV': (text) => [...rowsOf(text)],
  'recipients in CSV: a row': (text) => [...rowsOf(`address,last_reply\r\na@b.example,${text}`)],
  // Not in this list, because no more than so much of it is ever read:
  // - clamd's answer (relay/policy/filters/clamav.ts): 4 KiB and one piece more, by one expression that is anchored at both ends.
  // - the greeting of the user interface (shared/greeting.ts): lines of 4,096 characters, 64 KiB in all; JSON, then lengths by a schema. Host
  //   and Origin (service/access.ts) are 16 KiB at most, as Node bounds headers, and only compared.
  // - certificates for DANE and MTA-STS: 100 KiB a chain, as OpenSSL bounds it, of which OpenSSL compares the names; ten certificates a chain
  //   (tls/dane.ts), ten hosts (mta-sts.check.ts).
  // What is written of it elsewhere.
  'a cell of a table': (text) => csvLine([text]),
  'a line on a terminal': plain,
  'JSON on a terminal': toJson,
  'the way to a server': readHops,
  'answers to pings': (text) => readPings(text, 1),
};

const silent = {
  line: (_line: Buffer, _bad: unknown, _more: boolean, next: () => void) => next(),
  endless: () => undefined,
  failed: () => undefined,
  hold: () => undefined,
};

function feed(input: LineSplitter, octets: Buffer, size: number): void {
  for (const piece of crumbs(octets, size)) input.push(piece);
  input.close();
}

function scan(text: string, size: number): void {
  const one = new HeaderScan('mx.example.com');
  for (const piece of crumbs(latin1(text), size)) one.push(piece);
  one.end();
}

function gather(text: string, limit: number): void {
  const one = new GatheredContent(new Store() as unknown as Deposit, Buffer.alloc(0), limit, (header) =>
    withoutForged(header, 'mx.example.com'),
  );
  for (const piece of crumbs(latin1(text), 7)) void one.write(piece);
  one.whole();
  one.drop();
}

function rdap(text: string): unknown {
  return quietly(() =>
    readDomain('example.com', { body: Buffer.from(text) }, (answer) => ({
      asked: '',
      of: '',
      at: 0,
      answer,
    })),
  );
}

/** Looks for a reply after every piece, as whoever waits for one does. */
function converse(text: string, size: number): void {
  const reader = new ReplyReader();
  for (const piece of crumbs(Buffer.from(text), size)) {
    reader.push(piece);
    reader.take();
  }
}

function quietly(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return null;
  }
}

/** A message that answers for example.org, with these octets as its records. */
function dnsAnswer(text: string): Buffer {
  const head = Buffer.from(
    '0001858000010400000000000765 78616d706c65036f72670000100001'.replaceAll(' ', ''),
    'hex',
  );
  return Buffer.concat([head, latin1(text)]);
}

const client = {
  ip: '192.0.2.7',
  helo: 'mail.example.org',
  sender: 'ann@example.org',
  mta: 'mx.example.com',
};
const none = async () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
const signature = (change: string) =>
  `DKIM-Signature: v=1; a=rsa-sha256; c=${change}; d=example.org; s=s1; h=from:to:subject; bh=x; b=y\r\n`;
const checked = async (message: string, resolve: Parameters<typeof authenticate>[2] = none) =>
  answersOf(await authenticate(latin1(message), client, resolve));
const sets = (text: string) =>
  `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.test; s=s; b=y${text}\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=a.test; s=s; h=from; bh=x; b=y${text}\r\nARC-Authentication-Results: i=1; mx.a.test; ${text}\r\n`;

/** Those that ask DNS, or are read as they come: the library that checks signatures and policies, within the bounds that it is given. */
const checkers: Record<string, (text: string) => Promise<unknown>> = {
  'a header, checked': async (text) => checked(`${text}\r\nFrom: a@example.org\r\n\r\nbody\r\n`),
  'a header, checked for a bounce': async (text) =>
    authenticateSender(latin1(`${text}\r\n\r\nbody\r\n`), client, none, 1000),
  'From, checked': async (text) => checked(`From: ${text}\r\n${signature('relaxed/relaxed')}\r\nbody\r\n`),
  'a signature, checked': async (text) =>
    checked(`DKIM-Signature: ${text}\r\nFrom: a@example.org\r\n\r\nbody\r\n`),
  'tags of a signature, checked': async (text) =>
    checked(`${signature('relaxed/relaxed').trimEnd()}; z=${text}\r\nFrom: a@example.org\r\n\r\nbody\r\n`),
  'its domain and identity, checked': async (text) =>
    checked(
      `DKIM-Signature: v=1; a=rsa-sha256; d=${text}; i=@${text}; s=${text}; h=from; bh=x; b=y\r\nFrom: a@example.org\r\n\r\n`,
    ),
  'what it covers, checked': async (text) =>
    checked(`${signature('relaxed/relaxed')}From: a@example.org\r\nSubject: ${text}\r\n\r\nbody\r\n`),
  'what it covers as it is, checked': async (text) =>
    checked(`${signature('simple/simple')}From: a@example.org\r\nTo: ${text}\r\n\r\nbody\r\n`),
  'fields that it names, checked': async (text) =>
    checked(
      `DKIM-Signature: v=1; a=rsa-sha256; d=a.test; s=s; h=from:${text}; bh=x; b=y\r\nFrom: a@example.org\r\n\r\n`,
    ),
  'a body, checked': async (text) =>
    checked(`${signature('relaxed/relaxed')}From: a@example.org\r\n\r\n${text}`),
  'a body as it is, checked': async (text) =>
    checked(`${signature('simple/simple')}From: a@example.org\r\n\r\n${text}`),
  'part of a body, checked': async (text) =>
    checked(`${signature('relaxed/relaxed; l=1000')}From: a@example.org\r\n\r\n${text}`),
  'an ARC chain, checked': async (text) => checked(`${sets(text)}From: a@example.org\r\n\r\nbody\r\n`),
  'Received, checked': async (text) => checked(`Received: ${text}\r\nFrom: a@example.org\r\n\r\nbody\r\n`),
  'Content-Type, checked': async (text) =>
    checked(`${signature('relaxed/relaxed')}Content-Type: ${text}\r\nFrom: a@example.org\r\n\r\nbody\r\n`),
  'replies that somebody pasted': pasted,
  'a long reply that somebody pasted': async (text) => pasted(`550-${text.replaceAll('\n', '\n550-')}`),
  'a record of SPF': async (text) =>
    checked('From: a@example.org\r\n\r\n', records({ 'example.org': `v=spf1 ${text}` })),
  'a key': async (text) =>
    checked(
      `${signature('relaxed/relaxed')}From: a@example.org\r\n\r\nbody\r\n`,
      records({ 's1._domainkey.example.org': text }),
    ),
  'a key with its tags': async (text) =>
    checked(
      `${signature('relaxed/relaxed')}From: a@example.org\r\n\r\nbody\r\n`,
      records({ 's1._domainkey.example.org': `v=DKIM1; p=${text}` }),
    ),
  'a policy of DMARC': async (text) =>
    checked('From: a@example.org\r\n\r\n', records({ '_dmarc.example.org': `v=DMARC1; p=reject; ${text}` })),
};

async function pasted(text: string): Promise<number> {
  let read = 0;
  for await (const reply of repliesIn(linesOf(text))) read += reply.length;
  return read;
}

async function* linesOf(text: string): AsyncGenerator<string> {
  for (const line of text.split('\n')) yield await Promise.resolve(line);
}

function records(zone: Record<string, string>): Parameters<typeof authenticate>[2] {
  return async (name, type) => {
    const found = zone[name];
    return type === 'TXT' && found !== undefined ? [[found]] : none();
  };
}

/** Processor time of this thread, µs. It is counted in ticks of some milliseconds. */
const spent = () => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/**
 * The least time that reading the text takes, of some tries, µs: by the clock, which is exact, or what the thread had of a processor, which does not grow
 * while others have it.
 */
async function cost(parse: (text: string) => unknown, text: string, tries: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < tries; count++) {
    const [before, began] = [spent(), performance.now()];
    await parse(text);
    least = Math.min(least, 1000 * (performance.now() - began), spent() - before + TICK);
  }
  return Math.round(least);
}

/** Null when all is well; else what was measured. */
async function growth(parse: (text: string) => unknown, make: Make): Promise<string | null> {
  for (const length of LENGTHS) {
    const long = make(4 * length);
    let four = await cost(parse, long, 1);
    if (four < FLOOR) continue;
    let one = await cost(parse, make(length), 3);
    if (four <= CLEARLY_MORE * one) continue;
    if (four > HOPELESS) return `${length}: ${one} µs, ${4 * length}: ${four} µs`;
    // Only what looks bad is measured with care.
    let two = Number.POSITIVE_INFINITY;
    for (let again = 0; again < 3; again++) {
      one = Math.min(one, await cost(parse, make(length), 6));
      two = Math.min(two, await cost(parse, make(2 * length), 3));
      four = Math.min(four, await cost(parse, long, 2));
      const words = `${length}: ${one} µs, ${2 * length}: ${two} µs, ${4 * length}: ${four} µs`;
      if (four < FLOOR || four <= CLEARLY_MORE * one || four <= 3 * two) break;
      // No noise makes this much, where it takes long.
      if (again === 2 || (four > 12 * one && four > 4 * FLOOR)) return words;
    }
  }
  return null;
}

it.each(Object.entries({ ...parsers, ...checkers }))(
  '%s',
  async (_, parse) => {
    const slow: string[] = [];
    for (const [what, make] of Object.entries(texts)) {
      // A few examples are enough to find the fault by.
      if (slow.length === 3) break;
      const found = await growth(parse, make);
      if (found !== null) slow.push(`${what}: ${found}`);
    }
    expect(slow, `seed ${random.seed}`).toEqual([]);
  },
  600_000,
);

it('is a measure that finds what is not linear, and nothing else', async () => {
  const spaces: Make = (length) => `${' '.repeat(length)}y`;
  const linear = (text: string) => /^\s+$/.test(text.repeat(20));
  const square = (text: string) => /\s+$/.test(text);
  expect([await growth(linear, spaces), await growth(square, spaces)]).toEqual([
    null,
    expect.stringMatching(/µs$/),
  ]);
});
