// A service under a clock that is set while it runs, and between two runs (libfaketime): the real process, the real clock calls.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageDetailSchema, messageSummarySchema } from '../../shared/message.ts';
import { overviewSchema } from '../../shared/overview.ts';
import { RawClient } from '../lab/client.ts';
import { mailward, Service } from '../lab/mailward.ts';
import { faketimeLibrary } from '../lab/packages.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

/** The clock of a service and of the commands on its folder. */
class SetClock implements Disposable {
  readonly #folder = scratch('clock');
  readonly #file = join(this.#folder.path, 'faketimerc');

  constructor(offset: string) {
    this.set(offset);
  }

  get env(): Record<string, string> {
    return {
      LD_PRELOAD: faketimeLibrary ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      // No clock that is set moves the one that only counts.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Sets it: `+0` is the right time, `+1y`, `-3h`, `+30d` are others. */
  set(offset: string): void {
    writeFileSync(this.#file, `${offset}\n`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#file, { force: true });
    this.#folder[Symbol.dispose]();
  }
}

async function send(service: Service, subject: string): Promise<string> {
  await using client = await RawClient.greet(service.smtpPort);
  await client.openData('anna@example.net', 'bob@example.com');
  client.send(`Subject: ${subject}\r\n\r\nhello\r\n.\r\n`);
  const { lines } = await client.expect(250);
  return /id (\w+)/.exec(lines.join(' '))?.[1] ?? '';
}

const noticed = (service: Service, how: 'forward' | 'back') =>
  until(
    () => `it does not notice that the clock was set ${how}: ${service.stderr}`,
    () => service.complaints.includes(`clock was set ${how} by`),
  );

describe.skipIf(faketimeLibrary === null)('a clock that is set', () => {
  async function started(clock: SetClock, office: Sink, retrySeconds: number) {
    const service = await Service.start({
      env: clock.env,
      settings: { delivery: { retrySeconds: [retrySeconds] } },
    });
    const tell = (...args: string[]) => mailward([...args, '--data', service.dataDir], { env: clock.env });
    await tell('domain', 'add', 'example.com', '--route', office.route);
    const shown = async (id: string) =>
      messageDetailSchema.parse(JSON.parse((await tell('queue', 'show', id, '--json')).stdout));
    const tried = (id: string, attempts: number) =>
      until(`message ${id} is not tried ${attempts} times`, async () => {
        const detail = await shown(id);
        return detail.attemptList.length >= attempts && detail;
      });
    return { service, tell, shown, tried };
  }

  it('a year ahead and then right: what is held goes, what is deferred is retried, and status says what is so', async () => {
    using clock = new SetClock('+1y');
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    const { service, tell, tried } = await started(clock, office, 86_400);
    await using running = service;
    const early = await send(running, 'early');
    await tried(early, 1);
    clock.set('+0');
    await noticed(running, 'back');
    const late = await send(running, 'late');
    await tried(late, 1);

    const overview = await until('status does not count both', async () => {
      const seen = overviewSchema.parse(JSON.parse((await tell('status', '--json')).stdout));
      return seen.domains[0]?.queued.count === 2 && seen;
    });
    expect(overview.sentence).not.toContain('is flowing');
    expect((await tell('queue', 'retry', '--domain', 'example.com')).stdout).toContain('2 messages');

    await tell('domain', 'mode', 'example.com', 'hold');
    const held = await send(running, 'held');
    office.temper.rcpt = () => null;
    await tell('domain', 'mode', 'example.com', 'deliver');
    for (const id of [early, late, held])
      await until(`${id} is not delivered`, async () => {
        const list = await running.json<unknown>('log', 'list');
        return list
          .map((row) => messageSummarySchema.parse(row))
          .some((row) => row.id === id && row.state === 'delivered');
      });
  });

  for (const [before, after, way] of [
    ['+1h', '+0', 'back'],
    ['-3h', '+0', 'forward'],
  ] as const)
    it(`${before} at the start, then right: a deferred message is retried in its own time`, async () => {
      using clock = new SetClock(before);
      await using office = await new Sink().start();
      office.temper.rcpt = () => '450 4.2.0 not now';
      const { service, tried } = await started(clock, office, 2);
      await using running = service;
      const id = await send(running, 'deferred');
      await tried(id, 1);
      clock.set(after);
      await noticed(running, way);
      office.temper.rcpt = () => null;
      await until('it does not arrive', () => office.taken === 1);
    });

  it('30 days ahead when it is started again: nothing is given up', async () => {
    using clock = new SetClock('+0');
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    const { service, tried } = await started(clock, office, 1);
    await using running = service;
    const id = await send(running, 'waits');
    const { attemptList } = await tried(id, 1);
    await running.stop();
    clock.set('+30d');
    await running.start();
    const detail = await tried(id, attemptList.length + 2);
    expect(detail.state).toBe('queued');
  });
});
