// Public keys that signatures are verified with, read from their records once and not anew for each message.
import { createPublicKey } from 'node:crypto';
import type { KeyCache } from 'mailauth/lib/dkim/dkim-verifier.js';
import { getPublicKey, toALabel, type KeyOptions, type KeyRecord } from 'mailauth/lib/tools.js';

/** Keys kept; each takes some KiB. */
const MOST = 1_000;

/** By the record's very text, and by all else that decides what is made of it: what is kept here never ends. */
const known = new Map<string, KeyRecord>();

type Resolver = (name: string, type: string) => Promise<unknown>;

/** The keys of one message, in place of the library's own cache: one question to DNS for each, and the same errors. */
export function keyCache(resolver: Resolver): KeyCache {
  const lookups = new Map<string, Promise<KeyRecord>>();
  return {
    resolver,
    get(type, name, minBitLength, options = {}) {
      const wanted = JSON.stringify([name, minBitLength, options]);
      const before = lookups.get(wanted);
      if (before) return before;
      const lookup = lookUp(resolver, type, name, minBitLength, options);
      // ARC asks ahead, and may never look at the answer.
      lookup.catch(() => undefined);
      lookups.set(wanted, lookup);
      return lookup;
    },
  };
}

async function lookUp(
  resolver: Resolver,
  type: string,
  name: string,
  minBitLength: number | undefined,
  options: KeyOptions,
): Promise<KeyRecord> {
  const answer = await resolver(toALabel(name), 'TXT');
  const text = JSON.stringify([answer, minBitLength, options]);
  const before = known.get(text);
  if (before) return before;
  const read = await getPublicKey(type, name, minBitLength, async () => Promise.resolve(answer), options);
  // As text a key would be read again for each signature. It is shown as that text all the same.
  const pem = read.publicKey;
  if (typeof pem !== 'string') return read;
  const kept = { ...read, publicKey: Object.assign(createPublicKey(pem), { toString: () => pem }) };
  known.set(text, kept);
  if (known.size > MOST) {
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }
  return kept;
}
