// Who may talk to the service: the token, the Host, the Origin, and what a page gets to see.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { credentialOf, introduce, wireOf } from '../../shared/greeting.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { Keys } from '../../src-main/service/keys.ts';
import type { Service } from '../../src-main/service/service.ts';
import type { EngineUnderTest } from '../engine/engine-under-test.ts';
import { ServiceUnderTest } from './service-under-test.ts';

let under: ServiceUnderTest;
let mailward: EngineUnderTest;
let service: Service;
let token: string;
let host: string;

beforeAll(async () => {
  under = await ServiceUnderTest.start();
  ({ mailward, service } = under);
  ({ token } = under.keys);
  host = new URL(service.url).host;
});
afterAll(async () => {
  await under[Symbol.asyncDispose]();
});

/** The HTTP status that an attempt to open a WebSocket gets; 101 when it may begin the greeting. */
async function upgrade(
  headers: Record<string, string>,
  protocols = ['mailward'],
  path = '/rpc',
): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}${path}`, protocols, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

async function get(path: string, headers: Record<string, string> = {}, url = service.url) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asked = request(`${url}${path}`, { headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      });
      asked.on('error', reject);
      asked.end();
    },
  );
}

describe('the contract over WebSocket', () => {
  it('is open to a program, and to the service’s own page', async () => {
    expect(await upgrade({})).toBe(101);
    expect(await upgrade({ origin: `http://${host}` })).toBe(101);
  });

  it.each([
    'http://evil.example',
    'http://localhost:1',
    'null',
    'https://127.0.0.1',
    'http://127.0.0.1.evil.example',
  ])('is closed to a page from %s', async (origin) => {
    expect(await upgrade({ origin })).toBe(403);
  });

  it('is closed to a name that somebody pointed at this machine (DNS rebinding)', async () => {
    const name = `rebound.example:${new URL(service.url).port}`;
    expect(await upgrade({ host: name, origin: `http://${name}` })).toBe(421);
  });

  it('is closed to a name behind which another program may listen: ::1 is not 127.0.0.1', async () => {
    const name = `localhost:${new URL(service.url).port}`;
    expect(await upgrade({ host: name, origin: `http://${name}` })).toBe(421);
    const { status, headers } = await get('/', { host: name });
    expect(status).toBe(308);
    expect(headers['location']).toBe(`${service.url}/`);
  });

  it('is open at an IPv6 address too', async () => {
    await using six = await ServiceUnderTest.start({ listen: { host: '::1', port: 0 } });
    expect(six.service.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const { client, close } = await connectClient(six.link);
    expect(await client.domains.list()).toEqual([]);
    close();
  });

  it('is open at each address of a service that listens on all, under that address alone', async () => {
    await using all = await ServiceUnderTest.start({ listen: { host: '0.0.0.0', port: 0 } });
    const { port } = new URL(all.service.url);
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const { close } = await connectClient({ url: `http://${address}:${port}`, token: all.keys.token });
      close();
      expect((await get('/health', { host: '127.0.0.3' }, `http://${address}:${port}`)).status).toBe(421);
    }
  });

  it('is at one path only', async () => {
    expect(await upgrade({}, ['mailward'], '/')).toBe(404);
  });

  it('answers calls, and refuses wrong input with what was wrong', async () => {
    const { client, close } = await connectClient({ url: service.url, token });
    expect((await client.system.info()).dataDir).toBe(mailward.dataDir);
    await expect(client.domains.add({ name: 'not a domain', route: [] })).rejects.toThrow(
      /Input validation failed/,
    );
    await expect(client.messages.get({ id: '!!!' })).rejects.toThrow('"!!!" is not a message id');
    close();
  });
});

