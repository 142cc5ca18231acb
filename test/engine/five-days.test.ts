// Five days of a whole engine, with real servers, on a clock that goes only while nothing is under way.
import { expect, it } from 'vitest';
import { destinationSchema } from '../../shared/domain.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { fine, type Check } from '../../src-main/probes/check.ts';
import { RawClient } from '../lab/client.ts';
import { freePort } from '../lab/ports.ts';
import { Sink } from '../lab/sink.ts';
import { PlayedEngine } from './played-time.ts';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const TTL_MS = 1_800 * SECOND;

const defaults = settingsSchema.parse({});

/** A check of the test's own: findings come, are kept, and are forgotten. */
const mxPresent: Check = {
  name: 'mx-present',
  title: 'mx-present',
  area: 'dns',
  leg: 'inbound',
  question: 'Is there an MX?',
  needs: ['domain'],
  deadlineMs: 10_000,
  findings: { yes: fine('There is.') },
  run: ({ report }) => {
    report('yes', { summary: 'There is.' });
    return Promise.resolve();
  },
};

/** How far a pause may be from the schedule: a tenth, and the time that an attempt takes. */
const isAbout = (ms: number, meant: number) => Math.abs(ms - meant) <= meant / 10 + 2 * SECOND;

it('an engine lives through five days', async () => {
  await using office = await new Sink({
    temper: {
      rcpt: (address) => (address === 'gone@example.com' ? `550 5.1.1 <${address}>: User unknown` : null),
    },
  }).start();
  await using moved = await new Sink({ host: '127.0.0.2', port: office.port }).start();
  let isBusy = true;
  const tries: number[] = [];
  await using busy = await new Sink({
    temper: {
      rcpt: () => {
        tries.push(clock.now());
        return isBusy ? '450 4.2.1 mailbox busy' : null;
      },
    },
  }).start();
  await using kept = await new Sink().start();
  const nobody = await freePort();
  const lookedUp: number[] = [];
  let address = '127.0.0.1';

  await using played = await PlayedEngine.start(
    {
      recipients: { ...defaults.recipients, ask: false },
      log: { ...defaults.log, keepDays: 2 },
      probes: { ...defaults.probes, historyDays: 2 },
    },
    {
      lookUp: () => {
        lookedUp.push(clock.now());
        return Promise.resolve({ addresses: [address], ttl: TTL_MS / SECOND });
      },
    },
    [mxPresent],
  );
  const { clock, under } = played;
  const { client } = under;
  const began = clock.now();
  const day = (days: number) => played.until(began + days * DAY);
  const send = (...message: Parameters<typeof under.send>) => played.meanwhile(under.send(...message));
  const state = async (id: string) => (await client.messages.get({ id })).state;
  const refusal = () =>
    played.meanwhile(
      (async () => {
        await using door = await RawClient.greet(under.engine.smtp?.port ?? 0);
        await door.command('MAIL FROM:<ann@example.org>', 250);
        const { text } = await door.command('RCPT TO:<gone@example.com>');
        return text.startsWith('250') ? null : text;
      })(),
    );
  const check = async () => {
    for await (const event of await client.checks.run({ domain: 'example.com', check: mxPresent.name }))
      if (event.kind === 'done') break;
    await played.rest();
  };
  const findings = async (from: number, to: number) => {
    const times = { from: began + from * DAY, to: began + to * DAY };
    const { points } = await client.checks.history({
      domain: 'example.com',
      check: mxPresent.name,
      ...times,
    });
    return points.length;
  };

  const host = 'mail.example.com';
  await client.domains.add({
    name: 'example.com',
    route: [destinationSchema.parse({ host, port: office.port })],
  });
  await under.protect('busy.example', busy.port);
  await under.protect('dead.example', nobody);
  await under.protect('kept.example', kept.port);
  await client.domains.setMode({ name: 'kept.example', mode: 'hold', until: began + 3 * DAY });

  // The first day: all that begins.
  const plain = await send('bob@example.com');
  const retried = await send('eve@busy.example');
  const lost = await send('joe@dead.example', undefined, 'bob@example.com');
  const held = await send('kim@kept.example');
  for (let n = 0; n < 10; n++) await send('gone@example.com');
  await check();
  expect(await state(plain)).toBe('delivered');
  expect(office.arrivals.map(({ recipients }) => recipients)).toEqual([['bob@example.com']]);
  expect(await refusal()).toBe('550 5.7.1 <gone@example.com>... too many failures for this recipient');
  expect(await findings(0, 1)).toBe(1);

  // The schedule: 1, 5, 15 and 30 minutes, then each hour.
  await day(1);
  const pauses = tries.slice(1).map((at, n) => at - (tries[n] ?? 0));
  const schedule = defaults.delivery.retrySeconds;
  expect(
    pauses.filter((pause, n) => !isAbout(pause, SECOND * (schedule[n] ?? schedule.at(-1) ?? 0))),
  ).toEqual([]);
  expect(pauses.length).toBeGreaterThan(schedule.length);
  isBusy = false;

  // The second day: the office's server has moved. Its name is asked again when there is mail, once in a TTL.
  address = '127.0.0.2';
  expect(lookedUp).toHaveLength(1);
  for (let n = 0; n < 3; n++) {
    await send('cat@example.com');
    await played.until(clock.now() + TTL_MS / 4);
  }
  expect(lookedUp).toHaveLength(2);
  // The first went to the address that was known, while the new one was asked for.
  expect(office.taken).toBe(2);
  expect(moved.taken).toBe(2);
  expect(await client.domains.moves({ name: 'example.com' })).toMatchObject([
    { host, before: ['127.0.0.1'], after: ['127.0.0.2'] },
  ]);
  await played.until(clock.now() + TTL_MS);
  await send('cat@example.com');
  await played.rest();
  expect(lookedUp).toHaveLength(3);

  await day(1.5);
  expect(await state(retried)).toBe('delivered');

  // The third: a hold ends by itself, and what is past its time is forgotten.
  await day(2.99);
  expect(await state(held)).toBe('held');
  expect(kept.taken).toBe(0);
  await expect(state(plain)).rejects.toThrow(/there is no message/);
  expect(await findings(0, 1)).toBe(1);
  await check();
  expect([await findings(0, 1), await findings(2, 3)]).toEqual([0, 1]);
  await day(3.01);
  expect(await state(held)).toBe('delivered');

  // The fifth: what could not be delivered is given up, its sender is told, and the list forgets who was on it.
  await day(4.99);
  expect(await state(lost)).toBe('queued');
  expect(await refusal()).not.toBeNull();
  await day(5.1);
  expect(await state(lost)).toBe('expired');
  expect(await refusal()).toBeNull();
  const { bounce } = await client.messages.get({ id: lost });
  expect(bounce).toMatchObject({ state: 'sent', reason: 'own-domain' });
  expect(moved.arrivals.at(-1)).toMatchObject({ sender: '', recipients: ['bob@example.com'] });
  expect(under.troubles).toEqual([
    expect.stringContaining('mail.example.com moved: it was at 127.0.0.1, now it is at 127.0.0.2'),
  ]);
}, 120_000);
