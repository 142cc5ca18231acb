// Who waits for the greeting.
import { expect, it } from 'vitest';
import { KnownClients } from '../../../src-main/relay/inbound/known-clients.ts';

const day = 24 * 3_600_000;

it('strangers wait, and whoever sent mail lately does not', () => {
  const known = new KnownClients();
  expect(known.greetingDelay('192.0.2.1', 0)).toBeGreaterThan(0);
  known.sentMail('192.0.2.1', 0);
  expect(known.greetingDelay('192.0.2.1', day - 1)).toBe(0);
  expect(known.greetingDelay('192.0.2.2', day - 1)).toBeGreaterThan(0);
  expect(known.greetingDelay('192.0.2.1', day + 1)).toBeGreaterThan(0);
});

it('a flood of addresses fills no memory, and pushes out the longest silent first', () => {
  const known = new KnownClients();
  known.sentMail('first', 0);
  known.sentMail('second', 1);
  known.sentMail('first', 2);
  for (let n = 0; n < 9_999; n++) known.sentMail(`192.0.2.${n}`, 3);
  expect(known.greetingDelay('second', 4)).toBeGreaterThan(0);
  expect(known.greetingDelay('first', 4)).toBe(0);
});
