// The thread that authenticates may hang, die or never start: mail is not held up, and what can be checked is checked.
import type { RelayEvents } from '../../../../src-main/relay/events.ts';
import { eventsInto } from '../../../lab/log.ts';
import { systemClock } from '../../../../src-main/clock/watched.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { Authenticator } from '../../../../src-main/relay/policy/authentication/authenticator.ts';
import { Authentication } from '../../../../src-main/relay/policy/filters/authentication.ts';
import type { Filter, MessageSubject } from '../../../../src-main/relay/policy/filters/filter.ts';
import { Runner } from '../../../../src-main/relay/policy/filters/runner.ts';
import { settingsSchema } from '../../../../shared/settings.ts';
import { scratch } from '../../../lab/scratch.ts';
import { until } from '../../../lab/wait.ts';

const client = {
  ip: '192.0.2.7',
  helo: 'mail.example.org',
  sender: 'ann@example.org',
  mta: 'mx.example.com',
};
const task = { kind: 'filters', client } as const;
const noDns = async () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
const standIn = new URL('./stand-in.ts', import.meta.url);

let open: Authenticator[] = [];
afterEach(async () => {
  await Promise.all(open.map((one) => one.close()));
  open = [];
});

function start(file?: URL): {
  one: Authenticator;
  troubles: string[];
  ask: (content: string) => Promise<unknown>;
} {
  const troubles: string[] = [];
  const one = new Authenticator({
    events: eventsInto<RelayEvents>(troubles),
    ...(file === undefined ? {} : { file }),
  });
  open.push(one);
  return { one, troubles, ask: async (content) => one.ask(task, Buffer.from(content), noDns) };
}

it('answers what the filters ask, with the resolver that it was given', async () => {
  const { one, troubles } = start();
  const asked: string[] = [];
  const answers = await one.ask(
    task,
    Buffer.from('From: ann@example.org\r\n\r\nHello.\r\n'),
    async (name, type) => {
      asked.push(`${type} ${name}`);
      if (name === 'example.org') return [['v=spf1 ip4:192.0.2.7 -all']];
      if (name === '_dmarc.example.org') throw new Error('the name server does not answer');
      return noDns();
    },
  );
  expect(answers.map(({ filter, result }) => [filter, result])).toEqual([
    ['spf', 'pass'],
    ['dkim', 'not-applicable'],
    ['dmarc', 'could-not-check'],
    ['arc', 'not-applicable'],
  ]);
  expect(asked).toContain('TXT _dmarc.example.org');
  expect(await one.ask({ kind: 'sender', client, longest: 1000 }, Buffer.from('a: b\r\n'), noDns)).toEqual({
    spf: 'none',
    dkim: [],
    unclear: false,
  });
  expect(troubles).toEqual([]);
});

it('asks again only what a resolver does not let it keep, and never goes by what another said', async () => {
  const { one } = start();
  const hello = Buffer.from('From: ann@example.org\r\n\r\nHello.\r\n');
  const world = (spf: string, keeps?: (name: string) => number) => {
    const asked: string[] = [];
    const resolve = Object.assign(
      async (name: string, type: string) => {
        asked.push(`${type} ${name}`);
        if (name === 'example.org') return [[spf]];
        if (name === '_dmarc.example.org') throw new Error('the name server does not answer');
        return noDns();
      },
      keeps ? { keeps } : {},
    );
    const ask = async () => {
      asked.length = 0;
      const answers = await one.ask(task, hello, resolve);
      return { spf: answers[0]?.result, dmarc: answers[2]?.result, asked: [...asked].sort() };
    };
    return ask;
  };
  const all = ['TXT _dmarc.example.org', 'TXT example.org'];
  const pass = { spf: 'pass', dmarc: 'could-not-check' };
  const keeping = world('v=spf1 ip4:192.0.2.7 -all', (name) => (name === '_dmarc.example.org' ? 0 : 60_000));
  expect(await keeping()).toEqual({ ...pass, asked: all });
  expect(await keeping()).toEqual({ ...pass, asked: ['TXT _dmarc.example.org'] });
  const other = world('v=spf1 -all', () => 60_000);
  expect(await other()).toMatchObject({ spf: 'fail', asked: all });
  expect(await keeping()).toEqual({ ...pass, asked: ['TXT _dmarc.example.org'] });
  const forgetful = world('v=spf1 ip4:192.0.2.7 -all');
  expect(await forgetful()).toEqual({ ...pass, asked: all });
  expect(await forgetful()).toEqual({ ...pass, asked: all });
});

