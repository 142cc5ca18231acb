// An exception that nobody foresaw does not end what moves the mail: it is logged, counted, and shown until the next start.
import { systemClock } from '../../src-main/clock/watched.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { logInto } from '../lab/log.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Overview } from '../../shared/overview.ts';
import { Faults, unforeseen } from '../../src-main/engine/faults.ts';
import { readHolder } from '../../src-main/engine/lock.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { RawClient } from '../lab/client.ts';
import { entry, Service } from '../lab/mailward.ts';
import { mistakeIn } from '../lab/mistake.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

describe('a service in which something is thrown that nobody catches', () => {
  it('goes on: mail is taken and delivered, and log, status and overview tell of the fault', async () => {
    using folder = scratch('fault');
    const script = mistakeIn(folder.path);
    await using sink = new Sink();
    await sink.start();
    await using service = await Service.start({ env: { NODE_OPTIONS: `--import ${script}` } });
    await service.addDomain('example.com', `${sink.host}:${sink.port},tls=none`);
    const { client, close } = await service.client();
    const fault = async (): Promise<Overview> => {
      for await (const overview of await client.live.overview()) return overview;
      throw new Error('no overview');
    };
    expect((await fault()).fault).toBeNull();

    process.kill(service.pid, 'SIGUSR2');
    await until('the fault is not counted', async () => (await fault()).fault?.count === 1);
    process.kill(service.pid, 'SIGUSR2');
    await until('the rejection is not counted', async () => (await fault()).fault?.count === 2);

    await using smtp = await RawClient.greet(service.smtpPort);
    await smtp.openData('ann@example.org', 'office@example.com');
    smtp.send('Subject: still here\r\n\r\nHello.\r\n.\r\n');
    await smtp.expect(250);
    await until('the mail does not arrive', () => sink.taken === 1);

    const overview = await fault();
    expect(overview.state).toBe('attention');
    expect(overview.sentence).toContain('had 2 internal errors');
    expect(overview.fault?.words).toBe('RangeError: nor this');
    const { stdout } = await service.command('status');
    expect(stdout).toMatch(/Faults inside Mailward since .*: 2, the last at .*: RangeError: nor this/);
    expect(service.complaints).toContain('a fault inside Mailward: TypeError: nobody foresaw');
    expect(service.complaints).toContain('mistake.mjs');
    expect(service.complaints).not.toContain('\u{1b}');
    close();
    expect(await service.stop()).toBe(0);
  });
});

