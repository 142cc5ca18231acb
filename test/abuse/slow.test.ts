// Slow clients by the thousand: they sit there, an octet now and then, and keep nobody out.
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { until } from '../lab/wait.ts';
import { inWords, longestStall, Watched } from './watched-service.ts';

const dribblers: Socket[] = [];
let dribble: NodeJS.Timeout | null = null;

afterEach(() => {
  if (dribble) clearInterval(dribble);
  dribble = null;
  for (const socket of dribblers.splice(0)) socket.destroy();
});

/** `count` connections from many addresses, each sending `text` an octet at a time and never the end of it. */
async function dribbling(port: number, count: number, text: string): Promise<void> {
  for (let started = 0; started < count; started += 100) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const number = started + index;
        const socket = connect({
          port,
          host: '127.0.0.1',
          localAddress: `127.1.${number % 200}.${1 + (number % 250)}`,
        });
        socket.on('error', () => socket.destroy());
        // The greeting is read and thrown away; so is whatever else is said.
        socket.resume();
        dribblers.push(socket);
        await new Promise((resolve) => {
          socket.once('data', resolve);
          socket.once('close', resolve);
        });
      }),
    );
  }
  let at = 0;
  dribble = setInterval(() => {
    const octet = text[Math.min(at, text.length - 1)] ?? 'x';
    at++;
    for (const socket of dribblers) if (!socket.destroyed) socket.write(octet);
  }, 500);
}

/** A client that does as it should; when told to come later it comes later. */
async function sendPatiently(port: number, subject: string): Promise<void> {
  await until(
    `${subject} is not let in`,
    async () => {
      await using client = await RawClient.open(port);
      const { code } = await client.reply();
      if (code === 421) return false;
      await client.command('EHLO client.example', 250);
      await client.openData('anna@example.net', 'office@example.com');
      client.send(`Subject: ${subject}\r\n\r\nhonest\r\n.\r\n`);
      await client.expect(250);
      return true;
    },
    { every: 250 },
  );
}

describe('with room for all of them', () => {
  it.each([
    ['in the middle of a command', 'EHLO slow.example.'],
    [
      'in the middle of a message',
      'EHLO s\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<o@example.com>\r\nDATA\r\nSubject: x\r\n\r\n',
    ],
  ])('1,500 of them %s cost little, and a normal client gets through', async (_, text) => {
    await using watched = await Watched.start({ maxConnections: 3000 });
    const before = await watched.loop();
    // What comes at once in the second case is the way into the message; the dribbling begins there.
    const lines = text.split('\r\n');
    const head = text.slice(0, text.length - (lines.at(-1) ?? '').length);
    await dribbling(watched.port, 1500, 'x');
    if (head !== '') for (const socket of dribblers) socket.write(head);
    for (let number = 1; number <= 20; number++) await sendPatiently(watched.port, `normal ${number}`);
    await until('the mail does not arrive', () => watched.sink.arrivals.length === 20);
    expect(await watched.openConnections()).toBeGreaterThanOrEqual(1500);
    const after = await watched.loop();
    process.stdout.write(`1,500 slow clients: ${inWords(after)}, ${inWords(before)} before\n`);
    expect(after.own).toBeLessThan(longestStall());
    // 64 KiB a connection is what the operating system and Node need; a buffer of ours for each would show.
    expect(after.rss - before.rss).toBeLessThan(1500 * 64 * 1024);
  });
});

it('when they fill every place, those that stand still make room', async () => {
  await using watched = await Watched.start({ maxConnections: 200 });
  await dribbling(watched.port, 400, 'x');
  for (let number = 1; number <= 5; number++) await sendPatiently(watched.port, `normal ${number}`);
  await until('the mail does not arrive', () => watched.sink.arrivals.length === 5);
  expect(await watched.openConnections()).toBeLessThanOrEqual(200);
});

describe('dribbling does not buy time', () => {
  it.each([
    ['a command', ''],
    ['a message', 'EHLO s\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<o@example.com>\r\nDATA\r\n'],
  ])('%s that comes octet by octet ends with 421 4.4.2', async (_, head) => {
    await using watched = await Watched.start({ idleSeconds: 2, minBytesPerSecond: 1000 });
    await using client = await RawClient.open(watched.port);
    await client.expect(220);
    client.send(head);
    const timer = setInterval(() => client.send('x'), 200);
    try {
      await client.ended;
    } finally {
      clearInterval(timer);
    }
    expect(client.transcript.at(-1) === undefined ? '' : client.transcript.join('\n')).toMatch(
      /< 421 4\.4\.2 /,
    );
    expect(watched.sink.arrivals).toEqual([]);
  });

  it('a message that comes at a fair rate may take as long as it takes', async () => {
    await using watched = await Watched.start({ idleSeconds: 2, minBytesPerSecond: 1000 });
    await using client = await RawClient.greet(watched.port);
    await client.openData('anna@example.net', 'office@example.com');
    for (let count = 0; count < 25; count++) {
      client.send(`${'y'.repeat(600)}\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    client.send('.\r\n');
    await client.expect(250);
  });

  it('a handshake that never ends, and a PROXY header that never comes, hold no place for ever', async () => {
    await using watched = await Watched.start({ idleSeconds: 2, proxies: ['127.0.0.9'] });
    await using client = await RawClient.open(watched.port, '127.0.0.1', '127.0.0.9');
    client.send('PROXY TCP4 ');
    await client.ended;
  });
});
