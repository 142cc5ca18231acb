// One server's gate: what is a limit of the server's, and what is only a server that was not there for a moment.
import { describe, expect, it } from 'vitest';
import { meaningOf } from '../../../src-main/relay/smtp/reply-meaning.ts';
import { Throttle } from '../../../src-main/relay/smtp/throttle.ts';

const START = 1_700_000_000_000;

/** Opens connections, one each 100 ms, until `at`. */
function opens(gate: Throttle, count: number, at: number): number {
  for (let n = 0; n < count; n++) gate.opened(at + n * 100, at + n * 100);
  return at + count * 100;
}

describe('connections that are refused without a word', () => {
  it('are no limit when the server was restarted', () => {
    const gate = new Throttle();
    let now = opens(gate, 8, START);
    expect(gate.notOpened(now, now, false, false)).toBe(true);
    expect(gate.notOpened(now + 200, now + 200, false, false)).toBe(true);
    // The third in a row: it is not there, and the caller pauses it.
    expect(gate.notOpened(now + 400, now + 400, false, false)).toBe(false);
    now = opens(gate, 3, now + 3000);
    expect(gate.figures()).toMatchObject({ connectionsPerMinute: null, stopped: false });
    expect(gate.readyAt(true, 20, () => undefined)).toBeLessThanOrEqual(now);
  });

  it('are a limit when it goes on taking some and refusing the next', () => {
    const gate = new Throttle();
    let now = START;
    for (let spell = 0; spell < 3; spell++) {
      now = opens(gate, 8, now);
      gate.notOpened(now, now, false, false);
      now += 5000;
    }
    expect(gate.figures().stopped).toBe(true);
    now = opens(gate, 1, now);
    expect(gate.figures().connectionsPerMinute).toBeGreaterThan(30);
  });
});

describe('a message that is put off', () => {
  const putOff = (gate: Throttle, text: string, code: number, stage: 'message' | 'rcpt' = 'message') => {
    const reply = { code, enhanced: /^\d\.\d+\.\d+/.exec(text)?.[0] ?? null, text };
    gate.answered(START, START, [{ reply, meaning: meaningOf(reply, stage), stage, attempts: 0 }]);
  };

  it('is no limit when it is put off alone, five times and for no reason', () => {
    const gate = new Throttle();
    for (let n = 0; n < 5; n++) putOff(gate, '4.7.1 try this one later', 450);
    expect(gate.figures()).toMatchObject({ messagesPerMinute: null, stopped: false });
    for (let n = 0; n < 5; n++) putOff(gate, '4.7.1 try this one later', 450);
    expect(gate.figures().stopped).toBe(true);
  });

  it('is no limit when it is put off for what it is', () => {
    const gate = new Throttle();
    const words = '4.7.26 This mail has been rate limited because it is unauthenticated';
    for (let n = 0; n < 20; n++) putOff(gate, words, 421);
    expect(gate.figures()).toMatchObject({ messagesPerMinute: null, stopped: false });
  });

  it('is a limit when the server says so', () => {
    const gate = new Throttle();
    putOff(gate, '4.7.0 Too many messages, slow down', 421);
    expect(gate.figures().stopped).toBe(true);
  });
});

it('believes a server that says why it refuses a connection at once', () => {
  const gate = new Throttle();
  const now = opens(gate, 8, START);
  expect(gate.notOpened(now, now, true, false)).toBe(true);
  expect(gate.figures().stopped).toBe(true);
  expect(gate.readyAt(true, 20, () => undefined)).toBeGreaterThan(now);
});
