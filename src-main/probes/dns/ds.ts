// DNSSEC's links: which key a DS record vouches for, and which digests count (RFC 4034, RFC 8624).
import { createHash } from 'node:crypto';
import type { DataOf } from './message.ts';
import { writeName } from './wire.ts';

type DnsKey = DataOf['DNSKEY'];
type Ds = DataOf['DS'];

/** Digest types that are in use, by number (RFC 8624). */
const digests: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

/** Whether anybody can check the record: those of unknown digests do not count (RFC 4035, section 5.2). */
export function isUsable({ digestType }: Ds): boolean {
  return digestType in digests;
}

/** Whether a DS record is of this key (RFC 4034, section 5.1.4). */
export function matches(ds: Ds, key: DnsKey, zone: string): boolean {
  const digest = digests[ds.digestType];
  // RFC 4034, section 2.1.2: a key of another protocol is none.
  if (digest === undefined || key.protocol !== 3) return false;
  if (ds.algorithm !== key.algorithm || ds.keyTag !== tagOf(key)) return false;
  const name = writeName(zone) ?? Buffer.alloc(0);
  return createHash(digest).update(name).update(wireKey(key)).digest().equals(ds.digest);
}

/** RFC 4034, appendix B. */
export function tagOf(key: DnsKey): number {
  let sum = 0;
  wireKey(key).forEach((octet, index) => (sum += index % 2 === 0 ? octet << 8 : octet));
  return (sum + (sum >>> 16)) & 0xffff;
}

function wireKey({ flags, protocol, algorithm, key }: DnsKey): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(flags, 0);
  head.writeUInt8(protocol, 2);
  head.writeUInt8(algorithm, 3);
  return Buffer.concat([head, key]);
}