it('a service whose log nobody reads any more goes on after a fault', async () => {
  using folder = scratch('fault');
  const script = mistakeIn(folder.path);
  const dataDir = join(folder.path, 'data');
  const args = ['--import', script, entry(), 'serve', '--json', '--data', dataDir];
  const child = spawn(process.execPath, [...args, '--smtp', '127.0.0.1:0', '--listen', '127.0.0.1:0'], {
    env: { PATH: process.env['PATH'], HOME: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { origin } = new URL((JSON.parse(line.toString()) as { ui: string }).ui);
    child.stderr.destroy();
    const { token } = readHolder(dataDir) ?? {};
    const { client, close } = await connectClient({ url: origin, token: token ?? '' });
    for (let count = 1; count <= 4; count++) {
      child.kill('SIGUSR2');
      await until('it is not counted', async () => {
        for await (const { fault } of await client.live.overview()) return fault?.count === count;
        return false;
      });
    }
    close();
    expect(child.exitCode).toBeNull();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});

it('whoever fails to show the overview or to follow the settings harms nobody else', async () => {
  await using mailward = await EngineUnderTest.start();
  const { engine, client, troubles } = mailward;
  const broken = () => {
    throw new Error('the window is gone');
  };
  const seen: number[] = [];
  const days: number[] = [];
  const leave = engine.onOverview(broken);
  engine.onOverview(({ domains }) => seen.push(domains.length));
  engine.settings.onChange(broken);
  engine.settings.onChange(({ log }) => days.push(log.keepDays));
  await client.domains.add({ name: 'example.com', route: [{ host: '127.0.0.1', port: 9 }] });
  await until('the other to be shown the domain', () => seen.includes(1));
  leave();
  const settings = engine.settings.get();
  engine.settings.set({ ...settings, log: { ...settings.log, keepDays: 9 } });
  expect(days).toEqual([9]);
  expect(troubles).toContain('what follows the overview failed: the window is gone');
  expect(troubles).toContain('what follows a change of the settings failed: the window is gone');
});

describe('faults', () => {
  it('in great number are counted all, and not logged all', () => {
    const log: string[] = [];
    const clock = new FakeClock(60_000);
    const faults = new Faults(logInto(log), clock);
    for (let number = 0; number < 1000; number++) faults.take(unforeseen(new Error(`number ${number}`)));
    expect(faults.present).toEqual({ count: 1000, since: 60_000, lastAt: 60_000, words: 'number 999' });
    expect([...faults.counts]).toEqual([['process', 1000]]);
    expect(log).toHaveLength(11);
    expect(log[10]).toContain('counted in this minute, not logged');
    clock.pass(60_000);
    faults.take(unforeseen('anything at all'));
    expect(log).toHaveLength(12);
  });

  it('of which one comes again and again hide no other: not of another part, nor of the same, nor what nobody foresaw', () => {
    const log: string[] = [];
    const faults = new Faults(logInto(log), new FakeClock(60_000));
    const noisy = { part: 'user-interface', what: 'a call failed', error: new Error('row 7') } as const;
    for (let number = 0; number < 100; number++) {
      faults.take({ ...noisy, error: new Error(`row ${number}`) });
      faults.take(unforeseen(new TypeError('x is undefined')));
    }
    expect(log).toHaveLength(22);
    log.length = 0;
    faults.take({ part: 'storage', what: 'the log cannot be renewed', error: new Error('EIO') });
    faults.take({ ...noisy, what: '"renew" failed' });
    faults.take({ ...noisy, error: new RangeError('out of memory') });
    faults.take(unforeseen(new RangeError('too deep')));
    expect(log).toEqual([
      'the log cannot be renewed: EIO',
      '"renew" failed: row 7',
      'a call failed: RangeError: out of memory',
      'a fault inside Mailward: RangeError: too deep',
    ]);
    expect([...faults.counts]).toEqual([
      ['user-interface', 102],
      ['process', 101],
      ['storage', 1],
    ]);
  });

  it('of ever new kinds are logged in bounds, and hide none of another part', () => {
    const log: string[] = [];
    const clock = new FakeClock(60_000);
    const faults = new Faults(logInto(log), clock);
    const letters = (number: number) => number.toString(2).replace(/0/g, 'o').replace(/1/g, 'i');
    const many = () => {
      for (let number = 0; number < 10_000; number++)
        faults.take({ part: 'bounces', what: `the way to ${letters(number)} cannot be found`, error: 'no' });
    };
    many();
    expect(log.length).toBeLessThan(50);
    expect(log.at(-1)).toContain('counted in this minute, not logged');
    log.length = 0;
    faults.take({ part: 'storage', what: 'the log cannot be renewed', error: 'EIO' });
    expect(log).toEqual(['the log cannot be renewed: EIO']);
    clock.pass(60_000);
    many();
    expect(log.length).toBeGreaterThan(20);
    expect(faults.present?.count).toBe(20_001);
  });

  it('of any kind, and a log that fails, are no further fault', () => {
    const broken = () => {
      throw new Error('EPIPE');
    };
    const faults = new Faults({ fault: broken, note: broken }, systemClock);
    for (const thrown of [
      undefined,
      null,
      7,
      '',
      Symbol('x'),
      { toString: null },
      new Error('x'.repeat(10_000)),
    ]) {
      expect(() => faults.take(unforeseen(thrown))).not.toThrow();
    }
    expect(faults.present?.count).toBe(7);
    expect(faults.present?.words.length).toBeLessThanOrEqual(300);
  });
});
