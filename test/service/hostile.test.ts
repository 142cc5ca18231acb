// Whatever a stranger sends to the user interface's port, before any login: the process lives, and nothing in it has failed.
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { seededRandom, type Random } from '../lab/random.ts';
import { ask, dial } from './service-under-test.ts';

let service: Service;
let port: number;
let pid: number;

beforeAll(async () => {
  service = await Service.start();
  port = Number(new URL(service.url).port);
  pid = service.pid;
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

/** The same process answers pages, calls and mail, and knows of no fault. */
afterEach(async () => {
  expect(service.isRunning, service.complaints).toBe(true);
  expect(service.pid).toBe(pid);
  expect(await ask(port, request('GET /health HTTP/1.1'))).toContain('{"ready":true}');
  await using smtp = await RawClient.greet(service.smtpPort);
  await smtp.command('QUIT', 221);
  const { client, close } = await service.client();
  for await (const { fault } of await client.live.overview()) {
    expect(fault).toBeNull();
    break;
  }
  close();
});

function request(line: string, ...headers: string[]): string {
  return [line, `Host: 127.0.0.1:${port}`, 'Connection: close', ...headers, '', ''].join('\r\n');
}

const wanted = ['Upgrade: websocket', 'Connection: Upgrade'];
const whole = [
  ...wanted,
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: mailward',
];

function upgrade(line: string, headers: readonly string[] = whole): string {
  return [line, `Host: 127.0.0.1:${port}`, ...headers, '', ''].join('\r\n');
}

const targets = [
  '//',
  '///',
  '//[',
  '//%',
  '/%',
  '/%zz',
  '/%00',
  '/\\',
  '\\',
  '*',
  '?',
  '#',
  'x',
  'http://',
  'http://[',
  'http://[::1',
  'http://a:99999/',
  'https://user:pass@/rpc',
  'ws://%/',
  ':',
  '://',
  '/..',
  '/../../etc/passwd',
  '/rpc?',
  '/rpc#',
  '/rpc/',
  '/rpc?token=x',
  '/__proto__',
  '/constructor',
  'javascript:alert(1)',
  `/${'a'.repeat(7000)}`,
  `/${'%ff'.repeat(2000)}`,
  '/\u00ff\u00fe',
];
const methods = [
  'GET',
  'HEAD',
  'POST',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PUT',
  'DELETE',
  'PROPFIND',
  'M-SEARCH',
];

describe('a request that nobody should send', () => {
  it.each(targets)('upgrades at %j, and the client resets', async (target) => {
    const socket = await dial(port);
    socket.write(upgrade(`GET ${target} HTTP/1.1`));
    await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
    socket.resetAndDestroy();
  });

  it('at the address that ended the process, and its like, is refused', async () => {
    expect(await ask(port, upgrade('GET // HTTP/1.1'))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask(port, upgrade('GET //[ HTTP/1.1'))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask(port, upgrade('GET http://[ HTTP/1.1'))).toMatch(/^HTTP\/1\.1 40\d /);
  });

  it('of any method and target gets an answer or an end', async () => {
    const byName = (line: string) => request(line).replace('Host: 127.0.0.1', 'Host: localhost');
    await Promise.all(
      [...targets, '/\x7f', '/\f', '/\t', '/\x01'].map((target) =>
        ask(port, byName(`GET ${target} HTTP/1.1`)),
      ),
    );
    for (const method of methods) {
      await Promise.all(targets.map((target) => ask(port, request(`${method} ${target} HTTP/1.1`))));
    }
  });

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 4\d\d /],
    ['no version', 'GET /\r\n\r\n', /^HTTP\/1\.1 4\d\d /],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), /^(?:HTTP\/1\.1 400 .*)?/],
    ['SMTP', 'EHLO client.example\r\n', /^HTTP\/1\.1 400 /],
    ['a header of 100 KB', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['two thousand headers', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(2500)}\r\n`, /^HTTP\/1\.1 4\d\d /],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a chunk that is none',
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      /^HTTP\/1\.1 4/,
    ],
  ])('with %s is refused', async (_what, octets, answer) => {
    expect(await ask(port, octets)).toMatch(answer);
  });

  it.each([
    ['no key', [...wanted, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: mailward']],
    [
      'a key that is none',
      [...whole.slice(0, 3), 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Protocol: mailward'],
    ],
    ['another version', [...wanted, 'Sec-WebSocket-Version: 99', ...whole.slice(3)]],
    ['no subprotocol', whole.slice(0, 4)],
    ['subprotocols that are none', [...whole.slice(0, 4), 'Sec-WebSocket-Protocol: mailward,,mailward, ,']],
    ['another upgrade', ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: x']],
    ['another method', whole],
  ])('to upgrade with %s is refused', async (what, headers) => {
    const method = what === 'another method' ? 'POST' : 'GET';
    expect(await ask(port, upgrade(`${method} /rpc HTTP/1.1`, headers))).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it('with a body behind the upgrade, and requests behind requests, is read no further', async () => {
    await ask(port, upgrade('GET /nowhere HTTP/1.1') + 'x'.repeat(1_000_000));
    await ask(port, request('GET / HTTP/1.1', 'Content-Length: 5') + 'abcde' + upgrade('GET // HTTP/1.1'));
    await ask(port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2000));
  });
});

describe('a client that goes at any moment', () => {
  const farewells: Record<string, (socket: Socket) => void> = {
    'with a reset': (socket) => socket.resetAndDestroy(),
    'with its half of the connection closed': (socket) => socket.end(),
    'without another word': (socket) => socket.destroy(),
  };

  it.each(Object.entries(farewells))('%s, after each octet of an upgrade', async (_how, leave) => {
    const text = upgrade('GET /elsewhere HTTP/1.1');
    const welcome = upgrade('GET /rpc HTTP/1.1');
    for (const each of [text, welcome]) {
      for (let at = 0; at <= each.length; at += 7) {
        const socket = await dial(port);
        socket.write(each.slice(0, at));
        leave(socket);
        // A half-closed connection is the server's to end.
        if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve).resume());
      }
    }
  });

  it('as an iframe of another page does: refused, and reset while the refusal is on its way', async () => {
    const all = Array.from({ length: 60 }, async () => {
      const socket = await dial(port);
      socket.write(upgrade('GET /rpc HTTP/1.1', [...whole, 'Origin: http://evil.example']));
      socket.resetAndDestroy();
    });
    await Promise.all(all);
  });

  it('during the greeting, or says nonsense in it', async () => {
    const hello = { mailward: 1, key: 'x', want: 'contract', nonce: 'a'.repeat(43) };
    const sayings = [
      '',
      'null',
      '[]',
      '{}',
      '"mailward"',
      'x'.repeat(100_000),
      JSON.stringify(hello),
      JSON.stringify({ ...hello, key: '__proto__' }),
      JSON.stringify({ ...hello, want: 'toString' }),
      JSON.stringify({ ...hello, nonce: 1 }),
      JSON.stringify({ ...hello, mailward: 2 }),
    ];
    for (const saying of sayings) {
      const { socket, closed } = await webSocket();
      socket.send(saying);
      socket.send(saying);
      await closed;
    }
    for (const octets of [Buffer.alloc(0), Buffer.alloc(2_000_000, 1), Buffer.from([0xc1, 0xff])]) {
      const { socket, closed } = await webSocket();
      socket.send(octets);
      await closed;
    }
    // Frames that break the protocol itself (RFC 6455 §5).
    for (const frame of [
      '8f80',
      'ff80',
      '81ffffffffffffffffff',
      '8900',
      '0180',
      'c18000000000',
      '888100000000ff',
    ]) {
      const socket = await dial(port);
      socket.write(upgrade('GET /rpc HTTP/1.1'));
      await new Promise((resolve) => socket.once('data', resolve));
      socket.write(Buffer.from(frame, 'hex'));
      socket.end();
      await new Promise((resolve) => socket.once('close', resolve).resume());
    }
  });

  async function webSocket() {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['mailward']);
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await new Promise<void>((resolve) => socket.once('open', () => resolve()));
    return { socket, closed };
  }
});

it('two thousand connections of anything at all leave it as it was', async () => {
  const random = seededRandom();
  // Repeat a run with MAILWARD_SEED.
  process.stdout.write(`seed of the hostile requests: ${random.seed}\n`);
  const batch = 20;
  for (let done = 0; done < 2000; done += batch) {
    await Promise.all(Array.from({ length: batch }, () => misbehave(random)));
  }
});

async function misbehave(random: Random): Promise<void> {
  const pick = <T>(from: readonly T[]): T => from[random.between(0, from.length - 1)]!;
  const junk = (longest: number) =>
    Buffer.from(Array.from({ length: random.between(0, longest) }, () => random.between(0, 255))).toString(
      'latin1',
    );
  const names = [
    'Host',
    'Origin',
    'Upgrade',
    'Connection',
    'Sec-WebSocket-Key',
    'Expect',
    'Transfer-Encoding',
    'Range',
    junk(8),
  ];
  const values = [
    'websocket',
    '100-continue',
    `localhost:${port}`,
    'chunked',
    `127.0.0.1:${port}`,
    'null',
    '[',
    '%',
    'bytes=0-',
    'close',
    junk(40),
  ];
  const line = `${pick([...methods, junk(5)])} ${pick([...targets, '/rpc', '/', junk(60)])} HTTP/${pick(['1.1', '1.0', '2', junk(3)])}`;
  const headers = Array.from({ length: random.between(0, 8) }, () => `${pick(names)}: ${pick(values)}`);
  let text = [
    line,
    ...(random.next() < 0.6 ? [`Host: 127.0.0.1:${port}`] : []),
    ...(random.next() < 0.5 ? whole : []),
    ...headers,
    '',
    '',
  ].join(pick(['\r\n', '\r\n', '\n']));
  if (random.next() < 0.3) text = text.slice(0, random.between(0, text.length));
  if (random.next() < 0.3) text += junk(300);
  const socket = await dial(port);
  const over = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  socket.write(Buffer.from(text, 'latin1'));
  switch (random.between(0, 3)) {
    case 0:
      socket.resetAndDestroy();
      break;
    case 1:
      socket.end();
      break;
    case 2:
      socket.once('data', () => socket.resetAndDestroy());
      socket.end();
      break;
    default:
      socket.end(junk(50), 'latin1', () => socket.destroy());
  }
  await over;
}
