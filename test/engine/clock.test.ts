// A clock that was wrong and is put right, or the other way round: no mail is stranded by it, and none is given up.
import { createRouterClient } from '@orpc/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEngine } from '../../src-main/engine/engine.ts';
import type { EngineWorld } from '../../src-main/engine/world.ts';
import { LearnedRecipients } from '../../src-main/relay/policy/learned.ts';
import { StorageWatch } from '../../src-main/storage/watch.ts';
import { RawClient } from '../lab/client.ts';
import { Sink } from '../lab/sink.ts';
import { LabTime } from '../lab/time.ts';
import { until } from '../lab/wait.ts';
import { zone, type Records } from '../lab/zone.ts';
import { scratch } from '../lab/scratch.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Settings with one pause between all attempts. */
const retryEvery = (seconds: number) => ({ delivery: { retrySeconds: [seconds] } });

async function start(time: LabTime, settings: Record<string, unknown> = {}, world: EngineWorld = {}) {
  const mailward = await EngineUnderTest.start({}, { ...world, time });
  for (const [part, values] of Object.entries(settings)) {
    const all = mailward.engine.settings.get();
    mailward.engine.settings.set({
      ...all,
      [part]: { ...all[part as keyof typeof all], ...(values as object) },
    });
  }
  return mailward;
}

/** Sets the clock of a running engine, and waits until it has noticed. */
async function set(time: LabTime, mailward: EngineUnderTest, by: number): Promise<void> {
  const before = mailward.troubles.length;
  time.set(by);
  await until('it to notice that the clock was set', () =>
    mailward.troubles
      .slice(before)
      .some((words) => words.includes(by > 0 ? 'set forward by' : 'set back by')),
  );
}

describe('a clock that was a year ahead, put right', () => {
  it('leaves nothing held that came after, and finds it for every action', async () => {
    const time = new LabTime();
    await using office = await new Sink().start();
    await using mailward = await start(time);
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: 'server moves' });
    time.set(YEAR);
    const early = await mailward.send('bob@example.com');
    await set(time, mailward, -YEAR);
    const late = await mailward.send('bob@example.com');
    expect((await mailward.client.messages.get({ id: late })).state).toBe('held');
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await mailward.reaches(early, 'delivered');
    await mailward.reaches(late, 'delivered');
  });

  it('has mail of a domain retried when told, and says how long it has waited', async () => {
    const time = new LabTime();
    time.set(YEAR);
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    await using mailward = await start(time, retryEvery(86_400));
    await mailward.protect('example.com', office.port);
    const early = await mailward.send('bob@example.com');
    await mailward.tried(early, 1);
    await set(time, mailward, -YEAR);
    const late = await mailward.send('bob@example.com');
    await mailward.tried(late, 1);
    await until('the overview to say since when', () => {
      const oldest = mailward.engine.overview().domains[0]?.queued.oldestAt ?? Number.POSITIVE_INFINITY;
      return oldest <= Date.now() && oldest > Date.now() - HOUR;
    });
    office.temper.rcpt = () => null;
    const told = await mailward.client.queue.retry({ domain: 'example.com', states: ['queued'] });
    expect(told.count).toBe(2);
    await mailward.reaches(early, 'delivered');
    await mailward.reaches(late, 'delivered');
  });

  it('finds what came before and after in the log of today', async () => {
    const time = new LabTime();
    time.set(YEAR);
    await using office = await new Sink().start();
    await using mailward = await start(time);
    await mailward.protect('example.com', office.port);
    const early = await mailward.send('bob@example.com');
    await mailward.reaches(early, 'delivered');
    await set(time, mailward, -YEAR);
    const late = await mailward.send('bob@example.com');
    await mailward.reaches(late, 'delivered');
    const today = { from: Date.now() - HOUR, to: Date.now() + MINUTE };
    const { rows } = await mailward.client.messages.list({ ...today, limit: 10 });
    expect(rows.map(({ id }) => id)).toEqual([late, early]);
    expect((await mailward.client.messages.list({ from: Date.now() + DAY, limit: 10 })).rows).toEqual([]);
    const detail = await mailward.client.messages.get({ id: early });
    expect(detail.receivedAt).toBeLessThanOrEqual(Date.now());
    expect(detail.attemptList[0]?.endedAt).toBeLessThanOrEqual(Date.now());
  });
});

