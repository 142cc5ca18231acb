// What resolvers that check signatures make of a name, and what there is to see of its signatures without them.
import { CouldNotCheck } from '../check.ts';
import type { Dns } from './dns.ts';
import { isUsable, matches } from './ds.ts';
import { pick } from './message.ts';
import type { RecordType } from './message.ts';
import type { PublicResolver } from './public-resolvers.ts';
import type { Exchange } from './transport.ts';

export interface Seen {
  /** Resolvers that refuse the name when they check signatures, and find it when told not to. */
  refused: { checked: Exchange; unchecked: Exchange }[];
  /** An answer whose signatures a resolver found good. */
  accepted: Exchange | null;
  /** How many found the name and said nothing of signatures: they do not check, or found none to check. */
  unproven: number;
  /** Those that answered at all. */
  heard: Resolver[];
}

type Resolver = Pick<PublicResolver, 'name' | 'address'>;

/**
 * What public resolvers that check signatures make of a name; those that do not check show nothing. A refusal counts when it is
 * repeated: resolvers fail for other reasons too.
 */
export async function seenBy(
  dns: Dns,
  name: string,
  type: RecordType,
  resolvers: readonly Resolver[],
): Promise<Seen> {
  const how = { recursive: true, dnssec: true, giveUpMs: 4_000, repeatMs: 1_500 };
  const all = await Promise.all(
    resolvers.map(async (resolver) => {
      const checked = await dns.ask(resolver, name, type, how);
      const heard = checked.reply === null ? [] : [resolver];
      if (checked.reply?.rcode !== 'SERVFAIL') return { heard, checked, unchecked: null };
      const unchecked = await dns.ask(resolver, name, type, { ...how, unchecked: true });
      if (unchecked.reply?.rcode !== 'NOERROR') return { heard, checked, unchecked: null };
      const again = await dns.ask(resolver, name, type, { ...how, again: true });
      return { heard, checked: again, unchecked };
    }),
  );
  return {
    refused: all.flatMap(({ checked, unchecked }) =>
      checked.reply?.rcode === 'SERVFAIL' && unchecked !== null ? [{ checked, unchecked }] : [],
    ),
    accepted: all.find(({ checked }) => checked.reply?.ad === true)?.checked ?? null,
    unproven: all.filter(({ checked: { reply } }) => reply?.rcode === 'NOERROR' && !reply.ad).length,
    heard: all.flatMap(({ heard }) => heard),
  };
}

/**
 * Whether more resolvers find a name than refuse it, where nothing is known to be wrong with its signatures: most public resolvers check
 * them, so that it is the refusal that is at fault.
 */
export function isOutvoted({ refused, unproven }: Pick<Seen, 'refused' | 'unproven'>): boolean {
  return refused.length < unproven;
}

/** What is wrong with the signatures of a zone as far as its records alone show; null for nothing, or where it is not signed. */
export interface SignatureFault {
  says: string;
  asked: Exchange[];
}

/**
 * Compares a zone's keys with those that the zone above vouches for, and the dates of one answer's signatures with the clock.
 * @throws CouldNotCheck when the zone above does not say whether the zone is signed.
 */
export async function signatureFault(
  dns: Dns,
  zone: string,
  name: string,
  type: RecordType,
  now: number,
): Promise<SignatureFault | null> {
  const above = await dns.find(zone, 'DS', true);
  if (above.answer === null) throw new CouldNotCheck(`Whether ${zone} is signed could not be found out.`);
  const anchors = pick(above.answer.reply?.answers ?? [], 'DS', zone)
    .map(({ data }) => data)
    .filter(isUsable);
  if (anchors.length === 0) return null;
  const [keys, own] = await Promise.all([dns.find(zone, 'DNSKEY', true), dns.find(name, type, true)]);
  const asked = [above.answer, keys.answer, own.answer].filter((each) => each !== null);
  if (keys.answer === null || own.answer === null)
    return { says: `the keys of ${zone} cannot be had`, asked };
  const dnskeys = pick(keys.answer.reply?.answers ?? [], 'DNSKEY', zone).map(({ data }) => data);
  if (!anchors.some((ds) => dnskeys.some((key) => matches(ds, key, zone)))) {
    return { says: `the zone above vouches for a key that ${zone} does not have`, asked };
  }
  const ends = [keys.answer, own.answer].map(lastEnd);
  if (ends.includes(null)) return { says: `answers of ${zone} come without signatures`, asked };
  const end = Math.min(...ends.map((each) => each ?? 0));
  if (end > now) return null;
  return { says: `signatures of ${zone} ran out on ${dateText(end)}`, asked };
}

/** When the signature that lasts longest ends, UTC ms; null when there is none. */
function lastEnd({ reply, question }: Exchange): number | null {
  const ends = pick(reply?.answers ?? [], 'RRSIG')
    .filter(({ data }) => data.typeCovered === question.type)
    .map(({ data }) => data.expiration * 1000);
  return ends.length === 0 ? null : Math.max(...ends);
}

export function dateText(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' at ');
}
