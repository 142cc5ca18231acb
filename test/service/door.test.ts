// How much of the machine the user interface's door can take: never what mail needs.
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Client } from '../../shared/contract/index.ts';
import { credentialOf, introduce, wireOf } from '../../shared/greeting.ts';
import type { Overview } from '../../shared/overview.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { Door, roomFor } from '../../src-main/service/door.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { until } from '../lab/wait.ts';
import { ask, dial, ServiceUnderTest } from './service-under-test.ts';

const unasked = 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ';

describe('with 256 descriptors and a client that opens connections and says no more', () => {
  it('mail is taken as ever, the admin stays in, and a new browser gets in', async () => {
    await using service = await Service.start({ under: ['prlimit', '--nofile=256:256'] });
    const port = Number(new URL(service.url).port);
    const { client, close } = await service.client();
    const slow: Socket[] = [];
    try {
      for (let count = 0; count < 600; count++) {
        const socket = await dial(port);
        socket.write(unasked);
        slow.push(socket);
      }
      await until(
        'they are not bounded',
        () => slow.filter((socket) => !socket.destroyed).length <= roomFor(256),
      );

      await using smtp = await RawClient.greet(service.smtpPort);
      await smtp.command('MAIL FROM:<ann@example.org>', 250);
      expect((await client.system.info()).smtp?.port).toBe(service.smtpPort);
      expect(
        await ask(port, `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
      ).toContain('ready');
      const second = await service.client();
      expect(await second.client.domains.list()).toEqual([]);
      second.close();
      expect((await service.command('status')).status).toBe(0);
    } finally {
      for (const socket of slow) socket.destroy();
      close();
    }
    expect(service.isRunning).toBe(true);
  });

  it('pages asked for by the thousand on one connection open no file each', async () => {
    await using service = await Service.start({ under: ['prlimit', '--nofile=256:256'] });
    const port = Number(new URL(service.url).port);
    const socket = await dial(port);
    socket.pause();
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(20_000));
    await using smtp = await RawClient.greet(service.smtpPort);
    await smtp.command('MAIL FROM:<ann@example.org>', 250);
    expect((await service.command('status')).status).toBe(0);
    socket.destroy();
  });
});

describe('the places at the door', () => {
  /** A connection as far as the door looks at it. */
  class Standing extends EventEmitter {
    readonly remoteAddress: string | undefined;
    destroyed = false;
    constructor(remoteAddress: string | undefined) {
      super();
      this.remoteAddress = remoteAddress;
    }
    destroy(): void {
      this.destroyed = true;
      this.emit('close');
    }
  }

  function doorOf(most: number) {
    const server = new EventEmitter();
    const door = new Door(server as never, most);
    const come = (address: string | undefined) => {
      const socket = new Standing(address);
      server.emit('connection', socket);
      return socket;
    };
    return { door, come };
  }

  it('are given up by the one that stood longest without a key, never by one that showed it', () => {
    const { door, come } = doorOf(3);
    const [first, second, third] = [come('127.0.0.1'), come('127.0.0.1'), come('127.0.0.1')];
    door.letIn(first);
    const fourth = come('127.0.0.1');
    expect([first, second, third, fourth].map(({ destroyed }) => destroyed)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    door.letIn(third);
    door.letIn(fourth);
    expect(come('127.0.0.1').destroyed).toBe(true);
    first.destroy();
    expect(come('127.0.0.1').destroyed).toBe(false);
  });

  it.each([
    ['IPv4', ['192.0.2.7', '::ffff:192.0.2.7']],
    ['the same IPv6 /64', ['2001:db8::1', '2001:db8::ffff:2']],
  ])('of one address of another machine are a quarter at most (%s)', (_what, addresses) => {
    const { come } = doorOf(16);
    const all = Array.from({ length: 10 }, (_, at) => come(addresses[at % 2]));
    expect(all.filter(({ destroyed }) => !destroyed)).toEqual(all.slice(-4));
    expect(come('192.0.2.8').destroyed).toBe(false);
    expect(come('127.0.0.1').destroyed).toBe(false);
    expect(all.filter(({ destroyed }) => !destroyed)).toHaveLength(4);
  });

  it('are none for a connection that was gone before it was looked at', () => {
    expect(doorOf(3).come(undefined).destroyed).toBe(true);
  });

  it('are one in eight of the descriptors, and never none', () => {
    expect([64, 256, 1024, 20_000].map(roomFor)).toEqual([8, 32, 128, 256]);
  });
});

it('a request that does not come to its end in ten seconds is ended, as is a connection that says nothing', async () => {
  await using under = await ServiceUnderTest.start();
  const port = Number(new URL(under.service.url).port);
  const silent = await dial(port);
  const slow = await dial(port);
  const greeting = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['mailward']);
  slow.write(unasked);
  const gone = (socket: Socket | WebSocket) => new Promise((resolve) => socket.once('close', resolve));
  silent.resume();
  slow.resume();
  await Promise.all([gone(silent), gone(slow), gone(greeting)]);
});

describe('one client', () => {
  it('is told when it has too many subscriptions, goes on with those it has, and may open more when some have ended', async () => {
    await using under = await ServiceUnderTest.start();
    const { client, close } = await connectClient(under.link);
    const all = await Promise.allSettled(Array.from({ length: 400 }, () => client.live.overview()));
    const open = all.filter((each) => each.status === 'fulfilled').map(({ value }) => value);
    const refused = all.filter((each) => each.status === 'rejected');
    expect(open.length).toBe(128);
    expect(String(refused[0]?.reason)).toContain(
      'too many calls and subscriptions at a time (128 on one connection',
    );
    expect((await open[0]?.next())?.done).toBe(false);
    // Another connection has its own.
    const other = await connectClient(under.link);
    expect(await other.client.domains.list()).toEqual([]);
    other.close();
    await Promise.all(open.map((stream) => stream.return()));
    await until('the places are not free again', () =>
      client.domains.list().then(
        () => true,
        () => false,
      ),
    );
    close();
  });

  it('that stands still is sent the newest state when it reads on, and not all that there were', async () => {
    await using under = await ServiceUnderTest.start();
    const { client, close } = await connectClient(under.link);
    const socket = new WebSocket(`${under.service.url.replace('http', 'ws')}/rpc`, ['mailward']);
    const wire = wireOf(socket);
    await new Promise((resolve) => socket.once('open', resolve));
    const credential = await credentialOf(under.keys.token);
    await introduce(wire, { credential, where: under.service.url, want: 'contract' });
    wire.end();
    const still = createORPCClient<Client>(new RPCLink({ websocket: socket as never }));
    // With so many domains a state is some 40 KB, and the system's own buffers are soon full.
    for (let number = 0; number < 60; number++) await under.mailward.protect(`example${number}.com`, 25);
    const stream = await still.live.overview();
    await stream.next();
    socket.pause();
    const many = 400;
    for (let count = 0; count < many; count++) {
      const other = await client.live.overview();
      await other.return();
    }
    const last = under.mailward.engine.overview();
    socket.resume();
    let seen = 0;
    let newest: Overview | undefined;
    while (newest === undefined || newest.at < last.at) {
      newest = (await stream.next()).value as Overview;
      seen++;
    }
    expect(seen).toBeLessThan(many / 2);
    socket.terminate();
    close();
  });
});

it('who has shown no key may not say more than a greeting takes', async () => {
  await using service = await ServiceUnderTest.start();
  const socket = new WebSocket(`${service.link.url.replace('http', 'ws')}/rpc`, ['mailward']);
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send('x'.repeat(900_000));
  // Ended in the middle of it, not answered (1008) once all of it has been kept.
  expect((await once(socket, 'close'))[0]).toBe(1006);
  // Afterwards a call may be large.
  const { client, close } = await connectClient(service.link);
  await expect(client.messages.list({ text: 'x'.repeat(200_000) })).rejects.toThrow(
    'Input validation failed',
  );
  close();
});
