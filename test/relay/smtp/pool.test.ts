// Connections kept for later: the freshest first, none that is dead, none that nobody wants for long, none to another server.
import { beforeEach, expect, it } from 'vitest';
import { destinationSchema, type Destination } from '../../../shared/domain.ts';
import { SessionPool } from '../../../src-main/relay/smtp/pool.ts';
import type { Session } from '../../../src-main/relay/smtp/session.ts';
import { FakeClock } from '../../clock/fake-clock.ts';

const IDLE_MS = 3_000;
const office = destinationSchema.parse({ host: 'mail.example.com' });
const other = destinationSchema.parse({ host: 'mx.example.org' });
let clock: FakeClock;
let pool: SessionPool;
let closed: string[];

beforeEach(() => {
  clock = new FakeClock();
  pool = new SessionPool(clock, IDLE_MS);
  closed = [];
});

/** As much of a session as a pool sees of it. */
function session(name: string, destination: Destination = office): Session & { usable: boolean } {
  return { name, destination, usable: true, close: () => closed.push(name) } as unknown as Session;
}

it('the one that was used last is taken, and only to the same destination', () => {
  const [first, second] = [session('first'), session('second')];
  pool.keep(first);
  pool.keep(second);
  expect(pool.has(other)).toBe(false);
  expect(pool.take(other)).toBeNull();
  expect([pool.take(office), pool.take(office), pool.take(office)]).toEqual([second, first, null]);
});

it('one that the server ended meanwhile is none', () => {
  const [alive, dead] = [session('alive'), session('dead')];
  pool.keep(alive);
  pool.keep(dead);
  dead.usable = false;
  expect(pool.take(office)).toBe(alive);
  pool.keep(alive);
  alive.usable = false;
  expect(pool.has(office)).toBe(false);
});

it('what nobody wants is closed in time, what was used meanwhile is not', () => {
  const [old, busy] = [session('old'), session('busy')];
  pool.keep(old);
  pool.keep(busy);
  clock.pass(IDLE_MS - 1);
  expect(pool.take(office)).toBe(busy);
  pool.keep(busy);
  expect(closed).toEqual([]);
  clock.pass(1);
  expect(closed).toEqual(['old']);
  clock.pass(2 * IDLE_MS);
  expect(closed).toEqual(['old', 'busy']);
  expect(clock.next).toBeNull();
});

it('all to one destination can be closed, or all', () => {
  pool.keep(session('office'));
  pool.keep(session('other', other));
  pool.close(office);
  expect(closed).toEqual(['office']);
  pool.close();
  expect(closed).toEqual(['office', 'other']);
  expect(clock.next).toBeNull();
});
