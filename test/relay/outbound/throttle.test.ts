// One server's gate: what is a limit of the server's, and what is only a server that was not there for a moment.
import { describe, expect, it } from 'vitest';
import { Throttle } from '../../../src-main/relay/outbound/throttle.ts';

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

it('believes a server that says why it refuses a connection at once', () => {
  const gate = new Throttle();
  const now = opens(gate, 8, START);
  expect(gate.notOpened(now, now, true, false)).toBe(true);
  expect(gate.figures().stopped).toBe(true);
  expect(gate.readyAt(true, 20, () => undefined)).toBeGreaterThan(now);
});
