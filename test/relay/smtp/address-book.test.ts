// Where a name leads: asked again when the TTL is over, remembered when the name server is silent, noticed when it changes.
import { describe, expect, it } from 'vitest';
import { AddressBook, type HostAddresses } from '../../../src-main/relay/smtp/address-book.ts';

function world(first: HostAddresses) {
  const state = { answer: first as HostAddresses | Error, asked: 0, now: 1_000_000 };
  const moves: [string, string[], string[]][] = [];
  const book = new AddressBook({
    now: () => state.now,
    moved: (...move) => moves.push(move),
    lookUp: async () => {
      state.asked++;
      await Promise.resolve();
      if (state.answer instanceof Error) throw state.answer;
      return state.answer;
    },
  });
  return { state, moves, book };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('an address book', () => {
  it('asks once for a TTL, and says when a server moved', async () => {
    const { state, moves, book } = world({ addresses: ['192.0.2.1'], ttl: 60 });
    expect(await book.of('mail.example.com')).toEqual(['192.0.2.1']);
    state.now += 59_000;
    await book.of('mail.example.com');
    expect(state.asked).toBe(1);
    state.answer = { addresses: ['198.51.100.7'], ttl: 60 };
    state.now += 2_000;
    await book.of('mail.example.com');
    await settled();
    expect(await book.of('mail.example.com')).toEqual(['198.51.100.7']);
    expect(moves).toEqual([
      ['mail.example.com', [], ['192.0.2.1']],
      ['mail.example.com', ['192.0.2.1'], ['198.51.100.7']],
    ]);
  });

  it('keeps the last known addresses while the name server is silent', async () => {
    const { state, moves, book } = world({ addresses: ['192.0.2.1'], ttl: 60 });
    await book.of('mail.example.com');
    state.answer = new Error('SERVFAIL');
    state.now += 3_600_000;
    expect(await book.of('mail.example.com')).toEqual(['192.0.2.1']);
    await settled();
    expect(await book.of('mail.example.com')).toEqual(['192.0.2.1']);
    expect(moves).toHaveLength(1);
  });

  it('passes on the error for a name that was never found', async () => {
    const { state, book } = world({ addresses: [], ttl: 60 });
    state.answer = new Error('ENOTFOUND');
    await expect(book.of('mail.example.com')).rejects.toThrow('ENOTFOUND');
  });

  it('takes the same addresses in another order for the same', async () => {
    const { state, moves, book } = world({ addresses: ['192.0.2.1', '192.0.2.2'], ttl: 5 });
    await book.of('mail.example.com');
    state.answer = { addresses: ['192.0.2.2', '192.0.2.1'], ttl: 5 };
    state.now += 6_000;
    await book.of('mail.example.com');
    await settled();
    expect(moves).toHaveLength(1);
  });

  it('puts an address that did not answer last for a while, and picks the family that can be used', async () => {
    const { state, book } = world({ addresses: ['192.0.2.1', '2001:db8::1', '192.0.2.2'], ttl: 3600 });
    await book.of('mail.example.com');
    book.shun('192.0.2.1');
    expect(await book.of('mail.example.com', 4)).toEqual(['192.0.2.2', '192.0.2.1']);
    expect(await book.of('mail.example.com', 6)).toEqual(['2001:db8::1']);
    state.now += 300_001;
    expect(await book.of('mail.example.com', 4)).toEqual(['192.0.2.1', '192.0.2.2']);
  });
});
