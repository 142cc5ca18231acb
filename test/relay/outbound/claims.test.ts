// Who has which mail in hand: never two at once, and nobody while it is being changed.
import { expect, it } from 'vitest';
import { Claim, Claims, type ClaimHolder } from '../../../src-main/relay/outbound/claims.ts';
import { FakeClock } from '../../clock/fake-clock.ts';

/** One that gives back at once whatever it has not begun. */
function holder(claims: Claims) {
  const has: Claim[] = [];
  const self: ClaimHolder & { has: Claim[]; take: (id: number, ...positions: number[]) => Claim | null } = {
    has,
    take: (id, ...positions) => {
      const claim = claims.tryTake(id, positions, self);
      if (claim) has.push(claim);
      return claim;
    },
    takeBack: (ids) => {
      for (const claim of has.filter(({ id, begun }) => ids.has(id) && !begun)) {
        has.splice(has.indexOf(claim), 1);
        claims.give(claim);
      }
    },
  };
  return self;
}

function table() {
  const clock = new FakeClock();
  const claims = new Claims(clock);
  return { clock, claims, lane: holder(claims), other: holder(claims) };
}

it('a recipient is in one hand at a time; others of the same message are free', () => {
  const { claims, lane, other } = table();
  const first = lane.take(1, 0, 1)!;
  expect(other.take(1, 1, 2)).toBeNull();
  expect(other.take(1, 2)).toBeInstanceOf(Claim);
  claims.give(first);
  expect(other.take(1, 1)).toBeInstanceOf(Claim);
});

it('tells whoever waits as soon as something of the message comes free, once', () => {
  const { claims, lane } = table();
  const told: string[] = [];
  const claim = lane.take(1, 0)!;
  claims.whenFree(1, () => told.push('free'));
  claims.give(lane.take(2, 0)!);
  expect(told).toEqual([]);
  claims.give(claim);
  claims.give(lane.take(1, 0)!);
  expect(told).toEqual(['free']);
});

it('what was given back or changed while the disk was read is not taken from what was read', async () => {
  const { claims, lane, other } = table();
  const [given, another] = [lane.take(1, 0)!, other.take(2, 0)!];
  lane.take(3, 0);
  const look = claims.look();
  claims.give(given);
  claims.give(another);
  await claims.change([4], () => Promise.resolve());
  expect([1, 2, 3, 4].map((id) => look.tryTake(id, [0], lane))).toEqual(['own', 'stale', 'own', 'stale']);
  expect(look.tryTake(3, [0], other)).toBe('taken');
  expect(look.tryTake(5, [0], lane)).toBeInstanceOf(Claim);
  look.end();
  const next = claims.look();
  expect(next.tryTake(1, [0], lane)).toBeInstanceOf(Claim);
  next.end();
});

it('does not call a message one’s own of which only some recipients are', () => {
  const { claims, lane } = table();
  const [whole, part] = [lane.take(1, 0, 1)!, lane.take(2, 0)!];
  const look = claims.look();
  expect([look.tryTake(1, [0, 1], lane), look.tryTake(2, [0, 1], lane)]).toEqual(['own', 'taken']);
  claims.give(whole);
  claims.give(part);
  expect([look.tryTake(1, [0, 1], lane), look.tryTake(2, [0, 1], lane)]).toEqual(['own', 'stale']);
  look.end();
});

it('a change takes back what was not begun, lets what is being offered go on, and keeps others away until it is done', async () => {
  const { claims, lane, other } = table();
  const begun = lane.take(1, 0)!;
  begun.begun = true;
  lane.take(2, 0);
  lane.take(3, 0);
  const told: string[] = [];
  const value = await claims.change([1, 2], async () => {
    expect(lane.has.map(({ id }) => id)).toEqual([1, 3]);
    expect(claims.takenBy([1, 2, 3], (one) => one === lane)).toEqual([1, 3]);
    expect(other.take(2, 0)).toBeNull();
    claims.whenFree(2, () => told.push('free'));
    await Promise.resolve();
    expect(told).toEqual([]);
    return 'changed';
  });
  expect([value, begun.outOfDate, told]).toEqual(['changed', true, ['free']]);
  expect(other.take(2, 0)).toBeInstanceOf(Claim);
});

it('two changes at once keep others away until both are done, also when one fails', async () => {
  const { claims, lane } = table();
  let end = (): void => undefined;
  const long = claims.change([1], () => new Promise<void>((resolve) => (end = resolve)));
  await expect(claims.change([1], () => Promise.reject(new Error('full')))).rejects.toThrow('full');
  expect(lane.take(1, 0)).toBeNull();
  end();
  await long;
  expect(lane.take(1, 0)).toBeInstanceOf(Claim);
});

it('waits for what somebody is offering, and no longer than it is told to', async () => {
  const { clock, claims, lane, other } = table();
  const [first, second] = [lane.take(1, 0)!, lane.take(2, 0)!];
  other.take(3, 0);
  const isLane = (one: ClaimHolder) => one === lane;
  let over = false;
  const waiting = claims.untilFree([1, 2, 3], isLane, 10_000).then(() => (over = true));
  claims.give(first);
  await Promise.resolve();
  expect(over).toBe(false);
  claims.give(second);
  await waiting;
  expect(clock.next).toBeNull();

  lane.take(4, 0);
  const inVain = claims.untilFree([4], isLane, 10_000);
  clock.pass(10_000);
  await inVain;
  expect(claims.takenBy([4], isLane)).toEqual([4]);
});
