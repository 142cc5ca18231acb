// How long a client may take, with a clock of the test's own.
import { describe, expect, it } from 'vitest';
import { ClientTimeouts } from '../../../src-main/relay/inbound/client-timeouts.ts';

const limits = { idleSeconds: 60, minBytesPerSecond: 100 };

describe('the patience with a client', () => {
  it('ends when nothing comes for the idle time, before a message and in it, however much has come', () => {
    const patience = new ClientTimeouts(limits, 0);
    expect(patience.over(60_000)).toBe(false);
    expect(patience.over(60_001)).toBe(true);
    patience.messageBegins(50_000);
    patience.received(10_000_000, 51_000);
    expect(patience.over(111_000)).toBe(false);
    expect(patience.over(111_001)).toBe(true);
  });

  it('ends with a message that dribbles, though no pause in it is long', () => {
    const patience = new ClientTimeouts(limits, 0);
    patience.messageBegins(0);
    let now = 0;
    while (!patience.over(now) && now < 600_000) patience.received(10, (now += 1000));
    // 10 octets a second where 100 are asked for: the idle time, and what the octets so far may take.
    expect(now).toBeGreaterThan(60_000);
    expect(now).toBeLessThan(70_000);
  });

  it('does not run while the client waits for us', () => {
    const patience = new ClientTimeouts(limits, 0);
    patience.messageBegins(0);
    patience.received(1000, 1000);
    patience.wasOurs(500_000);
    expect(patience.over(559_000)).toBe(false);
    patience.messageEnds(560_000);
    expect(patience.over(620_000)).toBe(false);
    expect(patience.over(620_001)).toBe(true);
  });
});
