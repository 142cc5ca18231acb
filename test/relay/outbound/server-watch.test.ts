// What attempts tell of the way to a server, and when its domain's mail is better held.
import { systemClock } from '../../../src-main/clock/watched.ts';
import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../shared/cause.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { DestinationFailed } from '../../../src-main/relay/smtp/destination-failed.ts';
import type { RecipientResult } from '../../../src-main/relay/outbound/outcome.ts';
import { ServerWatch } from '../../../src-main/relay/outbound/server-watch.ts';
import { Transcript } from '../../../src-main/relay/smtp/transcript.ts';
import type { DueMessage } from '../../../src-main/relay/spool/spool.ts';
import { FakeClock } from '../../clock/fake-clock.ts';

const MINUTE = 60_000;
const destination = destinationSchema.parse({ host: 'mail.example.com' });
const usual = settingsSchema.parse({}).autoHold;

const reading = (cause: Cause | null, code = 450): RecipientResult => ({
  meaning: { outcome: cause === null ? 'delivered' : 'deferred', cause },
  reply: { code: cause === null ? 250 : code, enhanced: null, text: '' },
  stage: 'rcpt',
  attempts: 0,
});

function server() {
  const clock = new FakeClock();
  const watch = new ServerWatch(clock);
  const learn = (one: RecipientResult, failure: Error | null = null, address = 'bob@example.com') =>
    watch.learn({ recipients: [{ address }] } as unknown as DueMessage, [one], destination, failure);
  return {
    clock,
    watch,
    learn,
    start: clock.now(),
    away: () =>
      learn(
        reading('connection-failed', 0),
        new DestinationFailed('no answer', null, 'connect', new Transcript(systemClock)),
      ),
    denied: () => learn(reading('relay-denied', 554)),
    taken: () => learn(reading(null)),
  };
}

describe('mail is held by itself', () => {
  it('once a server has been away for as long as the settings say, and not a minute sooner', () => {
    const settings = { ...usual, unreachableMinutes: 30 };
    const { clock, watch, away, start } = server();
    away();
    clock.pass(29 * MINUTE);
    away();
    expect(watch.worthHolding(false, settings)).toBeNull();
    clock.pass(MINUTE);
    away();
    expect(watch.worthHolding(false, settings)).toMatchObject({ since: start });
    clock.pass(30 * MINUTE);
    expect(watch.worthHolding(false, { ...settings, unreachableMinutes: 0 })).toBeNull();
  });

  it('not when the server was there in between', () => {
    const settings = { ...usual, unreachableMinutes: 30 };
    const { clock, watch, away, taken } = server();
    away();
    clock.pass(20 * MINUTE);
    taken();
    clock.pass(11 * MINUTE);
    away();
    expect(watch.worthHolding(false, settings)).toBeNull();
  });

  it('once a server has denied as many messages in a row as the settings say', () => {
    const settings = { ...usual, deniedMessages: 3 };
    const { watch, denied, taken } = server();
    denied();
    expect(denied()).toEqual({ refusing: true, changed: true });
    expect(watch.worthHolding(true, settings)).toBeNull();
    taken();
    denied();
    denied();
    expect(watch.worthHolding(true, settings)).toBeNull();
    denied();
    expect(watch.worthHolding(true, settings)).toMatchObject({ cause: 'relay-denied' });
  });

  it('counts anew when the route or the mode is another', () => {
    const settings = { ...usual, deniedMessages: 3 };
    const { watch, denied } = server();
    denied();
    denied();
    watch.startAnew();
    denied();
    expect([watch.worthHolding(true, settings), watch.keepsRefusing]).toEqual([null, false]);
  });
});

it('a server that denies five recipients, and takes none between, denies the domain, whatever it says of the postmaster', () => {
  const { learn, taken } = server();
  const alias = (n: number) =>
    learn(
      {
        ...reading('relay-denied', 554),
        meaning: { outcome: 'deferred', cause: 'relay-denied', about: 'recipient' },
      },
      null,
      `alias${n}@example.com`,
    ).refusing;
  expect([1, 2, 3, 4, 4].map(alias)).toEqual([false, false, false, false, false]);
  expect(alias(5)).toBe(true);
  taken();
  expect(alias(6)).toBe(false);
});

it('messages that are refused one after another are counted, but for those to people who are not there', () => {
  const { watch, learn, taken, start } = server();
  const refused = (cause: Cause) => learn({ ...reading(cause, 554), meaning: { outcome: 'refused', cause } });
  refused('content-rejected');
  refused('user-unknown');
  refused('sender-rejected');
  expect(watch.condition.refusals).toMatchObject({ count: 2, since: start });
  taken();
  expect(watch.condition.refusals).toBeNull();
});

it('a limit is no trouble while mail still moves', () => {
  const { clock, watch, learn, taken } = server();
  const limited = () => learn(reading('rate-limited')).changed;
  taken();
  clock.pass(MINUTE / 2);
  expect(limited()).toBe(false);
  expect(watch.condition.trouble).toBeNull();
  clock.pass(MINUTE);
  expect(limited()).toBe(true);
  expect(watch.condition.trouble).toMatchObject({ cause: 'rate-limited', since: clock.now() });
});

it('a jump of the clock leaves what was so for five minutes as old as it was', () => {
  const { clock, watch, away } = server();
  away();
  clock.pass(5 * MINUTE);
  watch.clockJumped(3_600_000);
  expect(watch.condition.trouble?.since).toBe(clock.now() - 5 * MINUTE + 3_600_000);
});
