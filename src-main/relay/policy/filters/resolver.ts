// The filters' resolver: the name servers from the settings, with answers kept for as long as their TTL allows.
import { Resolver } from 'node:dns/promises';
import { isAbsent, type Resolve } from '../../resolver.ts';
import { HOUR_MS } from '../../../../shared/time.ts';

/** Kept where no TTL is known: record types other than addresses, and names that are not there; ms. */
const KEPT_MS = 300_000;
/** However long its TTL: an answer is asked again after this, ms. */
const LONGEST_MS = HOUR_MS;
const MOST = 20_000;

interface Entry {
  until: number;
  answer: Promise<unknown>;
}

/**
 * @param servers as `dns.setServers` takes them; none: the system's.
 * @param now by the steady clock, ms.
 */
export function cachingResolver(servers: readonly string[], now: () => number): Resolve {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const entries = new Map<string, Entry>();

  async function ask(entry: Entry, name: string, type: string): Promise<unknown> {
    try {
      if (type !== 'A' && type !== 'AAAA') {
        const answer = await resolver.resolve(name, type);
        entry.until = now() + KEPT_MS;
        return answer;
      }
      const records = await (type === 'A'
        ? resolver.resolve4(name, { ttl: true })
        : resolver.resolve6(name, { ttl: true }));
      const ttl = Math.min(...records.map((record) => record.ttl)) * 1000;
      entry.until = now() + Math.min(ttl, LONGEST_MS);
      return records.map((record) => record.address);
    } catch (error) {
      // "No such name" is an answer; anything else may be different the next time.
      entry.until = isAbsent(error) ? now() + KEPT_MS : 0;
      throw error;
    }
  }

  const keyOf = (name: string, type: string) => `${type} ${name.toLowerCase()}`;
  const resolve: Resolve = (name, type) => {
    const key = keyOf(name, type);
    const known = entries.get(key);
    if (known && known.until > now()) return known.answer;
    const entry: Entry = { until: Number.POSITIVE_INFINITY, answer: Promise.resolve() };
    entry.answer = ask(entry, name, type);
    entry.answer.catch(() => undefined);
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > MOST) {
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    }
    return entry.answer;
  };
  resolve.keeps = (name, type) => {
    const left = (entries.get(keyOf(name, type))?.until ?? 0) - now();
    return Math.min(Math.max(left, 0), LONGEST_MS);
  };
  return resolve;
}
