// Another program in the service's place gets nothing out of the command line that it could use, now or later.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { credentialOf, introduce, wireOf } from '../../shared/greeting.ts';
import { connectClient, NotMailward } from '../../src-main/service/client.ts';
import { Impostor, type Manner, Relay } from '../lab/impostor.ts';
import { mailward, Service } from '../lab/mailward.ts';
import { freePort } from '../lab/ports.ts';
import { ServiceUnderTest } from './service-under-test.ts';

const manners: Manner[] = ['pretends', 'echoes', 'denies', 'welcomes', 'serves pages'];

describe('the command line, where another program has the port that the folder names', () => {
  it.each(manners)('says so and tells it nothing, when that one %s', async (manner) => {
    await using service = await Service.start();
    const port = await freePort();
    await using impostor = await Impostor.start({ port, manner });
    // As it is when the service came up elsewhere and could not say so.
    const announced = join(service.dataDir, 'engine.json');
    const holder = JSON.parse(readFileSync(announced, 'utf8')) as { url: string };
    writeFileSync(announced, JSON.stringify({ ...holder, url: `http://127.0.0.1:${port}` }));

    for (const command of [['status'], ['token', 'link'], ['token', 'renew'], ['queue', 'list']]) {
      const { status, stderr } = await mailward([...command, '--data', service.dataDir]);
      expect(status).toBe(3);
      expect(stderr).toMatch(
        /what answers at http:\S+ (?:is not the Mailward of this data folder|does not let us in)/,
      );
    }
    expect(impostor.heard).not.toContain(service.token);
    expect(impostor.said.every((line) => !line.includes('proof'))).toBe(true);
    await replayed(impostor.said, service.url);
  });
});

it('a program that takes the connection and says nothing is waited for no longer than eight seconds', async () => {
  await using impostor = await Impostor.start({ port: await freePort(), manner: 'stays silent' });
  const token = 't'.repeat(32);
  await expect(connectClient({ url: impostor.url, token })).rejects.toThrow(
    'does not answer: it takes too long',
  );
  expect(impostor.heard).not.toContain(token);
});

/** Whatever was heard elsewhere opens nothing at the real service. */
async function replayed(lines: readonly string[], url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`, ['mailward']);
  const answers: string[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => answers.push(data.toString()));
  await new Promise((resolve) => socket.once('open', resolve));
  for (const line of [...lines, JSON.stringify({ i: 1, p: { u: '/domains/list' } })]) socket.send(line);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(answers.join('\n')).not.toMatch(/welcome|"s"|"b"/);
}

describe('a program that passes everything on to the real service', () => {
  it('is found out: both sides sign the address at which they stand', async () => {
    await using under = await ServiceUnderTest.start();
    const port = await freePort();
    await using relay = await Relay.start(port, Number(new URL(under.service.url).port));
    await expect(connectClient({ url: `http://127.0.0.1:${port}`, token: under.keys.token })).rejects.toThrow(
      NotMailward,
    );
    expect(relay.heard).not.toContain(under.keys.token);
    expect(relay.heard).toContain('/rpc');
  });

  it('cannot use the key of a browser that was let in at another address', async () => {
    await using under = await ServiceUnderTest.start();
    const { url } = under.service;
    const own = await enrol(url, under.keys.token);
    expect(await signIn(url, own)).toBe('in');
    under.keys.forget(own.id);
    expect(await signIn(url, own)).toBe('out');
    // The same browser, let in at the address that another program has now: its key is good for that address alone.
    await under.keys.enrol('b'.repeat(43), 'http://127.0.0.1:1', 'a browser');
    expect(under.keys.find((await keyNamed('b'.repeat(43))).id, url)).toBeNull();
    expect(under.keys.find((await keyNamed('b'.repeat(43))).id, 'http://127.0.0.1:1')?.kind).toBe('browser');
  });
});

it('a one-time link lets one in, and the same link no second', async () => {
  await using under = await ServiceUnderTest.start();
  const { code } = await under.keys.link();
  const { url } = under.service;
  const both = await Promise.allSettled([enrol(url, code), enrol(url, code)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(enrol(url, code)).rejects.toThrow();
});

it('a browser’s key opens the contract and nothing else', async () => {
  await using under = await ServiceUnderTest.start();
  const own = await enrol(under.service.url, under.keys.token);
  for (const want of ['link', 'renew', 'browsers', 'forget', 'enrol'] as const) {
    const { socket, wire } = await greeting(under.service.url);
    await expect(introduce(wire, { credential: own, where: under.service.url, want })).rejects.toThrow(
      'does not allow that',
    );
    socket.terminate();
  }
});

async function keyNamed(key: string) {
  const { credentialOfKey } = await import('../../shared/greeting.ts');
  return credentialOfKey(key);
}

async function greeting(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`, ['mailward']);
  socket.on('error', () => undefined);
  const wire = wireOf(socket);
  await new Promise((resolve) => socket.once('open', resolve));
  return { socket, wire };
}

/** What a page does with a link; returns the browser's own key. */
async function enrol(url: string, secret: string) {
  const { socket, wire } = await greeting(url);
  let own: Awaited<ReturnType<typeof credentialOf>> | null = null;
  const keep = (credential: NonNullable<typeof own>) => {
    own = credential;
    return Promise.resolve();
  };
  try {
    await introduce(wire, { credential: await credentialOf(secret), where: url, want: 'enrol', keep });
  } finally {
    socket.terminate();
  }
  return own!;
}

async function signIn(url: string, own: Awaited<ReturnType<typeof credentialOf>>): Promise<'in' | 'out'> {
  const { socket, wire } = await greeting(url);
  try {
    await introduce(wire, { credential: own, where: url, want: 'contract' });
    return 'in';
  } catch {
    return 'out';
  } finally {
    socket.terminate();
  }
}
