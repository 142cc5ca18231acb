// When a lane offers what is queued, and when it lets go of it again: days of the retry schedule, played in seconds.
import { expect, it } from 'vitest';
import { Sink } from '../../lab/sink.ts';
import { domainWith, OfficeQueue } from './office-queue.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const later = '450 4.2.1 mailbox locked, try again later';
/** When each attempt so far was begun, UTC ms. */
function attemptsAt({ db }: OfficeQueue): number[] {
  const rows = db.sql.prepare('SELECT started_at AS at FROM attempt ORDER BY id').all();
  return (rows as unknown as { at: number }[]).map(({ at }) => at);
}

it('tries what is put off by the retry schedule, a tenth more or less, until it is taken', async () => {
  await using office = await new Sink().start();
  office.temper.rcpt = () => later;
  await using queue = new OfficeQueue();
  const start = queue.clock.now();
  const id = await queue.put();
  queue.wayOf(domainWith(office.port)).lane.wake();
  await queue.runUntil('six attempts', () => attemptsAt(queue).length === 6);
  office.temper.rcpt = () => null;
  await queue.runUntil('the message to be taken', () => queue.recipient(id).state === 'delivered');
  const at = [start, ...attemptsAt(queue)];
  const pauses = at.slice(1).map((one, index) => one - (at[index] ?? 0));
  const schedule = [0, 1, 5, 15, 30, 60, 60].map((minutes) => minutes * MINUTE);
  for (const [index, pause] of pauses.entries())
    expect(Math.abs(pause - (schedule[index] ?? 0))).toBeLessThanOrEqual((schedule[index] ?? 0) / 10 + 1000);
  expect(pauses).toHaveLength(7);
});

it('gives up after the days that the settings say, and tells nobody before', async () => {
  await using office = await new Sink().start();
  office.temper.rcpt = () => later;
  await using queue = new OfficeQueue();
  const start = queue.clock.now();
  const id = await queue.put();
  queue.wayOf(domainWith(office.port)).lane.wake();
  await queue.runUntil('the message to be given up', () => queue.recipient(id).state === 'expired');
  const waited = queue.clock.now() - start;
  expect(waited).toBeGreaterThan(queue.settings.delivery.expireDays * DAY);
  expect(waited).toBeLessThan(queue.settings.delivery.expireDays * DAY + 1.1 * HOUR);
  expect(queue.told.at(-1)).toBe('1 expired');
});

it('waits for a server that is away, however much mail there is, and spends nobody’s schedule', async () => {
  await using office = await new Sink().start();
  await office.stop();
  await using queue = new OfficeQueue();
  const ids = await Promise.all(Array.from({ length: 50 }, () => queue.put()));
  queue.wayOf(domainWith(office.port)).lane.wake();
  const end = queue.clock.now() + HOUR;
  await queue.runUntil('an hour to pass', () => queue.clock.now() > end);
  // Twelve pauses of five minutes, and those before; two connections at first, then one.
  expect(attemptsAt(queue).length).toBeLessThan(40);
  expect(ids.map((id) => queue.recipient(id).deferrals)).toEqual(ids.map(() => 0));
  await office.start();
  await queue.runUntil('all to be delivered', () => office.taken === 50);
  expect(office.duplicates).toBe(0);
});

it('offers nothing while its way is closed', async () => {
  await using office = await new Sink().start();
  await using queue = new OfficeQueue();
  const way = queue.wayOf(domainWith(office.port, { name: 'hold', setBy: 'admin' }));
  const id = await queue.put();
  const [message] = await queue.due();
  way.lane.arrived(message!, null);
  way.lane.wake();
  expect(queue.claims.takenBy([id], () => true)).toEqual([]);
  expect(queue.clock.next).toBeNull();
  way.update(domainWith(office.port));
  await queue.runUntil('the message to arrive', () => queue.recipient(id).state === 'delivered');
});

it('lets go of what it has ready as soon as its way is closed', async () => {
  await using office = await new Sink().start();
  office.temper.rcpt = () => later;
  await using queue = new OfficeQueue();
  const way = queue.wayOf(domainWith(office.port));
  // Two connections at first: the third is ready and waits.
  const ids = [await queue.put(), await queue.put(), await queue.put()];
  way.lane.wake();
  queue.clock.pass(50);
  // The look into the queue ends within this turn of the event loop; no server has answered by then.
  await new Promise((resolve) => setImmediate(resolve));
  expect(queue.claims.takenBy(ids, () => true)).toHaveLength(3);
  way.update(domainWith(office.port, { name: 'hold', setBy: 'admin' }));
  expect(queue.claims.takenBy(ids, () => true).length).toBeLessThanOrEqual(2);
  await queue.runUntil('all to be quiet', () => queue.clock.next === null && way.lane.isIdle);
  expect(queue.recipient(ids[2] ?? 0).attempts).toBe(0);
});

