// One attempt, from the offer to the outcome on disk: what is written of it, by what way it went, and when it cannot be written.
import { expect, it } from 'vitest';
import { Claim } from '../../../src-main/relay/outbound/claims.ts';
import type { AttemptEnd } from '../../../src-main/relay/outbound/delivery.ts';
import { Destinations } from '../../../src-main/relay/outbound/destinations.ts';
import { ServerWatch } from '../../../src-main/relay/outbound/server-watch.ts';
import type { Way, WayOutcome } from '../../../src-main/relay/outbound/way.ts';
import { StorageError } from '../../../src-main/storage/failures.ts';
import { Sink } from '../../lab/sink.ts';
import { until } from '../../lab/wait.ts';
import { OfficeQueue, toPort } from './office-queue.ts';

const DAY = 86_400_000;

/** A queue, a server, and attempts by a way of the test's own. */
async function attempts(wayWith: Partial<Way> = {}) {
  const office = await new Sink().start();
  const queue = new OfficeQueue();
  const outcomes: WayOutcome[] = [];
  const way: Way = {
    name: 'example.com',
    key: { domain: 'example.com' },
    route: () => toPort(office.port),
    mayGo: () => true,
    expires: true,
    teaches: true,
    server: new ServerWatch(queue.clock),
    onOutcome: (outcome) => outcomes.push(outcome),
    ...wayWith,
  };
  const destinations = new Destinations(way.route(), queue.lanes.access);
  return {
    office,
    queue,
    outcomes,
    way,
    destinations,
    attempt: async (isStopping = () => false): Promise<AttemptEnd> => {
      const [message] = await queue.due();
      const permit = destinations.permit(queue.clock.steady(), 1, () => undefined);
      if (!message || 'at' in permit) throw new Error('there is nothing to try, or nowhere');
      const job = {
        message,
        content: null,
        claim: new Claim(message.id, [0], { takeBack: () => undefined }),
      };
      return queue.delivery.attempt(way, job, permit, destinations, isStopping);
    },
    [Symbol.asyncDispose]: async () => {
      destinations.close();
      await office[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}

it('what was taken is on disk before anybody is told', async () => {
  await using one = await attempts();
  const id = await one.queue.put();
  expect(await one.attempt()).toEqual({ nextAt: null });
  expect(one.queue.recipient(id)).toMatchObject({ state: 'delivered', attempts: 1 });
  expect(one.outcomes).toMatchObject([{ state: 'delivered', refusing: false }]);
  expect(one.queue.lessons).toEqual(['example.com: bob@example.com']);
});

it('a way that does not expire gives nothing up, and one that teaches nothing asks for no lesson', async () => {
  for (const isOwn of [true, false]) {
    await using one = await attempts({ expires: isOwn, teaches: isOwn });
    one.office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    const id = await one.queue.put();
    one.queue.clock.pass(30 * DAY);
    const attempted = await one.attempt();
    expect(one.queue.recipient(id).state).toBe(isOwn ? 'expired' : 'queued');
    expect(attempted).toEqual({ nextAt: isOwn ? null : one.queue.recipient(id).next_at });
    expect(one.queue.lessons).toHaveLength(isOwn ? 1 : 0);
  }
});

it('nothing is given up while the clock may be wrong', async () => {
  await using one = await attempts();
  one.office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
  const id = await one.queue.put();
  one.queue.clock.pass(30 * DAY);
  one.queue.givesUp = false;
  await one.attempt();
  expect(one.queue.recipient(id).state).toBe('queued');
});

it('an outcome that cannot be written is written again every two seconds until it can be, and the message is not sent twice', async () => {
  await using one = await attempts();
  const { queue } = one;
  const id = await queue.put();
  let full = 3;
  queue.db.before = (name) => {
    if (name === 'settle' && full-- > 0) throw new Error('disk is full');
  };
  const attempted = one.attempt();
  for (let time = 1; time <= 3; time++) {
    await until('the trouble to be told', () => queue.troubles.length === time);
    expect([queue.recipient(id).state, one.outcomes.length]).toEqual(['queued', 0]);
    queue.clock.pass(2_000);
  }
  expect(await attempted).toEqual({ nextAt: null });
  expect([queue.recipient(id).state, one.office.taken]).toEqual(['delivered', 1]);
});

it('who fails when told of an outcome has it written once all the same', async () => {
  await using one = await attempts({
    onOutcome: () => {
      throw new Error('a fault of ours');
    },
  });
  const id = await one.queue.put();
  await expect(one.attempt()).rejects.toThrow('a fault of ours');
  expect(one.queue.recipient(id)).toMatchObject({ state: 'delivered', attempts: 1 });
});

it('at a stop, what cannot be written is left to the next start, and nobody is told what is not on disk', async () => {
  await using one = await attempts();
  await one.queue.put();
  one.queue.db.before = (name) => {
    if (name === 'settle') throw new StorageError('disk is full', 'full');
  };
  await one.attempt(() => true);
  expect([one.outcomes, one.queue.troubles]).toEqual([[], []]);
});

it('a server that refuses three messages in a row for a reason of its own is paused; none of them is refused', async () => {
  await using one = await attempts();
  one.office.temper.rcpt = () => '554 5.7.1 <bob@example.com>: Relay access denied';
  const id = await one.queue.put();
  for (let time = 1; time <= 3; time++) {
    expect(one.destinations.pausedUntil).toBeLessThanOrEqual(one.queue.clock.steady());
    await one.attempt();
    one.queue.clock.pass(3_600_000);
  }
  expect(one.queue.recipient(id)).toMatchObject({ state: 'queued', attempts: 3 });
  expect(one.way.server.condition.trouble).toMatchObject({ cause: 'relay-denied' });
  expect(one.way.server.condition.pausedUntil).toBeGreaterThan(one.queue.clock.now() - 3_600_000);
});