describe('a deferred message is tried when its own time has come', () => {
  for (const [name, before, after] of [
    ['after a clock that was an hour ahead was put right', HOUR, -HOUR],
    ['after a clock that was three hours behind was put right', -3 * HOUR, 3 * HOUR],
    ['after a clock that was right was set a year ahead', 0, YEAR],
    ['after a clock that was right was set a year back', 0, -YEAR],
  ] as const)
    it(name, async () => {
      const time = new LabTime();
      time.set(before);
      await using office = await new Sink().start();
      office.temper.rcpt = () => '450 4.2.0 not now';
      await using mailward = await start(time, retryEvery(2));
      await mailward.protect('example.com', office.port);
      const id = await mailward.send('bob@example.com');
      await mailward.tried(id, 1);
      await set(time, mailward, after);
      office.temper.rcpt = () => null;
      await mailward.reaches(id, 'delivered');
    });

  it('and not before, when the clock is set forward', async () => {
    const time = new LabTime();
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    await using mailward = await start(time, retryEvery(3_600));
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('bob@example.com');
    await mailward.tried(id, 1);
    await set(time, mailward, YEAR);
    // What came after is tried at once, so that the lane has looked by then.
    const next = await mailward.send('bob@example.com');
    const tried = await mailward.tried(next, 1);
    expect(tried.attemptList).toHaveLength(1);
    const waiting = await mailward.client.messages.get({ id });
    expect(waiting.attemptList).toHaveLength(1);
    const left = (waiting.nextAttemptAt ?? 0) - time.wall();
    expect(left).toBeGreaterThan(45 * MINUTE);
    expect(left).toBeLessThan(70 * MINUTE);
  });

  for (const [name, restart] of [
    ['after a start three hours behind, as the uptime tells', (time: LabTime) => time.set(-3 * HOUR)],
    [
      'after a start of the machine three hours behind',
      (time: LabTime) => {
        time.reboot();
        time.set(-3 * HOUR);
      },
    ],
  ] as const)
    it(name, async () => {
      const time = new LabTime();
      await using office = await new Sink().start();
      office.temper.rcpt = () => '450 4.2.0 not now';
      await using mailward = await start(time, retryEvery(2));
      await mailward.protect('example.com', office.port);
      const id = await mailward.send('bob@example.com');
      await mailward.tried(id, 1);
      await mailward.engine.close();
      restart(time);
      office.temper.rcpt = () => null;
      await mailward.open();
      await mailward.reaches(id, 'delivered');
    });

  it('after a server was found away, and the clock set back meanwhile', async () => {
    const time = new LabTime();
    const office = await new Sink().start();
    await using mailward = await start(time);
    await mailward.protect('example.com', office.port);
    await office.stop();
    const id = await mailward.send('bob@example.com');
    await mailward.tried(id, 1);
    const since = () => mailward.engine.overview().domains[0]?.outbound.since ?? 0;
    await until('the overview to say that it is away', () => since() > 0);
    await set(time, mailward, -HOUR);
    // For as long as it really is.
    await until(
      'it to be away since it was',
      () => since() > time.wall() - 10 * MINUTE && since() <= time.wall(),
    );
    await office.start();
    await mailward.reaches(id, 'delivered');
    await office.stop();
  });

  it('on a reroute', async () => {
    const time = new LabTime();
    time.set(HOUR);
    await using office = await new Sink().start();
    await using other = await new Sink().start();
    other.temper.rcpt = () => '450 4.2.0 not now';
    await using mailward = await start(time, retryEvery(2));
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
    const id = await mailward.send('bob@example.com');
    await mailward.client.queue.reroute({
      selection: { ids: [id] },
      route: [{ host: '127.0.0.1', port: other.port }],
      reason: 'a test',
    });
    await mailward.tried(id, 1);
    await set(time, mailward, -HOUR);
    other.temper.rcpt = () => null;
    await mailward.reaches(id, 'delivered');
    expect(other.arrivals).toHaveLength(1);
  });
});

