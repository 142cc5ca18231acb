// A server that refuses everybody is told from recipients that do not exist.
import { describe, expect, it } from 'vitest';
import { recipientKey } from '../../../src-main/relay/mail/mailbox.ts';
import { ServerTrouble } from '../../../src-main/relay/policy/server-trouble.ts';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 0, 5);

describe('trouble of a server', () => {
  it('begins with the fourth recipient that suddenly fails, when they are most', () => {
    const trouble = new ServerTrouble();
    for (const key of ['a', 'b', 'c']) trouble.failed(key, now, false, now);
    expect(trouble.since(now)).toBeNull();
    trouble.failed('d', now, false, now);
    expect(trouble.since(now)).toBe(now - HOUR);
    for (const key of ['e', 'f', 'g', 'h']) trouble.accepted(key, now);
    expect(trouble.since(now)).toBeNull();
  });

  it('ends an hour after the last of them', () => {
    const trouble = new ServerTrouble();
    for (const key of ['a', 'b', 'c', 'd']) trouble.failed(key, now, false, now);
    expect(trouble.since(now + HOUR)).not.toBeNull();
    expect(trouble.since(now + HOUR + 1)).toBeNull();
  });

  it('is not what addresses are that have been failing for long', () => {
    const trouble = new ServerTrouble();
    for (let n = 0; n < 50; n++) trouble.failed(`dead${n}`, now, false, now - 2 * HOUR);
    expect(trouble.since(now)).toBeNull();
  });

  it('shows in recipients that it used to take, within a day', () => {
    const trouble = new ServerTrouble();
    trouble.failed('a', now, true, now);
    expect(trouble.since(now)).toBeNull();
    trouble.failed('b', now + 20 * HOUR, true, now + 20 * HOUR);
    expect(trouble.since(now + 20 * HOUR)).toBe(now - 4 * HOUR);
    trouble.accepted('a', now + 20 * HOUR);
    expect(trouble.since(now + 20 * HOUR)).toBeNull();
  });
});

describe('the form of an address under which things are remembered', () => {
  it.each([
    ['Bob@example.com', 'bob@example.com'],
    ['"bob"@example.com', 'bob@example.com'],
    ['"bo\\b"@example.com', 'bob@example.com'],
    ['"bob smith"@example.com', '"bob smith"@example.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
    ['".bob"@example.com', '".bob"@example.com'],
    ['Ju\u0308rgen@example.com', 'j\u00fcrgen@example.com'],
    ['bob+tag@example.com', 'bob+tag@example.com'],
  ])('%s', (address, key) => {
    expect(recipientKey({ address, domain: 'example.com' })).toBe(key);
  });
});
