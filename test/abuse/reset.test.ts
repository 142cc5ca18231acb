// A TCP reset in every state of a session: nothing crashes, nothing is kept, nobody else notices.
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selfSigned } from '../lab/certificates.ts';
import { RawClient } from '../lab/client.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';
import { longestStall, Watched } from './watched-service.ts';

const folder = scratch('reset');
let watched: Watched;

beforeAll(async () => {
  const { certificate, key } = selfSigned(folder.path, 'relay');
  watched = await Watched.start({ tlsCertificate: certificate, tlsKey: key, proxies: ['127.0.0.9'] });
});
afterAll(async () => {
  await watched[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const envelope = 'EHLO c.example\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<office@example.com>\r\n';
/** What the client has sent when it resets, and how many replies it waits for first. */
const states: [string, string, number, string?][] = [
  ['before the greeting', '', 0],
  ['after the greeting', '', 1],
  ['in the middle of EHLO', 'EHLO cli', 1],
  ['after EHLO, its answer unread', 'EHLO c.example\r\n', 1],
  ['after EHLO', 'EHLO c.example\r\n', 2],
  ['after MAIL', 'EHLO c.example\r\nMAIL FROM:<a@example.net>\r\n', 3],
  ['after RCPT', envelope, 4],
  ['after a refused RCPT', `${envelope}RCPT TO:<x@elsewhere.example>\r\n`, 5],
  ['after DATA, its answer unread', `${envelope}DATA\r\n`, 4],
  ['after DATA', `${envelope}DATA\r\n`, 5],
  ['in the header', `${envelope}DATA\r\nSubject: cut o`, 5],
  ['in the body', `${envelope}DATA\r\nSubject: cut off\r\n\r\nhal`, 5],
  ['in a large body', `${envelope}DATA\r\nSubject: cut off\r\n\r\n${'large\r\n'.repeat(100_000)}`, 5],
  ['after the dot', `${envelope}DATA\r\nSubject: cut off\r\n\r\nx\r\n.`, 5],
  ['after the dot and CR', `${envelope}DATA\r\nSubject: cut off\r\n\r\nx\r\n.\r`, 5],
  ['in a refused message', `${envelope}DATA\r\nSubject: bare\nline\r\n`, 5],
  ['after STARTTLS', 'EHLO c.example\r\nSTARTTLS\r\n', 3],
  ['after STARTTLS with octets in clear', 'EHLO c.example\r\nSTARTTLS\r\nNOOP\r\n', 3],
  ['in the handshake', 'EHLO c.example\r\nSTARTTLS\r\n\x16\x03\x01\x02\x00\x01', 2],
  ['after QUIT', 'QUIT\r\n', 2],
  ['in an endless line', 'x'.repeat(200_000), 1],
  ['with a thousand commands on the way', 'NOOP\r\n'.repeat(1000), 1],
  ['in a PROXY header', 'PROXY TCP4 192.0', 0, '127.0.0.9'],
  ['after a PROXY header', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n', 0, '127.0.0.9'],
  ['after a broken PROXY header', 'GET / HTTP/1.1\r\n\r\n', 0, '127.0.0.9'],
];

async function resetAt(text: string, replies: number, from?: string): Promise<void> {
  const client = await RawClient.open(watched.port, '127.0.0.1', from);
  client.socket.on('error', () => undefined);
  // The greeting comes first: text that is sent before it would be an early talker's.
  if (replies > 0) await client.expect(220);
  if (text !== '') client.send(text);
  for (let count = 1; count < replies; count++) await client.reply();
  await new Promise((resolve) => setImmediate(resolve));
  client.reset();
  await client.ended;
}

it.each(states)('%s', async (_, text, replies, from) => {
  const before = watched.sink.taken;
  await Promise.all(Array.from({ length: 10 }, () => resetAt(text, replies, from)));
  await until('connections stay behind', async () => (await watched.openConnections()) === 0);
  await using client = await RawClient.greet(watched.port);
  await client.openData('anna@example.net', 'office@example.com');
  client.send('Subject: honest\r\n\r\nx\r\n.\r\n');
  await client.expect(250);
  await until('the honest message does not arrive', () => watched.sink.taken > before);
  expect(watched.sink.arrivals.filter(({ content }) => content.includes('cut off'))).toEqual([]);
});

it('inside TLS, at any moment', async () => {
  for (const text of [
    '',
    'EHLO c.example\r\n',
    `${envelope}DATA\r\n`,
    `${envelope}DATA\r\nSubject: cut off\r\n\r\nx`,
  ]) {
    const client = await RawClient.greet(watched.port);
    await client.command('STARTTLS', 220);
    client.socket.removeAllListeners('data');
    const socket = connectTls({ socket: client.socket, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    socket.write(text);
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.reset();
    await client.ended;
  }
  await until('connections stay behind', async () => (await watched.openConnections()) === 0);
});

it('a message whose client vanishes right after its end is stored whole or not at all', async () => {
  const message = (number: number) => `Subject: vanished ${number}\r\n\r\n${'line\r\n'.repeat(60_000)}`;
  await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const client = await RawClient.greet(watched.port);
      await client.openData('anna@example.net', 'office@example.com');
      client.send(`${message(number)}.\r\n`);
      // Somewhere between the end of data and the reply.
      await new Promise((resolve) => setTimeout(resolve, number * 3));
      client.reset();
      await client.ended;
    }),
  );
  await until('mail stays in the queue', async () => {
    const { domains } = await watched.service.overview();
    return domains.every(({ queued }) => queued.count === 0);
  });
  for (const { content } of watched.sink.arrivals) {
    const number = /Subject: vanished (\d+)/.exec(content.subarray(0, 2000).toString('latin1'))?.[1];
    if (number !== undefined) expect(content.toString('latin1').endsWith(message(Number(number)))).toBe(true);
  }
});

it('and the event loop never stood still', async () => {
  const { own } = await watched.loop();
  expect(own).toBeLessThan(longestStall());
});