describe('nothing is given up because of the clock', () => {
  /** A message that waits, and one second between attempts. */
  async function waiting(time: LabTime) {
    const office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    const mailward = await start(time, retryEvery(1));
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('bob@example.com');
    await mailward.tried(id, 1);
    const attempts = async () => (await mailward.client.messages.get({ id })).attemptList.length;
    return {
      mailward,
      id,
      more: async () => mailward.tried(id, (await attempts()) + 2),
      [Symbol.asyncDispose]: async () => {
        await mailward[Symbol.asyncDispose]();
        await office.stop();
      },
    };
  }

  it('that is set 30 days forward: it has waited no longer for that', async () => {
    const time = new LabTime();
    await using one = await waiting(time);
    await set(time, one.mailward, 30 * DAY);
    expect((await one.more()).state).toBe('queued');
    time.pass(2 * HOUR);
    expect((await one.more()).state).toBe('queued');
  });

  it('that is set 30 days forward between two runs: the machine’s uptime tells that it has waited no longer', async () => {
    const time = new LabTime();
    await using one = await waiting(time);
    await one.mailward.engine.close();
    time.set(30 * DAY);
    await one.mailward.open();
    expect((await one.more()).state).toBe('queued');
    time.pass(2 * HOUR);
    expect((await one.more()).state).toBe('queued');
  });

  it('that is 30 days ahead when the machine is started; but after an hour it is taken for right', async () => {
    const time = new LabTime();
    await using one = await waiting(time);
    await one.mailward.engine.close();
    time.reboot();
    time.set(30 * DAY);
    await one.mailward.open();
    expect((await one.more()).state).toBe('queued');
    // Another start within the hour makes it no shorter.
    await one.mailward.engine.close();
    await one.mailward.open();
    expect((await one.more()).state).toBe('queued');
    time.pass(61 * MINUTE);
    await one.mailward.reaches(one.id, 'expired');
  });

  it('that is put right within the hour', async () => {
    const time = new LabTime();
    await using one = await waiting(time);
    await one.mailward.engine.close();
    time.reboot();
    time.set(30 * DAY);
    await one.mailward.open();
    await set(time, one.mailward, -30 * DAY);
    time.pass(2 * HOUR);
    expect((await one.more()).state).toBe('queued');
  });

  it('that slept: what is late is tried first', async () => {
    const time = new LabTime();
    await using one = await waiting(time);
    time.sleep(6 * DAY);
    expect((await one.more()).state).toBe('queued');
    time.pass(61 * MINUTE);
    await one.mailward.reaches(one.id, 'expired');
  });
});

it('an end time set by a clock that was behind comes when the right clock says so', async () => {
  const time = new LabTime();
  time.set(-3 * HOUR);
  await using office = await new Sink().start();
  await using mailward = await start(time);
  await mailward.protect('example.com', office.port);
  await mailward.client.domains.setMode({
    name: 'example.com',
    mode: 'hold',
    reason: 'server moves',
    until: time.wall() + 2 * HOUR,
  });
  const id = await mailward.send('bob@example.com');
  await set(time, mailward, 3 * HOUR);
  await mailward.reaches(id, 'delivered');
});

describe('what the machine slept through is done when it wakes', () => {
  it('a hold ends whose end time passed', async () => {
    const time = new LabTime();
    await using office = await new Sink().start();
    await using mailward = await start(time);
    await mailward.protect('example.com', office.port);
    const ends = time.wall() + 2 * HOUR;
    await mailward.client.domains.setMode({
      name: 'example.com',
      mode: 'hold',
      reason: 'a holiday',
      until: ends,
    });
    const id = await mailward.send('bob@example.com');
    expect((await mailward.client.messages.get({ id })).state).toBe('held');
    time.sleep(3 * DAY);
    await mailward.reaches(id, 'delivered');
  });

  it('a sender is told who was to be told meanwhile', async () => {
    const time = new LabTime();
    await using office = await new Sink().start();
    office.temper.rcpt = (address) => (address.startsWith('gone') ? '550 5.1.1 User unknown' : null);
    await using mailward = await start(time, {
      bounces: { gatherSeconds: 3_600 },
      recipients: { ask: false },
    });
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('gone@example.com', 'Subject: a\r\n\r\nb\r\n', 'ann@example.com');
    await mailward.reaches(id, 'refused');
    time.sleep(2 * HOUR);
    await until('the sender to be told', () => office.arrivals.length === 1);
  });
});