it('goes by answers that it has kept as by new ones, of whatever type', async () => {
  const { one } = start();
  const records: Record<string, unknown> = {
    'TXT example.org': [['v=spf1 mx ptr exists:%{i}.ok.example.org -all']],
    'MX example.org': [
      { exchange: 'b.example.org', priority: 20 },
      { exchange: 'a.example.org', priority: 10 },
    ],
    'A a.example.org': ['192.0.2.1'],
    'A b.example.org': ['192.0.2.2'],
    'A 192.0.2.7.ok.example.org': ['127.0.0.2'],
  };
  const asked: string[] = [];
  const resolve = Object.assign(
    async (name: string, type: string) => {
      asked.push(`${type} ${name}`);
      const record = records[`${type} ${name}`];
      return record === undefined ? await noDns() : record;
    },
    { keeps: () => 60_000 },
  );
  const ask = async () => (await one.ask(task, Buffer.from('From: ann@example.org\r\n'), resolve))[0];
  const first = await ask();
  expect(first?.result).toBe('pass');
  expect(asked).toContain('MX example.org');
  asked.length = 0;
  expect(await ask()).toEqual(first);
  expect(asked).toEqual([]);
});

it('ends a thread that one message keeps busy; the others with it are looked at all the same', async () => {
  const { ask, troubles } = start(standIn);
  const waiting = [ask('waits'), ask('waits')];
  const hung = ask('hangs');
  const later = ask('at once');
  await expect(hung).rejects.toThrow('a message kept it busy');
  await expect(Promise.all([...waiting, later])).resolves.toEqual([[], [], []]);
  expect(troubles).toEqual(['the thread that checks signatures was lost: a message kept it busy for 8 s']);
});

it.each([
  ['dies', /it ended$/],
  ['throws', /broken$/],
])('goes on after a message with which it %s', async (what, words) => {
  const { ask, troubles } = start(standIn);
  await ask('at once');
  await expect(ask(what)).rejects.toThrow('the thread that checks signatures was lost');
  await expect(ask('at once')).resolves.toEqual([]);
  expect(troubles).toEqual([expect.stringMatching(words)]);
});

it('without a thread nothing is checked, nothing waits, and it is tried again', async () => {
  using folder = scratch('authenticator');
  const path = join(folder.path, 'thread.mjs');
  const { one, ask, troubles } = start(pathToFileURL(path));
  await expect(ask('at once')).rejects.toThrow('the thread that checks signatures was lost');
  // It is not started anew for each message.
  await expect(ask('at once')).rejects.toThrow('the thread that checks signatures was lost');
  expect(troubles).toHaveLength(1);
  writeFileSync(path, `await import(${JSON.stringify(standIn.href)});`);
  expect(
    await until('it is tried again', async () => ask('at once').catch(() => null), { every: 200 }),
  ).toEqual([]);
  await one.close();
  await expect(ask('at once')).rejects.toThrow('Mailward is stopping');
});

it('keeps a bounded number of messages waiting, and forgets those that nobody waits for', async () => {
  const { one } = start(standIn);
  const leaving = new AbortController();
  const endless = Array.from({ length: 1_200 }, async (_, number) =>
    one
      .ask(task, Buffer.from(`silence ${number}`), noDns, leaving.signal)
      .then(() => 'answered')
      .catch((error: unknown) => String(error)),
  );
  const first = await Promise.race(endless);
  expect(first).toBe('Error: too many messages came at once');
  leaving.abort();
  const outcomes = await Promise.all(endless);
  expect(outcomes.filter((words) => words === 'Error: no answer in time')).toHaveLength(1_000);
  expect(outcomes.filter((words) => words === 'Error: too many messages came at once')).toHaveLength(200);
});

it('a filter whose thread does not answer could not check, and says so in time', async () => {
  const { one } = start(standIn);
  const filter = new Authentication(one);
  const hasty: Filter<MessageSubject> = {
    names: filter.names,
    when: 'data',
    deadline: 50,
    server: false,
    wanted: () => true,
    ask: async (...given) => filter.ask(...given),
  };
  const subject = {
    address: '192.0.2.7',
    helo: 'x',
    sender: '',
    recipients: [],
    id: '1',
    hostname: 'mx.example.com',
  };
  const results = await new Runner(systemClock).run(
    [hasty],
    { ...subject, content: Buffer.from('silence') },
    settingsSchema.parse({}).filters,
    noDns,
  );
  expect(results.map(({ result, evidence }) => [result, evidence])).toEqual(
    Array.from({ length: 4 }, () => ['could-not-check', ['no answer within 0.05 s']]),
  );
});
