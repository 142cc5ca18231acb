// The tricks by which relays are talked into sending mail to the world: none of them works.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

let sink: Sink;
let service: Service;

beforeAll(async () => {
  sink = await new Sink().start();
  service = await Service.start({ settings: { smtp: { hostname: 'relay.example', maxErrors: 1000 } } });
  await service.addDomain('example.com', sink.route);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

const denied = /^550 5\.7\.1 .*relay access denied/;
const syntax = /^(501 5\.1\.3|500 5\.5\.2|501 5\.5\.4|555 5\.5\.4|553 5\.6\.7) /;

const tricks: [string, string, RegExp][] = [
  ['a plain stranger', 'RCPT TO:<victim@elsewhere.example>', denied],
  ['the percent hack', 'RCPT TO:<victim%elsewhere.example@example.com>', denied],
  ['the percent hack, twice', 'RCPT TO:<a%b%elsewhere.example@example.com>', denied],
  ['the percent hack to a literal', 'RCPT TO:<victim%[192.0.2.1]@example.com>', syntax],
  ['the percent hack in quotes', 'RCPT TO:<"victim%elsewhere.example"@example.com>', denied],
  ['the percent hack at our own address', 'RCPT TO:<victim%elsewhere.example@[127.0.0.1]>', denied],
  ['a quoted at-sign', 'RCPT TO:<"victim@elsewhere.example"@example.com>', denied],
  ['an escaped at-sign', 'RCPT TO:<"victim\\@elsewhere.example"@example.com>', denied],
  ['a bare quoted address', 'RCPT TO:<"victim@elsewhere.example">', syntax],
  ['a quoted address and our literal', 'RCPT TO:<"victim@elsewhere.example"@[127.0.0.1]>', denied],
  ['a bang path', 'RCPT TO:<elsewhere.example!victim@example.com>', denied],
  ['a long bang path', 'RCPT TO:<a!b!elsewhere.example!victim@example.com>', denied],
  ['a bang path without @', 'RCPT TO:<elsewhere.example!victim>', syntax],
  ['a source route through us', 'RCPT TO:<@example.com:victim@elsewhere.example>', denied],
  ['a source route through our address', 'RCPT TO:<@[127.0.0.1]:victim@elsewhere.example>', denied],
  ['a route of two', 'RCPT TO:<@example.com,@relay.example:victim@elsewhere.example>', denied],
  ['a route with a percent', 'RCPT TO:<@example.com:victim%elsewhere.example@example.com>', denied],
  ['a broken route', 'RCPT TO:<@example.com victim@elsewhere.example>', syntax],
  ['two at-signs', 'RCPT TO:<victim@elsewhere.example@example.com>', syntax],
  ['two at-signs the other way', 'RCPT TO:<victim@example.com@elsewhere.example>', syntax],
  ['an IPv4 literal', 'RCPT TO:<victim@[192.0.2.1]>', denied],
  ['an IPv6 literal', 'RCPT TO:<victim@[IPv6:2001:db8::1]>', denied],
  ['our own address', 'RCPT TO:<victim@[127.0.0.1]>', denied],
  ['an address without brackets', 'RCPT TO:<victim@192.0.2.1>', denied],
  ['our own host name', 'RCPT TO:<victim@relay.example>', denied],
  ['localhost', 'RCPT TO:<victim@localhost>', denied],
  ['a subdomain', 'RCPT TO:<victim@sub.example.com>', denied],
  ['a parent', 'RCPT TO:<victim@com>', denied],
  ['a domain that ends like ours', 'RCPT TO:<victim@notexample.com>', denied],
  ['a domain that begins like ours', 'RCPT TO:<victim@example.com.elsewhere.example>', denied],
  ['a trailing dot', 'RCPT TO:<victim@elsewhere.example.>', syntax],
  ['a trailing dot on ours', 'RCPT TO:<victim@example.com.>', syntax],
  ['mixed case', 'RCPT TO:<VICTIM@ElseWhere.EXAMPLE>', denied],
  ['no brackets', 'RCPT TO:victim@elsewhere.example', syntax],
  ['double brackets', 'RCPT TO:<<victim@elsewhere.example>>', syntax],
  ['a bracket missing', 'RCPT TO:<victim@elsewhere.example', syntax],
  ['something behind the bracket', 'RCPT TO:<office@example.com>x', syntax],
  ['another address behind it', 'RCPT TO:<office@example.com><victim@elsewhere.example>', syntax],
  ['two addresses', 'RCPT TO:<office@example.com,victim@elsewhere.example>', syntax],
  ['a space inside', 'RCPT TO:<victim@elsewhere.example @example.com>', syntax],
  ['a space before', 'RCPT TO: <victim@elsewhere.example>', denied],
  ['a tab before', 'RCPT TO:\t<victim@elsewhere.example>', syntax],
  ['a tab inside', 'RCPT TO:<victim@elsewhere.example\t@example.com>', syntax],
  ['a comment', 'RCPT TO:<victim@elsewhere.example(@example.com)>', syntax],
  ['a comment before @', 'RCPT TO:<victim(x)@example.com>', syntax],
  ['a NUL', 'RCPT TO:<victim@elsewhere.example\0@example.com>', syntax],
  ['a bare CR', 'RCPT TO:<victim@elsewhere.example\r@example.com>', syntax],
  ['a full-width dot', utf8('RCPT TO:<victim@elsewhere．example>'), syntax],
  ['an ideographic dot', utf8('RCPT TO:<victim@example。com>'), syntax],
  ['a look-alike of ours', utf8('RCPT TO:<victim@ехаmple.com>'), syntax],
  ['bytes that are no UTF-8', 'RCPT TO:<victim@\xc0\xae.example.com>', syntax],
  ['postmaster elsewhere', 'RCPT TO:<postmaster@elsewhere.example>', denied],
  ['postmaster with a way on', 'RCPT TO:<postmaster%elsewhere.example>', syntax],
  ['an unknown parameter', 'RCPT TO:<office@example.com> ORCPT=rfc822;victim@elsewhere.example', syntax],
  ['a very long local part', `RCPT TO:<${'a'.repeat(256)}@example.com>`, syntax],
  ['a very long domain', `RCPT TO:<victim@${'a.'.repeat(300)}example.com>`, syntax],
  ['a line far too long', `RCPT TO:<${'a'.repeat(2000)}@example.com>`, /^500 5\.5\.2 /],
  ['nothing', 'RCPT TO:<>', syntax],
  ['nothing before @', 'RCPT TO:<@elsewhere.example>', syntax],
  ['a pipe', 'RCPT TO:<|/bin/sh@elsewhere.example>', denied],
];

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Whoever they say they are, it does not help. */
const senders = [
  'anna@example.net',
  '',
  'office@example.com',
  'postmaster@relay.example',
  'root@[127.0.0.1]',
  'victim@elsewhere.example',
];

describe.each(senders.map((sender) => ({ sender })))('from <$sender>', ({ sender }) => {
  it(`${tricks.length} tricks are refused`, async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.command(`MAIL FROM:<${sender}>`, 250);
    for (const [name, line, expected] of tricks) {
      expect((await client.command(line)).text, name).toMatch(expected);
    }
    expect((await client.command('DATA')).text).toMatch(/^554 5\.5\.1 /);
  });
});

it('look-alikes are refused also when SMTPUTF8 is asked for', async () => {
  await using client = await RawClient.greet(service.smtpPort);
  await client.command('MAIL FROM:<anna@example.net> SMTPUTF8', 250);
  for (const domain of [
    'ехаmple.com',
    'elsewhere．example',
    'example。com',
    'ｅxample.com',
    'exam\u200bple.com',
    'example\u2024com',
  ]) {
    const { code, text } = await client.command(utf8(`RCPT TO:<victim@${domain}>`));
    expect(code, text).toBeGreaterThanOrEqual(500);
  }
});

it('and after all that, what reaches the office is its own mail alone', async () => {
  await using client = await RawClient.greet(service.smtpPort);
  await client.openData(
    'anna@example.net',
    'Office@Example.COM',
    '"a b"@example.com',
    '"office"@example.com',
  );
  client.send('Subject: fine\r\n\r\nx\r\n.\r\n');
  await client.expect(250);
  await until('it does not arrive', () => sink.arrivals.length > 0);
  expect(sink.arrivals.map(({ recipients }) => recipients)).toEqual([
    ['Office@example.com', '"a b"@example.com', 'office@example.com'],
  ]);
});
