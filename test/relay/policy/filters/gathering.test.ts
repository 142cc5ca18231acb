// Messages that are kept back for the filters: what they take together is bounded, and nothing of them is lost on the way.
import { afterEach, expect, it } from 'vitest';
import { gathered, GatheredContent } from '../../../../src-main/relay/policy/filters/gathering.ts';
import type { Deposit } from '../../../../src-main/relay/spool/spool.ts';

class Store {
  readonly parts: Buffer[] = [];
  write(content: Buffer): undefined {
    this.parts.push(Buffer.from(content));
  }
  get text(): string {
    return Buffer.concat(this.parts).toString('latin1');
  }
}

const TRACE = Buffer.from('Received: here\r\n');
const keep = (store: Store, limit: number) =>
  new GatheredContent(store as unknown as Deposit, TRACE, limit, (header) => header);

afterEach(() => expect(gathered()).toBe(0));

it('keeps a message back until it is whole, then gives it on with what was found above it', async () => {
  const store = new Store();
  const one = keep(store, 1000);
  for (const piece of ['Subject: a\r\n', '\r\nbo', 'dy\r\n']) void one.write(Buffer.from(piece));
  expect(store.text).toBe('');
  expect(one.whole()?.toString()).toBe('Subject: a\r\n\r\nbody\r\n');
  await one.store(Buffer.from('Found: nothing\r\n'));
  expect(store.text).toBe('Found: nothing\r\nReceived: here\r\nSubject: a\r\n\r\nbody\r\n');
});

it('passes on what is too large, from its first octet to its last', async () => {
  const store = new Store();
  const one = keep(store, 64);
  void one.write(Buffer.from('Subject: a\r\n\r\n'));
  for (let line = 0; line < 20; line++) void one.write(Buffer.from(`line ${line}\r\n`));
  expect(one.whole()).toBeNull();
  await one.store(Buffer.alloc(0));
  const lines = Array.from({ length: 20 }, (_, line) => `line ${line}\r\n`).join('');
  expect(store.text).toBe(`Received: here\r\nSubject: a\r\n\r\n${lines}`);
});

it('keeps no more than 256 MiB back together, however many come at once', () => {
  const mebibyte = Buffer.alloc(1_048_576, 'a');
  const all = Array.from({ length: 10 }, () => {
    const store = new Store();
    store.write = () => undefined;
    const one = keep(store, 64 * 1_048_576);
    void one.write(Buffer.from('Subject: a\r\n\r\n'));
    return one;
  });
  let most = 0;
  for (let round = 0; round < 40; round++) {
    for (const one of all) void one.write(mebibyte);
    most = Math.max(most, gathered());
  }
  expect(most).toBeGreaterThan(200 * 1_048_576);
  expect(most).toBeLessThanOrEqual(258 * 1_048_576);
  for (const one of all) one.drop();
});