it('the overview goes on, and says that mail flows, when the clock is set back', async () => {
  const time = new LabTime();
  await using office = await new Sink().start();
  await using mailward = await start(time);
  await mailward.protect('example.com', office.port);
  await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
  await set(time, mailward, -DAY);
  await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
  await until('the overview to be of now', () => {
    const { at, sentence, domains } = mailward.engine.overview();
    const last = domains[0]?.outbound.lastDeliveredAt ?? 0;
    return at <= time.wall() && last <= time.wall() && sentence === 'Mail for example.com is flowing.';
  });
});

describe('a message that is on its way in while the clock is set', () => {
  for (const [name, before, after] of [
    ['back', YEAR, -YEAR],
    ['forward', -YEAR, YEAR],
  ] as const)
    it(`${name} came when it came: it goes when it is let go, is found, and is not given up`, async () => {
      const time = new LabTime();
      time.set(before);
      await using office = await new Sink().start();
      office.temper.rcpt = () => '450 4.2.0 not now';
      await using mailward = await start(time, retryEvery(1));
      await mailward.protect('example.com', office.port);
      await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: 'server moves' });
      await using client = await RawClient.greet(mailward.engine.smtp?.port ?? 0);
      await client.openData('ann@example.org', 'bob@example.com');
      client.send('Subject: half of it\r\n\r\n');
      await set(time, mailward, after);
      client.send('and the rest\r\n.\r\n');
      const { lines } = await client.expect(250);
      const id = /id (\w+)/.exec(lines.join(' '))?.[1] ?? '';
      const { state, receivedAt } = await mailward.client.messages.get({ id });
      expect(state).toBe('held');
      expect(receivedAt).toBeGreaterThan(time.wall() - HOUR);
      expect(receivedAt).toBeLessThanOrEqual(time.wall());
      const past = { from: receivedAt - 2 * YEAR, to: time.wall() + MINUTE, limit: 10 };
      expect((await mailward.client.messages.list(past)).rows.map((row) => row.id)).toEqual([id]);
      await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
      await mailward.tried(id, 1);
      time.pass(2 * HOUR);
      const { attemptList } = await mailward.client.messages.get({ id });
      expect((await mailward.tried(id, attemptList.length + 2)).state).toBe('queued');
      office.temper.rcpt = () => null;
      await mailward.reaches(id, 'delivered');
    });

  it('is tried in its own time also where it was never held', async () => {
    const time = new LabTime();
    time.set(YEAR);
    const office = await new Sink().start();
    await using mailward = await start(time, retryEvery(1));
    await mailward.protect('example.com', office.port);
    // With its server away it waits on disk, and is looked for there.
    await office.stop();
    await mailward.tried(await mailward.send('bob@example.com'), 1);
    await using client = await RawClient.greet(mailward.engine.smtp?.port ?? 0);
    await client.openData('ann@example.org', 'bob@example.com');
    await set(time, mailward, -YEAR);
    client.send('Subject: the other\r\n\r\n.\r\n');
    const { lines } = await client.expect(250);
    await office.start();
    await mailward.reaches(/id (\w+)/.exec(lines.join(' '))?.[1] ?? '', 'delivered');
    await office.stop();
  });
});

