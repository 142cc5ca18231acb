// DANE for SMTP (RFC 7672): what a destination's zone demands of its connection, where DNSSEC vouches for the zone.
import { isIP } from 'node:net';
import type { Clock } from '../../clock/clock.ts';
import { isUsable, type Tlsa } from '../../tls/dane.ts';

/** What a validating resolver says. `secure`: DNSSEC vouches for it, also for "there is no such record". */
export interface SecureAnswer<T> {
  secure: boolean;
  /** Empty for a name or type that is not there. */
  records: T[];
}

/** Asks a validating resolver over a path that nobody can tamper with. Rejects when there is no answer, or a forged one. */
export interface SecureResolver {
  addresses: (host: string) => Promise<SecureAnswer<string>>;
  tlsa: (name: string) => Promise<SecureAnswer<Tlsa>>;
}

/**
 * What is asked of a destination's connection. `none`: the zone is not signed or says nothing, so that TLS stays opportunistic;
 * `encrypt`: TLS is a must, but no record tells which certificate; `match`: one of the records must fit.
 */
export type DaneRequirement = { kind: 'none' } | { kind: 'encrypt' } | { kind: 'match'; records: Tlsa[] };

/** Longest time for the questions about one connection, ms. */
const DEADLINE_MS = 10_000;

/**
 * Finds out what a server's zone demands (RFC 7672 §2.2). Rejects when DNS could not be asked, or answered what DNSSEC shows to
 * be false: then mail must wait, because sending it in clear is just what a forger wants.
 */
export async function demandOf(
  host: string,
  port: number,
  resolver: SecureResolver,
  clock: Clock,
): Promise<DaneRequirement> {
  // An address has no zone that could say anything.
  if (isIP(host) !== 0) return { kind: 'none' };
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.deadline(DEADLINE_MS, () =>
    reject(new Error(`no answer about ${host}'s certificate within ${DEADLINE_MS / 1000} s`)),
  );
  try {
    return await Promise.race([ask(host, port, resolver), late]);
  } finally {
    timer.cancel();
  }
}

async function ask(host: string, port: number, resolver: SecureResolver): Promise<DaneRequirement> {
  // Where the zone of the host itself is not signed, its TLSA records are not asked for: many name servers choke on them.
  const { secure } = await resolver.addresses(host);
  if (!secure) return { kind: 'none' };
  const answer = await resolver.tlsa(`_${port}._tcp.${host}`);
  if (!answer.secure || answer.records.length === 0) return { kind: 'none' };
  const records = answer.records.filter(isUsable);
  return records.length === 0 ? { kind: 'encrypt' } : { kind: 'match', records };
}