describe('the pages', () => {
  it('come with a policy that lets nothing else in', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('are not served to other names or other pages', async () => {
    expect((await get('/health', { host: 'rebound.example' })).status).toBe(421);
    expect((await get('/health', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await get('/health')).status).toBe(200);
  });

  it.each([
    '/../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/assets/..\\..\\main\\mailward.js',
  ])('lead nowhere else: %s', async (path) => {
    const { status, body } = await get(path);
    expect(status).not.toBe(200);
    expect(body).not.toContain('mailward.js');
  });
});

describe('behind a proxy that it was told of', () => {
  const publicUrl = new URL('https://mail.example.com');

  it.each([
    ['passes the public name on', { host: 'mail.example.com', origin: 'https://mail.example.com' }],
    ['asks for our own address', { origin: 'https://mail.example.com' }],
  ])('a page of the public address is let in, whether the proxy %s', async (_how, headers) => {
    await using proxied = await ServiceUnderTest.start({ publicUrl });
    const socket = new WebSocket(`${proxied.service.url.replace('http', 'ws')}/rpc`, ['mailward'], {
      headers,
    });
    const wire = wireOf(socket);
    await new Promise((resolve) => socket.once('open', resolve));
    const credential = await credentialOf(proxied.keys.token);
    const where = 'https://mail.example.com';
    expect(await introduce(wire, { credential, where, want: 'contract' })).toEqual({});
    socket.terminate();
  });

  it('a page of any other address is not', async () => {
    await using proxied = await ServiceUnderTest.start({ publicUrl });
    const { port } = new URL(proxied.service.url);
    for (const headers of [
      { host: 'mail.example.com', origin: 'https://evil.example' },
      { host: 'mail.example.com', origin: 'http://mail.example.com' },
      { host: 'mail.example.com', origin: `http://127.0.0.1:${port}` },
      { origin: 'https://evil.example' },
    ]) {
      const { status } = await get('/', headers, proxied.service.url);
      expect(status).toBe(403);
    }
  });
});

it('the token stays the same, for this user alone', async () => {
  expect((await Keys.open(mailward.dataDir)).token).toBe(token);
  const { statSync } = await import('node:fs');
  expect(statSync(`${mailward.dataDir}/access-token`).mode & 0o077).toBe(0);
  expect(statSync(mailward.dataDir).mode & 0o077).toBe(0);
});

describe('a client that has been let in', () => {
  it('and sends what is no call gets no further than its own connection', async () => {
    const faults: unknown[] = [];
    const note = (error: unknown) => faults.push(error);
    process.on('unhandledRejection', note);
    const { socket, wire } = await greeting();
    const credential = await credentialOf(token);
    await introduce(wire, { credential, where: service.url, want: 'contract' });
    wire.end();
    const stream = { 'content-type': 'text/event-stream' };
    for (const message of [
      'nonsense',
      'null',
      '7',
      '[]',
      '{}',
      '{"i":1}',
      '{"i":1,"p":null}',
      '{"i":1,"p":{"u":"//"}}',
      '{"i":1,"p":{"u":"http://["}}',
      '{"i":1,"p":{"u":7}}',
      '{"i":1,"p":{"u":"/__proto__/constructor"}}',
      '{"i":"__proto__","p":{"u":"/domains/list"}}',
      JSON.stringify({ i: 2, p: { u: '/domains/list', h: stream } }),
      JSON.stringify({ i: 2, t: 3, p: { e: 'message', d: 1 } }),
      JSON.stringify({ i: 2, t: 3, p: { e: 'error' } }),
      JSON.stringify({ i: 2, t: 3, p: null }),
      JSON.stringify({ i: 2, t: 4 }),
      JSON.stringify({ i: 3, t: 99, p: {} }),
      JSON.stringify({ i: 4, p: { u: '/live/overview', m: 'DELETE', h: { 'last-event-id': ['x'] } } }),
      JSON.stringify({ i: 5, p: { u: '/messages/get', b: { json: { id: 'x'.repeat(100_000) } } } }),
      Buffer.alloc(100_000, 0xff),
      Buffer.from([0xff]),
    ]) {
      socket.send(message);
    }
    const { client, close } = await connectClient({ url: service.url, token });
    expect(await client.domains.list()).toEqual([]);
    close();
    socket.terminate();
    process.off('unhandledRejection', note);
    expect(faults).toEqual([]);
  });
});

async function greeting() {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}/rpc`, ['mailward']);
  const wire = wireOf(socket);
  await new Promise((resolve) => socket.once('open', resolve));
  return { socket, wire };
}