it('a sender of whom DNS said nothing yet is told also when the clock is set forward meanwhile', async () => {
  const time = new LabTime();
  const records: Records = { 'sender.example TXT': ['broken'], 'sender.example MX': ['broken'] };
  await using office = await new Sink().start();
  await using world = await new Sink().start();
  office.temper.rcpt = () => '550 5.1.1 User unknown';
  const gathers = { bounces: { gatherSeconds: 0 }, recipients: { ask: false } };
  const there = { resolve: zone(records), smtpPort: world.port, allowInner: true };
  await using mailward = await start(time, gathers, there);
  await mailward.protect('example.com', office.port);
  const id = await mailward.send('gone@example.com', 'Subject: a\r\n\r\nb\r\n', 'ann@sender.example');
  await mailward.reaches(id, 'refused');
  const bounce = async () => (await mailward.client.messages.get({ id })).bounce;
  const dueAgain = async () => (await bounce())?.at ?? 0;
  await until('DNS to have said nothing', async () => (await dueAgain()) > time.wall() + MINUTE);
  time.pass(11 * MINUTE);
  await set(time, mailward, YEAR);
  await until('it to be asked again, or decided', async () => (await dueAgain()) > time.wall() - MINUTE);
  expect(await bounce()).toMatchObject({ state: 'due' });
  records['sender.example TXT'] = [['v=spf1 ip4:127.0.0.1 -all']];
  records['sender.example MX'] = [{ exchange: 'mx.sender.example', priority: 10 }];
  records['mx.sender.example A'] = ['127.0.0.1'];
  time.pass(11 * MINUTE);
  await set(time, mailward, HOUR);
  await until('the sender to be told', () => world.arrivals.length === 1);
});

describe('a clock that is put right while Mailward starts', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  /** Something happens when the database is open, and nobody has looked at the last run yet. */
  const whenOpen = (act: () => void) => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on what it was called on
    const { start: really } = StorageWatch.prototype;
    vi.spyOn(StorageWatch.prototype, 'start').mockImplementationOnce(function (this: StorageWatch, db) {
      act();
      really.call(this, db);
    });
  };

  for (const [name, by] of [
    ['two days behind', 2 * DAY],
    ['two days ahead', -2 * DAY],
  ] as const)
    it(`after it was ${name} leaves the log as it was, and is no jump`, async () => {
      const time = new LabTime();
      await using office = await new Sink().start();
      await using mailward = await start(time);
      await mailward.protect('example.com', office.port);
      const id = await mailward.send('bob@example.com');
      const before = await mailward.reaches(id, 'delivered');
      await mailward.engine.close();
      time.set(-by);
      whenOpen(() => time.set(by));
      await mailward.open();
      await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
      const { receivedAt, attemptList } = await mailward.client.messages.get({ id });
      expect({ receivedAt, attemptList }).toEqual({
        receivedAt: before.receivedAt,
        attemptList: before.attemptList,
      });
      expect(mailward.troubles).toEqual([]);
      expect(Math.abs(mailward.engine.startedAt - time.wall())).toBeLessThan(HOUR);
    });

  it('is followed by a command that works on the folder, at its start and later', async () => {
    using folder = scratch('clock');
    const time = new LabTime();
    whenOpen(() => time.set(2 * DAY));
    const world: EngineWorld = { time };
    const engine = await openEngine({ dataDir: folder.path, host: 'service', offline: true, world });
    try {
      expect(Math.abs(engine.startedAt - time.wall())).toBeLessThan(HOUR);
      const client = createRouterClient(engine.router);
      await client.domains.add({ name: 'example.com', route: [{ host: '127.0.0.1', port: 9 }] });
      time.set(-5 * DAY);
      const { mode } = await client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
      expect(Math.abs(mode.since - time.wall())).toBeLessThan(HOUR);
    } finally {
      await engine.close();
    }
  });

  it('in the middle of it, is told to all that hold times of what is on disk', async () => {
    const time = new LabTime();
    await using office = await new Sink().start();
    await using mailward = await start(time);
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: 'server moves' });
    await mailward.engine.close();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on what it was called on
    const { load: really } = LearnedRecipients.prototype;
    const loads = vi.spyOn(LearnedRecipients.prototype, 'load').mockImplementation(really);
    loads.mockImplementationOnce(async function (this: LearnedRecipients) {
      time.set(-2 * DAY);
      await really.call(this);
    });
    await mailward.open();
    await until('all that was learned to be read again', () => loads.mock.calls.length === 2);
    await until('nothing to be held since a time to come', async () => {
      const [domain] = await mailward.client.domains.list();
      return domain !== undefined && domain.mode.since <= time.wall();
    });
    expect(mailward.troubles.filter((words) => words.includes('set back by 2 days'))).toHaveLength(1);
  });
});