it('takes a recipient up that came due while another of the same message was being offered', async () => {
  await using office = await new Sink().start();
  office.temper.rcpt = () => later;
  await using queue = new OfficeQueue();
  const way = queue.wayOf(domainWith(office.port));
  const id = await queue.put(['a@example.com', 'b@example.com']);
  way.lane.wake();
  await queue.runUntil('both to be put off', () => queue.recipient(id, 1).attempts === 1);
  office.temper.rcpt = () => null;
  const set = queue.db.sql.prepare('UPDATE recipient SET next_at = ? WHERE message_id = ? AND position = ?');
  set.run(queue.clock.now() + 1000, id, 0);
  set.run(queue.clock.now() + 5000, id, 1);
  let isLate = false;
  queue.db.before = async (name) => {
    // The first is taken, and that is not on disk yet, when the second comes due and is looked for.
    if (name !== 'settle' || isLate) return;
    isLate = true;
    queue.clock.pass(5000);
    await new Promise((resolve) => setImmediate(resolve));
  };
  way.lane.wake();
  await queue.runUntil('both to arrive', () => queue.recipient(id, 1).state === 'delivered');
  expect([isLate, office.taken, queue.recipient(id, 0).state]).toEqual([true, 2, 'delivered']);
});

it('does not offer a message again at once when an attempt failed for a reason of our own', async () => {
  await using office = await new Sink().start();
  await using queue = new OfficeQueue();
  await queue.put();
  const way = queue.wayOf(domainWith(office.port));
  queue.lesson = () => {
    throw new Error('a fault of ours');
  };
  way.lane.wake();
  const start = queue.clock.now();
  await queue.runUntil('ten seconds to pass', () => queue.clock.now() > start + 10_000);
  expect(queue.troubles[0]).toMatch(/a fault of ours/);
  expect(office.taken).toBeLessThanOrEqual(6);
});

it('offers nothing that was changed while it was read from the disk', async () => {
  await using office = await new Sink().start();
  await using queue = new OfficeQueue();
  const [changed, other] = [await queue.put(), await queue.put()];
  const way = queue.wayOf(domainWith(office.port));
  let isAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  let goOn = (): void => undefined;
  queue.db.after = async (name) => {
    if (name !== 'due') return;
    isAsked();
    await new Promise<void>((resolve) => (goOn = resolve));
  };
  way.lane.wake();
  queue.clock.pass(50);
  await asked;
  queue.db.after = () => undefined;
  const hold = { action: 'hold' as const, domain: null, heldBy: 'admin' as const, now: queue.clock.now() };
  await queue.claims.change([changed], () => queue.db.write('act', { ...hold, ids: [changed] }));
  goOn();
  await queue.runUntil('the other to arrive', () => queue.recipient(other).state === 'delivered');
  await queue.runUntil('all to be quiet', () => queue.clock.next === null);
  expect([office.taken, queue.recipient(changed).state]).toEqual([1, 'held']);
});

it('looks again for what another had in hand as soon as that one gives it back', async () => {
  await using office = await new Sink().start();
  await using queue = new OfficeQueue();
  const id = await queue.put();
  const claim = queue.claims.tryTake(id, [0], { takeBack: () => undefined })!;
  const way = queue.wayOf(domainWith(office.port));
  way.lane.wake();
  const free = await queue.put();
  await queue.runUntil('the free one to arrive', () => queue.recipient(free).state === 'delivered');
  expect(queue.recipient(id).attempts).toBe(0);
  queue.claims.give(claim);
  await queue.runUntil('the other to arrive', () => queue.recipient(id).state === 'delivered');
});

it('takes a new route at once: what comes then does not wait for the pause of the old one’s server', async () => {
  await using old = await new Sink().start();
  await old.stop();
  await using office = await new Sink().start();
  await using queue = new OfficeQueue();
  const way = queue.wayOf(domainWith(old.port));
  const waiting = await queue.put();
  way.lane.wake();
  const end = queue.clock.now() + 20 * MINUTE;
  await queue.runUntil('a long pause', () => queue.clock.now() > end);
  const before = queue.clock.now();
  way.update(domainWith(office.port));
  const id = await queue.put();
  way.lane.wake();
  await queue.runUntil('the new message to arrive', () => queue.recipient(id).state === 'delivered');
  expect(queue.clock.now() - before).toBeLessThan(1000);
  await queue.runUntil('the old one to arrive', () => queue.recipient(waiting).state === 'delivered');
  expect(queue.clock.now() - before).toBeLessThan(6 * MINUTE);
});
