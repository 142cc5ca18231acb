// The three kinds of ways out: a domain's own, another server, and a stranger's for bounces; on a fake clock.
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../shared/settings.ts';
import { BounceRoutes } from '../../../src-main/relay/outbound/bounce-routes.ts';
import { Reroutes } from '../../../src-main/relay/outbound/reroutes.ts';
import { Directory } from '../../../src-main/relay/policy/directory.ts';
import type { NewMessage } from '../../../src-main/relay/spool/spool.ts';
import { routeText } from '../../../src-main/storage/operations/ways.ts';
import { Sink } from '../../lab/sink.ts';
import { until } from '../../lab/wait.ts';
import { domainWith, OfficeQueue, toPort } from './office-queue.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const denied = '554 5.7.1 <bob@example.com>: Relay access denied';

describe('a domain’s own way', () => {
  it('says that the server stopped taking mail after as many messages as the settings say, and not before', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => denied;
    await using queue = new OfficeQueue();
    queue.settings = settingsSchema.parse({ autoHold: { deniedMessages: 3 }, delivery: { concurrency: 1 } });
    const way = queue.wayOf(domainWith(office.port));
    for (const told of [0, 0, 1]) {
      const id = await queue.put();
      way.lane.wake();
      await queue.runUntil('the message to be denied', () => queue.recipient(id).attempts > 0);
      expect(queue.told.filter((words) => words === 'stopped example.com relay-denied')).toHaveLength(told);
    }
  });

  it('on hold by itself offers another held message every so often, oldest first, until the server takes one', async () => {
    await using office = await new Sink().start();
    const heard: string[] = [];
    office.temper.rcpt = (recipient) =>
      recipient.startsWith('postmaster') ? denied : (heard.push(recipient), denied);
    await using queue = new OfficeQueue();
    const ids = [
      await queue.put(['a@example.com'], 'held', 'mode'),
      await queue.put(['b@example.com'], 'held', 'mode'),
    ];
    queue.wayOf(domainWith(office.port, { name: 'hold', setBy: 'mailward' }));
    const start = queue.clock.now();
    // Written down, too: a server that is asked for the postmaster meanwhile would be home.
    const asked = () => ids.reduce((sum, id) => sum + queue.recipient(id).attempts, 0);
    await queue.runUntil('three questions', () => asked() === 3);
    expect(heard.map((address) => address[0])).toEqual(['a', 'b', 'a']);
    expect(queue.clock.now() - start).toBeGreaterThanOrEqual(3 * queue.settings.autoHold.testSeconds * 1000);
    expect(queue.told).not.toContain('recovered example.com');
    office.temper.rcpt = () => null;
    await queue.runUntil('the server to be home', () => queue.told.includes('recovered example.com'));
    expect(office.taken).toBe(1);
  });

  it('on hold by an admin asks the server nothing', async () => {
    await using office = await new Sink().start();
    await using queue = new OfficeQueue();
    await queue.put(['a@example.com'], 'held', 'mode');
    queue.wayOf(domainWith(office.port, { name: 'hold', setBy: 'admin' })).lane.wake();
    queue.clock.pass(DAY);
    expect([queue.clock.next, office.connections]).toEqual([null, 0]);
  });
});

