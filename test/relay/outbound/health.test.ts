// What attempts tell of the way to a server, and when its domain's mail is better held.
import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../shared/cause.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { learn, newHealth, worthHolding } from '../../../src-main/relay/outbound/health.ts';
import type { Verdict } from '../../../src-main/relay/outbound/outcome.ts';

const START = 1_700_000_000_000;
const MINUTE = 60_000;
const destination = destinationSchema.parse({ host: 'mail.example.com' });
const usual = settingsSchema.parse({}).autoHold;

const verdict = (cause: Cause | null, code = 450): Verdict => ({
  meaning: { outcome: cause === null ? 'delivered' : 'deferred', cause },
  reply: { code: cause === null ? 250 : code, enhanced: null, text: '' },
  stage: 'rcpt',
  attempts: 0,
});
const away = (health: ReturnType<typeof newHealth>, now: number) =>
  learn(health, [verdict('connection-failed', 0)], {
    now,
    destination,
    destinationFailed: true,
    refusing: false,
  });
const denied = (health: ReturnType<typeof newHealth>, now: number) =>
  learn(health, [verdict('relay-denied', 554)], {
    now,
    destination,
    destinationFailed: false,
    refusing: true,
  });
const taken = (health: ReturnType<typeof newHealth>, now: number) =>
  learn(health, [verdict(null)], { now, destination, destinationFailed: false, refusing: false });

describe('mail is held by itself', () => {
  it('once a server has been away for as long as the settings say, and not a minute sooner', () => {
    const settings = { ...usual, unreachableMinutes: 30 };
    const health = newHealth();
    away(health, START);
    away(health, START + 29 * MINUTE);
    expect(worthHolding(health, false, settings, START + 29 * MINUTE)).toBeNull();
    away(health, START + 30 * MINUTE);
    expect(worthHolding(health, false, settings, START + 30 * MINUTE)).toMatchObject({ since: START });
    expect(
      worthHolding(health, false, { ...settings, unreachableMinutes: 0 }, START + 60 * MINUTE),
    ).toBeNull();
  });

  it('not when the server was there in between', () => {
    const settings = { ...usual, unreachableMinutes: 30 };
    const health = newHealth();
    away(health, START);
    taken(health, START + 20 * MINUTE);
    away(health, START + 31 * MINUTE);
    expect(worthHolding(health, false, settings, START + 31 * MINUTE)).toBeNull();
  });

  it('once a server has denied as many messages in a row as the settings say', () => {
    const settings = { ...usual, deniedMessages: 3 };
    const health = newHealth();
    denied(health, START);
    denied(health, START + 1);
    expect(worthHolding(health, true, settings, START + 1)).toBeNull();
    taken(health, START + 2);
    denied(health, START + 3);
    denied(health, START + 4);
    expect(worthHolding(health, true, settings, START + 4)).toBeNull();
    denied(health, START + 5);
    expect(worthHolding(health, true, settings, START + 5)).toMatchObject({ cause: 'relay-denied' });
  });
});

it('messages that are refused one after another are counted, but for those to people who are not there', () => {
  const health = newHealth();
  const refused = (cause: Cause, now: number) =>
    learn(health, [{ ...verdict(cause, 554), meaning: { outcome: 'refused', cause } }], {
      now,
      destination,
      destinationFailed: false,
      refusing: false,
    });
  refused('content-rejected', START);
  refused('user-unknown', START + 1);
  refused('sender-rejected', START + 2);
  expect(health.refusals).toMatchObject({ count: 2, since: START });
  taken(health, START + 3);
  expect(health.refusals).toBeNull();
});

it('a limit is no trouble while mail still moves', () => {
  const health = newHealth();
  const limited = (now: number) =>
    learn(health, [verdict('rate-limited')], { now, destination, destinationFailed: false, refusing: false });
  taken(health, START);
  expect(limited(START + MINUTE / 2)).toBe(false);
  expect(health.trouble).toBeNull();
  expect(limited(START + 2 * MINUTE)).toBe(true);
  expect(health.trouble).toMatchObject({ cause: 'rate-limited', since: START + 2 * MINUTE });
});
