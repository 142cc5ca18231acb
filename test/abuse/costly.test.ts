// Messages made to be costly to look at: each is taken or refused, and no turn of the event loop takes long over it. Filters are as they are out of the box.
import { generateKeyPairSync } from 'node:crypto';
import { dkimSign } from 'mailauth';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { NameServer } from '../lab/dns.ts';
import { until } from '../lab/wait.ts';
import { inWords, longestStall, Watched } from './watched-service.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signer = {
  signingDomain: 'example.org',
  selector: 's1',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
};
const huge = generateKeyPairSync('rsa', { modulusLength: 8192 });
const recordOf = (key: typeof publicKey) =>
  `v=DKIM1; k=rsa; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`;

const names = new NameServer({
  'example.org': { TXT: ['v=spf1 ip4:127.0.0.0/8 -all'] },
  '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
  's1._domainkey.example.org': { TXT: [recordOf(publicKey)] },
  'huge._domainkey.example.org': { TXT: [recordOf(huge.publicKey)] },
});
let watched: Watched;

beforeAll(async () => {
  await names.start();
  watched = await Watched.start(
    { maxMessageBytes: 30_000_000 },
    { exempt: [], resolvers: [names.address], blocklistZones: [], messagesPerMinute: 0 },
  );
});
afterAll(async () => {
  await watched[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

async function send(content: string, from: string): Promise<string> {
  await using client = await RawClient.greet(watched.port);
  await client.openData(from, 'office@example.com');
  client.send(`${content}\r\n.\r\n`);
  return (await client.reply()).text;
}

const author = 'From: ann@example.org\r\nSubject: a\r\n';
const junk = (number: number, change = '') =>
  `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=d${number}.test; s=x; ${change}h=from; bh=x; b=AAAA\r\n`;
const many = (count: number, piece: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => piece(number)).join('');
const folded = (lines: number) => `To: a,\r\n${' b,\r\n'.repeat(lines - 2)} c\r\n`;
const report = (fields: string) =>
  `From: mailer-daemon@example.org\r\nSubject: Undeliverable\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=q\r\n\r\n` +
  `--q\r\n\r\nIt failed.\r\n--q\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n${fields}\r\n--q--`;
const text = (body: string, header = '') =>
  `From: mailer-daemon@example.org\r\nSubject: Undeliverable\r\n${header}\r\n${body}`;
const nested = (depth: number) =>
  many(depth, (number) => `Content-Type: multipart/mixed; boundary=b${number}\r\n\r\n--b${number}\r\n`);

async function signed(body: string, change: object = {}): Promise<string> {
  const message = `${author}\r\n${body}`;
  const one = { ...signer, ...change };
  const { signatures } = await dkimSign(Buffer.from(`${message}\r\n`, 'latin1'), {
    ...one,
    signatureData: [one],
  });
  return `${signatures.trimEnd()}\r\n${message}`;
}

const ACCEPTED = /^250 2\.6\.0 /;
const TOO_LARGE = /^552 5\.3\.4 /;

it.each<[string, RegExp, string, () => string | Promise<string>]>([
  ['the first message of all', ACCEPTED, 'ann@example.org', () => `${author}\r\nHello.`],
  ...[20_000, 40_000, 60_000].map(
    (lines) =>
      [`a field of ${lines} lines`, TOO_LARGE, 'ann@example.org', () => `${folded(lines)}${author}\r\na`] as [
        string,
        RegExp,
        string,
        () => string,
      ],
  ),
  [
    'a field of as many lines as there may be',
    ACCEPTED,
    'ann@example.org',
    async () => folded(10_000) + (await signed('a')),
  ],
  [
    'two fields of as many lines',
    ACCEPTED,
    'ann@example.org',
    () => `${folded(9_999)}${folded(9_998)}${author}\r\na`,
  ],
  ['a field of 600 KB', TOO_LARGE, 'ann@example.org', () => `X: ${'y'.repeat(600_000)}\r\n${author}\r\na`],
  [
    'a header of 2 MB',
    TOO_LARGE,
    'ann@example.org',
    () => `${many(2_000, () => `X: ${'y'.repeat(1_000)}\r\n`)}${author}\r\na`,
  ],
  [
    'a header of 1 MB',
    ACCEPTED,
    'ann@example.org',
    () => `${many(1_000, () => `X: ${'y'.repeat(1_000)}\r\n`)}${author}\r\na`,
  ],
  ['200,000 fields', TOO_LARGE, 'ann@example.org', () => `${'X: y\r\n'.repeat(200_000)}${author}\r\na`],
  [
    '19,000 results of others',
    ACCEPTED,
    'ann@example.org',
    () => `${many(19_000, (number) => `Authentication-Results: mx${number}.test; none\r\n`)}${author}\r\na`,
  ],
  [
    'results with 250,000 comments',
    ACCEPTED,
    'ann@example.org',
    () => `Authentication-Results: ${'()'.repeat(250_000)}x\r\n${author}\r\na`,
  ],
  [
    '4,000 signatures',
    ACCEPTED,
    'ann@example.org',
    () => `${many(4_000, (number) => junk(number))}${author}\r\na`,
  ],
  [
    'a signature of 500 KB of spaces',
    ACCEPTED,
    'ann@example.org',
    () => `${junk(1, `z=a${' '.repeat(500_000)}b; `)}${author}\r\na`,
  ],
  [
    'signatures that name 100,000 fields',
    ACCEPTED,
    'ann@example.org',
    () =>
      `${many(5, (number) => junk(number, `h=${'a:'.repeat(20_000)}b; `))}${many(10_000, () => 'X: y\r\n')}${author}\r\na`,
  ],
  [
    '300 ARC sets',
    ACCEPTED,
    'ann@example.org',
    () =>
      `${many(300, (number) => `ARC-Seal: i=${number}; a=rsa-sha256; cv=pass; d=d${number}.test; s=x; b=AA\r\n`)}${author}\r\na`,
  ],
  [
    'an ARC set of 500 KB',
    ACCEPTED,
    'ann@example.org',
    () => `ARC-Authentication-Results: i=1; ${';'.repeat(500_000)}\r\n${author}\r\na`,
  ],
  [
    '20,000 authors',
    ACCEPTED,
    'ann@example.org',
    () => `From: ${many(20_000, (number) => `a${number}@example.org, `)}x@example.org\r\n\r\na`,
  ],
  [
    'an author of 30,000 letters',
    ACCEPTED,
    'ann@example.org',
    () =>
      `From: a@${many(10_000, (number) => Buffer.from(String.fromCodePoint(0x4e00 + number)).toString('latin1'))}.test\r\n\r\na`,
  ],
  [
    '20,000 addressees',
    ACCEPTED,
    'ann@example.org',
    () => `To: ${many(20_000, (number) => `a${number}@b.test, `)}x@b.test\r\n${author}\r\na`,
  ],
  [
    'a subject of 40,000 encoded words',
    ACCEPTED,
    'ann@example.org',
    () => `Subject: ${'=?iso-2022-jp?b?GyRC?= '.repeat(20_000)}\r\n${author}\r\na`,
  ],
  [
    '10 MB, signed as it is',
    ACCEPTED,
    'ann@example.org',
    async () => signed('Hello. \r\n'.repeat(1_000_000), { canonicalization: 'simple/simple' }),
  ],
  ['10 MB of spaces, signed', ACCEPTED, 'ann@example.org', async () => signed(`${' '.repeat(9_999_000)}x`)],
  [
    '10 MB of empty lines, signed',
    ACCEPTED,
    'ann@example.org',
    async () => signed(`${'\r\n'.repeat(4_999_000)}x`),
  ],
  [
    '10 MB, to be read in 20 ways',
    ACCEPTED,
    'ann@example.org',
    () =>
      `${many(20, (number) => junk(number, `l=${number}; `))}${author}\r\n${'Hello. \r\n'.repeat(1_000_000)}`,
  ],
  [
    'a key of 8,192 bits',
    ACCEPTED,
    'ann@example.org',
    async () =>
      signed('a', {
        selector: 'huge',
        privateKey: huge.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      }),
  ],
  [
    '20 MB that nobody looks at',
    ACCEPTED,
    'ann@example.org',
    () => `${folded(9_999)}${author}\r\n${'Hello. \r\n'.repeat(2_000_000)}`,
  ],
  [
    'a bounce with a part of spaces',
    ACCEPTED,
    '',
    () => text(' '.repeat(120_000), 'Content-Transfer-Encoding: quoted-printable\r\n'),
  ],
  ['a bounce of one long word', ACCEPTED, '', () => text('a'.repeat(120_000))],
  [
    'a bounce for nobody',
    ACCEPTED,
    '',
    () => report(`Final-Recipient: rfc822; ${'a'.repeat(120_000)}\r\nAction: failed`),
  ],
  [
    'a bounce for thousands',
    ACCEPTED,
    '',
    () =>
      report(many(2_500, (number) => `Final-Recipient: rfc822; a${number}@b.test\r\nAction: failed\r\n\r\n`)),
  ],
  ['a bounce of tags', ACCEPTED, '', () => text('<a '.repeat(40_000), 'Content-Type: text/html\r\n')],
  [
    'a bounce of warnings',
    ACCEPTED,
    '',
    () => `From: a@example.org\r\nSubject: ${'warning '.repeat(15_000)}\r\n\r\na`,
  ],
  ['a bounce of deliveries', ACCEPTED, '', () => text('delivery'.repeat(15_000))],
  ['a bounce of paragraphs', ACCEPTED, '', () => text(many(6_000, (number) => `From: ${number}\r\n\r\n`))],
  [
    'a bounce of parts',
    ACCEPTED,
    '',
    () => text('--b\r\n\r\n'.repeat(15_000), 'Content-Type: multipart/mixed; boundary=b\r\n'),
  ],
  [
    'a bounce of parts in parts',
    ACCEPTED,
    '',
    () => `From: mailer-daemon@example.org\r\n${nested(2_000)}\r\na`,
  ],
  [
    'a bounce with a boundary of 60 KB',
    ACCEPTED,
    '',
    () =>
      text(
        `--${'a'.repeat(60_000)}\r\n`,
        `Content-Type: multipart/mixed; boundary="b${'a'.repeat(50_000)}"\r\n`,
      ),
  ],
  [
    'a bounce of parameters',
    ACCEPTED,
    '',
    () => text('a', `Content-Type: text/plain${many(8_000, (number) => `; p${number}="a\\"b"`)}\r\n`),
  ],
  [
    'a bounce of encoded words in unknown charsets',
    ACCEPTED,
    '',
    () => `From: ${many(9_000, (number) => `=?c${number}?q?a?= `)}\r\nSubject: a\r\n\r\na`,
  ],
])('%s', async (what, expected, from, make) => {
  const content = await make();
  const asked = names.asked.length;
  await watched.loop();
  expect(await send(content, from)).toMatch(expected);
  const loop = await watched.loop();
  process.stdout.write(`${what}: ${inWords(loop)}, ${names.asked.length - asked} questions\n`);
  expect(loop.own).toBeLessThan(longestStall());
  expect(names.asked.length - asked).toBeLessThan(100);
  // Whoever comes next is served, and checked.
  expect(await send(`${author}\r\nHonest.`, 'ann@example.org')).toMatch(ACCEPTED);
});

it('what was taken is delivered, and nothing is wrong with the filters', async () => {
  await until('the mail does not arrive', () =>
    watched.sink.arrivals.some(({ content }) => content.includes('Honest.')),
  );
  const honest = watched.sink.arrivals.filter(({ content }) => content.includes('\r\n\r\nHonest.'));
  const checked = honest.filter(({ content }) => content.includes('\tdmarc=pass '));
  expect(checked.length).toBe(honest.length);
  const { client, close } = await watched.service.client();
  try {
    for await (const { filterTroubles } of await client.live.overview()) {
      expect(filterTroubles).toEqual([]);
      break;
    }
  } finally {
    close();
  }
});