describe('another server', () => {
  async function reroute(queue: OfficeQueue, ids: number[], port: number): Promise<void> {
    const slice = {
      ids,
      domain: null,
      states: null,
      route: toPort(port),
      reason: '',
      now: queue.clock.now(),
    };
    await queue.claims.change(ids, () => queue.db.write('putWay', slice));
  }

  function reroutes(queue: OfficeQueue): Reroutes {
    return new Reroutes(queue.lanes);
  }

  /** Lets the clock go on a little at a time until something is so. */
  const passes = async (queue: OfficeQueue, expected: string, ask: () => boolean) =>
    until(
      expected,
      () => {
        const found = ask();
        if (!found) queue.clock.pass(20);
        return found;
      },
      { every: 1 },
    );

  it('is tried by the retry schedule from its beginning, never expires, and is not the domain’s trouble', async () => {
    await using office = await new Sink().start();
    await using spare = await new Sink().start();
    spare.temper.rcpt = () => '451 4.3.2 come back later';
    await using queue = new OfficeQueue();
    const ways = reroutes(queue);
    const id = await queue.put();
    await reroute(queue, [id], spare.port);
    const start = queue.clock.now();
    ways.start();
    for (let tries = 1; queue.clock.now() < start + 8 * DAY; tries++) {
      await passes(queue, 'the next attempt', () => queue.recipient(id).way_attempts === tries);
      if (tries === 1) expect(queue.recipient(id).next_at).toBeLessThan(start + 1.2 * MINUTE);
      queue.clock.pass((queue.recipient(id).next_at ?? 0) - queue.clock.now());
    }
    expect(queue.recipient(id)).toMatchObject({ state: 'held', deferrals: 0 });
    expect([queue.lessons, office.taken]).toEqual([[], 0]);
    spare.temper.rcpt = () => null;
    await passes(queue, 'the message to arrive', () => queue.recipient(id).state === 'delivered');
    expect(queue.recipient(id)).toMatchObject({ way: null, way_attempts: 0, next_at: null });
    await ways.close();
  });

  it('forgets that the server was away when somebody asks, and closes what nothing is sent by any more', async () => {
    await using spare = await new Sink().start();
    await spare.stop();
    await using queue = new OfficeQueue();
    const ways = reroutes(queue);
    const id = await queue.put();
    await reroute(queue, [id], spare.port);
    ways.start();
    const pause = () => ways.pausedUntil(toPort(spare.port)) - queue.clock.now();
    await passes(queue, 'the server to be found away', () => pause() > 0);
    await until('that to be on disk', () => queue.recipient(id).way_attempts === 1);
    await spare.start();
    await queue.db.write('act', {
      ...{ action: 'retry', ids: [id], domain: null, heldBy: 'admin' },
      now: queue.clock.now(),
    });
    ways.wake();
    const asked = queue.clock.now();
    await passes(queue, 'the message to arrive', () => queue.recipient(id).state === 'delivered');
    expect(queue.clock.now() - asked).toBeLessThan(4_000);
    expect(await queue.db.read('wayRoutes')).toEqual([]);
    ways.wake();
    await until('the way to be closed', () => ways.pausedUntil(toPort(spare.port)) === 0);
    await ways.close();
  });

  it('is tried at once when it was chosen anew while it was being asked, and what it said before plans nothing', async () => {
    await using spare = await new Sink().start();
    spare.temper.rcpt = () => '451 4.3.2 come back later';
    await using queue = new OfficeQueue();
    const ways = reroutes(queue);
    const id = await queue.put();
    await reroute(queue, [id], spare.port);
    let again = false;
    queue.db.before = async (name) => {
      if (name !== 'settle' || again) return;
      again = true;
      queue.clock.pass(1);
      await reroute(queue, [id], spare.port);
    };
    ways.start();
    const start = queue.clock.now();
    await passes(queue, 'the second attempt', () => queue.recipient(id).attempts === 2);
    expect(queue.recipient(id)).toMatchObject({ state: 'held', way_attempts: 1 });
    expect(queue.clock.now() - start).toBeLessThan(5_000);
    await ways.close();
  });

  it('keeps what was chosen while the domain’s own server was being asked, whatever that one says but yes', async () => {
    await using office = await new Sink().start();
    await using queue = new OfficeQueue();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    const id = await queue.put();
    let rerouted: Promise<void> | null = null;
    queue.db.before = async (name) => {
      // The server has answered, and that is not on disk yet.
      if (name === 'settle') await (rerouted ??= reroute(queue, [id], 2525));
    };
    queue.wayOf(domainWith(office.port)).lane.wake();
    await queue.runUntil('the attempt to be written', () => queue.recipient(id).attempts === 1);
    expect(queue.recipient(id)).toMatchObject({
      ...{ state: 'held', way: routeText(toPort(2525)), way_attempts: 0 },
      next_at: queue.clock.now(),
    });
  });
});

describe('a stranger’s server', () => {
  function bounceRoutes(queue: OfficeQueue, port: number, mx: () => Promise<unknown[]>): BounceRoutes {
    return new BounceRoutes({
      ...queue.lanes,
      directory: new Directory(),
      settings: () => queue.settings,
      givesUp: () => queue.givesUp,
      exchange: {
        resolve: async (name: string, type: string) =>
          type === 'MX' ? mx() : type === 'A' && name === 'mx.example.org' ? ['127.0.0.1'] : [],
        ...{ port, allowInner: true, random: () => 0.5 },
      },
    });
  }

  it('is looked up, asked again where DNS does not answer, and given up for good where the domain takes no mail', async () => {
    await using server = await new Sink().start();
    await using queue = new OfficeQueue();
    let answer: () => Promise<unknown[]> = () =>
      Promise.reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }));
    const routes = bounceRoutes(queue, server.port, () => answer());
    const id = await queue.put(['ann@example.org']);
    queue.isBounceFor(id, await queue.put());
    const bounce = { recipients: [{ domain: 'example.org', state: 'queued' }] } as unknown as NewMessage;
    routes.accepted(bounce);
    await until('DNS to be asked', () => queue.recipient(id).next_at === queue.clock.now() + 10 * MINUTE);
    queue.clock.pass(10 * MINUTE);
    answer = () => Promise.resolve([{ exchange: '', priority: 0 }]);
    routes.accepted(bounce);
    await until('the domain to be found without mail', () => queue.recipient(id).state === 'refused');
    await routes.close();
  });
});
