// The protocol at the door, extension by extension: what is offered, what is said, and what reaches the office and the log.
import { writeFileSync } from 'node:fs';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../shared/contract/index.ts';
import { selfSigned } from '../lab/certificates.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

const folder = scratch('protocol');
const tls = selfSigned(folder.path, 'relay');
let sink: Sink;
/** Its connections come from 127.0.0.1. */
let service: Service;
/** A service behind a proxy: 127.0.0.9 must send a PROXY header. */
let api: { client: Client; close: () => void };
let heard: string[] = [];

beforeAll(async () => {
  sink = await new Sink({ temper: { heard: (line) => heard.push(line) } }).start();
  service = await Service.start({
    settings: {
      smtp: {
        hostname: 'relay.example',
        tlsCertificate: tls.certificate,
        tlsKey: tls.key,
        proxies: ['127.0.0.9'],
        maxConnectionsPerClient: 3,
        maxErrors: 6,
        maxReceived: 5,
      },
      delivery: { retrySeconds: [1] },
    },
  });
  await service.addDomain('example.com', sink.route);
  await service.addDomain('bücher.example', sink.route);
  api = await service.client();
});
afterAll(async () => {
  api.close();
  await service[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeEach(() => {
  sink.arrivals.splice(0);
  heard = [];
});

const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** The TLS side of a connection that has just been answered 220 to STARTTLS. */
async function secured(
  client: RawClient,
  options: object = {},
): Promise<{ client: RawClient; socket: TLSSocket }> {
  client.socket.removeAllListeners('data');
  const socket = connectTls({ socket: client.socket, rejectUnauthorized: false, ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return { client: new RawClient(socket), socket };
}

async function startTls(): Promise<{ client: RawClient; socket: TLSSocket }> {
  const plain = await RawClient.greet(service.smtpPort);
  await plain.command('STARTTLS', 220);
  return secured(plain);
}

async function deliver(client: RawClient, content: string): Promise<string> {
  await client.openData('anna@example.net', 'office@example.com');
  client.send(`${content}.\r\n`);
  await client.expect(250);
  return until('it does not arrive', () => sink.arrivals.at(-1)?.content.toString('latin1') ?? null);
}

describe('every command has its reply (RFC 5321 §4.2, RFC 2034)', () => {
  it.each([
    ['NOOP', /^250 2\.0\.0 /],
    ['NOOP whatever', /^250 2\.0\.0 /],
    ['noop', /^250 2\.0\.0 /],
    ['NOOP   ', /^250 2\.0\.0 /],
    ['RSET', /^250 2\.0\.0 OK$/],
    ['RSET now', /^501 5\.5\.4 /],
    [
      'VRFY office@example.com',
      /^252 2\.5\.2 Cannot VRFY user, but will accept message and attempt delivery$/,
    ],
    ['VRFY', /^501 5\.5\.4 /],
    ['EXPN staff', /^502 5\.5\.1 /],
    ['TURN', /^502 5\.5\.1 /],
    ['ETRN example.com', /^502 5\.5\.1 /],
    ['BDAT 10 LAST', /^502 5\.5\.1 /],
    ['AUTH PLAIN', /^502 5\.5\.1 /],
    ['HELP', /^214 2\.0\.0 /],
    ['WIZ', /^500 5\.5\.2 /],
    ['', /^500 5\.5\.2 /],
    ['MAIL', /^501 5\.5\.4 /],
    ['MAIL FROM', /^501 5\.5\.4 /],
    ['MAIL FROM:anna@example.net', /^501 5\.1\.7 /],
    ['MAIL FROM:<anna@@example.net>', /^501 5\.1\.7 /],
    ['MAIL FROM:<anna>', /^501 5\.1\.7 /],
    ['MAIL FROM:<anna@example.net>x', /^501 5\.1\.7 /],
    ['MAIL FROM:<anna@example.net> SIZE=abc', /^501 5\.5\.4 /],
    ['MAIL FROM:<anna@example.net> SIZE=1 SIZE=1', /^501 5\.5\.4 /],
    ['MAIL FROM:<anna@example.net> BODY=BINARYMIME', /^501 5\.5\.4 /],
    ['MAIL FROM:<anna@example.net> SMTPUTF8=1', /^501 5\.5\.4 /],
    ['MAIL FROM:<anna@example.net> AUTH=<>', /^555 5\.5\.4 /],
    ['MAIL FROM:<anna@example.net> =1', /^501 5\.5\.4 /],
    [utf8('MAIL FROM:<änne@example.net>'), /^553 5\.6\.7 /],
    ['MAIL FROM:<\xff@example.net> SMTPUTF8', /^500 5\.5\.2 /],
    ['MAIL FROM:<anna\x01@example.net>', /^500 5\.5\.2 /],
    ['RCPT TO:<office@example.com>', /^503 5\.5\.1 /],
    ['DATA', /^503 5\.5\.1 /],
    ['STARTTLS now', /^501 5\.5\.4 /],
    ['HELO', /^501 Syntax/],
    ['EHLO', /^501 Syntax/],
    ['HELO client.example', /^250 relay\.example /],
    [`NOOP ${'x'.repeat(1100)}`, /^500 5\.5\.2 Line too long/],
    ['MAIL FROM: <anna@example.net>', /^250 2\.1\.0 /],
    ['MAIL FROM:<@a.example,@b.example:anna@example.net>', /^250 2\.1\.0 /],
    ['QUIT', /^221 2\.0\.0 /],
  ])('%j', async (line, expected) => {
    await using client = await RawClient.greet(service.smtpPort);
    expect((await client.command(line)).text).toMatch(expected);
  });

  it.each([
    ['RCPT TO:<postmaster>', /^250 2\.1\.5 /],
    ['RCPT TO:<PostMaster>', /^250 2\.1\.5 /],
    ['RCPT TO:<postmaster@example.com>', /^250 2\.1\.5 /],
    ['RCPT TO:<"a b"@example.com>', /^250 2\.1\.5 /],
    ['RCPT TO:<"a@b"@example.com>', /^250 2\.1\.5 /],
    ['RCPT TO:<@elsewhere.example:office@example.com>', /^250 2\.1\.5 /],
    ['RCPT TO:<office@[127.0.0.1]>', /^550 5\.7\.1 /],
    ['RCPT TO:<>', /^501 5\.1\.3 /],
    ['RCPT TO:<office>', /^501 5\.1\.3 /],
    ['RCPT TO:<office(front)@example.com>', /^501 5\.1\.3 /],
    ['RCPT TO:<office@example.com> NOTIFY=NEVER', /^555 5\.5\.4 /],
    [utf8('RCPT TO:<büro@example.com>'), /^553 5\.6\.7 /],
    ['MAIL FROM:<again@example.net>', /^503 5\.5\.1 /],
    ['DATA', /^554 5\.5\.1 /],
  ])('after MAIL: %j', async (line, expected) => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('MAIL FROM:<anna@example.net>', 250);
    expect((await client.command(line)).text).toMatch(expected);
  });

  it('takes mail for the postmaster of the address it came to, in clear and over TLS', async () => {
    await using plain = await RawClient.greet(service.smtpPort);
    const { client: secure } = await startTls();
    await secure.command('EHLO client.example', 250);
    for (const client of [plain, secure]) {
      await client.command('MAIL FROM:<anna@example.net>', 250);
      await client.command('RCPT TO:<postmaster@[192.0.2.1]>', 550);
      await client.command('RCPT TO:<postmaster@[127.0.0.1]>', 250);
    }
    await secure[Symbol.asyncDispose]();
  });

  it('asks for EHLO first, and keeps the session after a line without CR', async () => {
    await using client = await RawClient.open(service.smtpPort);
    await client.expect(220);
    expect((await client.command('MAIL FROM:<anna@example.net>')).text).toMatch(/^503 5\.5\.1 /);
    client.send('NOOP\n');
    expect((await client.reply()).text).toMatch(/^500 5\.5\.2 /);
    await client.command('EHLO client.example', 250);
  });

  it('ends a session of errors: 421 4.7.0', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    client.send('WHAT\r\n'.repeat(10));
    for (let count = 1; count < 6; count++) await client.expect(500);
    expect((await client.reply()).text).toMatch(/^421 4\.7\.0 /);
    await client.ended;
  });

  it('turns early talkers away, for good', async () => {
    // A stranger waits for the greeting; this machine is known once it has sent mail, so another address speaks.
    await using client = await RawClient.open(service.smtpPort, '127.0.0.1', '127.0.0.77');
    client.send('EHLO client.example\r\n');
    expect((await client.expect(554)).text).toContain('Protocol error: command sent before greeting');
    await client.ended;
    await until('it is not counted', () => overview().then(({ listener }) => listener.door.earlyTalkers > 0));
  });
});

async function overview() {
  for await (const one of await api.client.live.overview()) return one;
  throw new Error('no overview came');
}

describe('STARTTLS (RFC 3207)', () => {
  it('is offered, works, and is not offered again', async () => {
    const plain = await RawClient.open(service.smtpPort);
    await plain.expect(220);
    expect((await plain.command('EHLO client.example', 250)).lines).toContain('STARTTLS');
    await plain.command('STARTTLS', 220);
    const { client, socket } = await secured(plain);
    expect(socket.getPeerCertificate().subject.CN).toBe('relay.example');
    // What was said in clear is forgotten.
    await client.command('MAIL FROM:<anna@example.net>', 503);
    expect((await client.command('EHLO client.example', 250)).lines).not.toContain('STARTTLS');
    expect((await client.command('STARTTLS')).text).toMatch(/^503 5\.5\.1 /);
    const content = await deliver(client, 'Subject: secret\r\n\r\nx\r\n');
    expect(content).toMatch(
      /^Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n\t\(using TLSv1\.[23] with cipher TLS_\w+\)\r\n\tby relay\.example \(Mailward\) with ESMTPS id /,
    );
    await client[Symbol.asyncDispose]();
  });

  it('forgets the transaction that was begun in clear, and what came behind STARTTLS', async () => {
    const plain = await RawClient.greet(service.smtpPort);
    await plain.command('MAIL FROM:<eve@example.net>', 250);
    plain.send(
      'STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<eve@example.net>\r\nRCPT TO:<office@example.com>\r\n',
    );
    await plain.expect(220);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const outcome = await secured(plain).catch(() => null);
    // Either the handshake failed over the octets in clear, or they are gone: never do they run inside TLS.
    if (outcome === null) return;
    expect((await outcome.client.command('RCPT TO:<office@example.com>')).text).toMatch(/^503 /);
    expect((await outcome.client.command('EHLO client.example')).lines[0]).toBe('relay.example greets you');
    await outcome.client[Symbol.asyncDispose]();
  });

  it('does not speak TLS 1.1', async () => {
    const plain = await RawClient.greet(service.smtpPort);
    await plain.command('STARTTLS', 220);
    await expect(
      secured(plain, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow();
  });

  it('uses a new certificate without a restart, and keeps the old one when the new one is broken', async () => {
    const next = selfSigned(folder.path, 'next');
    const { copyFileSync } = await import('node:fs');
    copyFileSync(next.key, tls.key);
    copyFileSync(next.certificate, tls.certificate);
    const name = async () => {
      const { client, socket } = await startTls();
      const { CN } = socket.getPeerCertificate().subject;
      await client[Symbol.asyncDispose]();
      return CN;
    };
    await until('the new certificate is not used', async () => (await name()) === 'next.example');
    writeFileSync(tls.certificate, 'broken');
    const seen = await until('nothing is shown', async () => {
      const { listener, sentence, state } = await overview();
      return listener.problem === null ? null : { problem: listener.problem, sentence, state };
    });
    expect(seen.problem).toMatch(/cannot be used .* the one before stays in use/);
    expect(seen.state).toBe('attention');
    expect(seen.sentence).toMatch(/certificate/);
    expect(await name()).toBe('next.example');
    selfSigned(folder.path, 'relay');
    await until('it is not mended', async () => (await overview()).listener.problem === null);
  });
});

it('without a certificate STARTTLS is neither offered nor done: 502', async () => {
  await using other = await Service.start();
  await using client = await RawClient.open(other.smtpPort);
  await client.expect(220);
  expect((await client.command('EHLO client.example', 250)).lines).not.toContain('STARTTLS');
  expect((await client.command('STARTTLS')).text).toMatch(/^502 5\.5\.1 /);
});

describe('the PROXY protocol', () => {
  const open = () => RawClient.open(service.smtpPort, '127.0.0.1', '127.0.0.9');
  const v2 = Buffer.from(
    '0d0a0d0a000d0a515549540a2121002420010db8000000000000000000000001' +
      '20010db80000000000000000000000023039' +
      '0019',
    'hex',
  );

  it.each<[string, string | Buffer, string]>([
    ['version 1', 'PROXY TCP4 192.0.2.5 127.0.0.1 4711 25\r\n', '[192.0.2.5]'],
    ['version 2 over IPv6', v2, '[IPv6:2001:db8::1]'],
    ['UNKNOWN', 'PROXY UNKNOWN\r\n', '[127.0.0.9]'],
  ])('%s: the client is the one that the proxy names', async (_, header, literal) => {
    await using client = await open();
    client.send(header);
    await client.expect(220);
    await client.command('EHLO client.example', 250);
    expect(await deliver(client, 'Subject: x\r\n\r\nx\r\n')).toContain(
      `Received: from client.example (${literal})`,
    );
  });

  it('a listed proxy must send it', async () => {
    await using client = await open();
    client.send('EHLO client.example\r\n');
    await client.ended;
    expect(client.transcript.filter((line) => line.startsWith('<'))).toEqual([]);
  });

  it('nobody else may', async () => {
    await using client = await RawClient.open(service.smtpPort, '127.0.0.1', '127.0.0.78');
    client.send('PROXY TCP4 192.0.2.5 127.0.0.1 4711 25\r\n');
    await client.expect(554);
  });

  it('limits the connections of one client, not those of others', async () => {
    const from = async (address: string) => {
      const client = await open();
      client.send(`PROXY TCP4 ${address} 127.0.0.1 4711 25\r\n`);
      return { client, code: (await client.reply()).code };
    };
    const clients = [];
    for (let count = 0; count < 3; count++) clients.push(await from('192.0.2.66'));
    expect(clients.map(({ code }) => code)).toEqual([220, 220, 220]);
    clients.push(await from('192.0.2.66'), await from('192.0.2.67'));
    expect(clients.slice(3).map(({ code }) => code)).toEqual([421, 220]);
    for (const { client } of clients) await client[Symbol.asyncDispose]();
    const again = await until('the place is not free again', async () => {
      const next = await from('192.0.2.66');
      await next.client[Symbol.asyncDispose]();
      return next.code === 220;
    });
    expect(again).toBe(true);
  });
});

describe('mail beyond ASCII (RFC 6531)', () => {
  const mail = 'MAIL FROM:<änne@bücher.example> SMTPUTF8 BODY=8BITMIME';

  it('goes through when it is asked for, domains as A-labels', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.command(utf8(mail), 250);
    await client.command(utf8('RCPT TO:<büro@bücher.example>'), 250);
    await client.command('DATA', 354);
    client.send(utf8('Subject: Grüße\r\n\r\nx\r\n.\r\n'));
    await client.expect(250);
    await until('it does not arrive', () => sink.arrivals.length === 1);
    expect(sink.arrivals[0]?.sender).toBe(utf8('änne@xn--bcher-kva.example'));
    expect(sink.arrivals[0]?.recipients).toEqual([utf8('büro@xn--bcher-kva.example')]);
    expect(sink.arrivals[0]?.content.toString('latin1')).toContain(' with UTF8SMTP id ');
    // The first MAIL may be a question about the recipient, from nobody.
    expect(heard.findLast((line) => line.startsWith('MAIL'))).toMatch(/ SMTPUTF8\b/);
  });

  it('is declared to the office’s server when only the header needs it, once', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    for (const subject of ['Grüße', 'Greetings']) {
      await client.command('MAIL FROM:<anna@example.net> SMTPUTF8', 250);
      await client.command('RCPT TO:<office@example.com>', 250);
      await client.command('DATA', 354);
      client.send(utf8(`Subject: ${subject}\r\n\r\nx\r\n.\r\n`));
      await client.expect(250);
    }
    await until('they do not arrive', () => sink.arrivals.length === 2);
    const lines = heard.filter((line) => line.startsWith('MAIL'));
    expect(lines.filter((line) => / SMTPUTF8\b/.test(line))).toHaveLength(1);
  });

  it('is refused for good, 550 5.6.7, for a server that does not take it; the rest of the message is not', async () => {
    sink.temper = { ...sink.temper, without: ['SMTPUTF8'] };
    // A kept connection has heard the old EHLO answer.
    await sink.stop();
    await sink.start();
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('MAIL FROM:<anna@example.net> SMTPUTF8', 250);
    await client.command('RCPT TO:<office@example.com>', 250);
    await client.command(utf8('RCPT TO:<büro@example.com>'), 250);
    await client.command('DATA', 354);
    client.send('Subject: plain\r\n\r\nx\r\n.\r\n');
    const id = /id (\w+)/.exec((await client.expect(250)).text)?.[1] ?? '';
    const detail = await until('it is not settled', async () => {
      const one = await api.client.messages.get({ id });
      return one.allRecipients.every(({ state }) => state !== 'queued') ? one : null;
    });
    expect(sink.arrivals.at(-1)?.recipients).toEqual(['office@example.com']);
    expect(detail.allRecipients.map(({ address, state }) => [address, state])).toEqual([
      ['office@example.com', 'delivered'],
      ['büro@example.com', 'refused'],
    ]);
    expect(detail.allRecipients[1]?.lastReply).toMatchObject({ code: 550, enhanced: '5.6.7' });
    sink.temper = { ...sink.temper, without: [] };
    await sink.stop();
    await sink.start();
  });
});

describe('loops (RFC 5321 §6.3)', () => {
  it.each([
    ['too many relays', 'Received: from a by b; now\r\n'.repeat(6)],
    [
      'our own trace, twice',
      'Received: from a by relay.example (Mailward) with ESMTP id 1; now\r\n'.repeat(2),
    ],
  ])('%s: 554 5.4.6', async (_, received) => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send(`${received}Subject: loop\r\n\r\nx\r\n.\r\n`);
    expect((await client.reply()).text).toMatch(/^554 5\.4\.6 /);
    await deliver(
      client,
      'Received: from a by relay.example (Mailward) with ESMTP id 1; now\r\nSubject: fine\r\n\r\nx\r\n',
    );
    expect(sink.arrivals).toHaveLength(1);
  });
});

describe('the message log has every refusal', () => {
  it.each(['RSET', 'EHLO client.example', 'QUIT', 'a message'])(
    'also when %s ends the transaction',
    async (end) => {
      const victim = `victim-${end.replace(/\W/g, '')}@elsewhere.example`;
      await using client = await RawClient.greet(service.smtpPort);
      await client.command('MAIL FROM:<spammer@example.net>', 250);
      await client.command(`RCPT TO:<${victim}>`, 550);
      if (end === 'a message') {
        await client.command('RCPT TO:<office@example.com>', 250);
        await client.command('DATA', 354);
        client.send('bare\nline\r\n.\r\n');
        await client.expect(550);
      } else await client.command(end);
      const rows = await until('it is not in the log', async () => {
        const { rows: found } = await api.client.messages.list({ text: victim, limit: 10 });
        return found.length > 0 ? found : null;
      });
      await client[Symbol.asyncDispose]();
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ state: 'rejected', sender: 'spammer@example.net' });
      expect((await api.client.messages.list({ text: victim, limit: 10 })).rows).toHaveLength(1);
    },
  );

  it('but a connection that says nothing is counted only', async () => {
    const before = await overview();
    for (let count = 0; count < 5; count++) {
      const client = await RawClient.open(service.smtpPort);
      await client.expect(220);
      client.reset();
      await client.ended;
    }
    await until(
      'they are not counted',
      async () => (await overview()).listener.door.silent >= before.listener.door.silent + 5,
    );
  });
});
