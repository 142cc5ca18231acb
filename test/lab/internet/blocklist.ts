// Blocklists of the lab (RFC 5782), and the ways in which real ones do not list but complain.
import { reverseName } from '../../../src-main/probes/dns/message.ts';
import type { ZoneOptions } from './zones.ts';

export interface BlocklistOptions {
  /** Addresses or domains that are listed, each with the list's code. */
  listed?: Readonly<Record<string, string>>;
  /** What TXT says of each listed one. */
  text?: string;
  /** `domains` has names of domains in place of addresses. */
  kind?: 'addresses' | 'domains';
  /** Answers every question with this: a dead list's wildcard, or an error code such as `127.255.255.254`. */
  everything?: string;
  /** Whether the test points (127.0.0.2 listed, 127.0.0.1 not) are kept, as RFC 5782 section 5 asks; not with `everything`. */
  testPoints?: boolean;
}

/** A zone that is a blocklist. */
export function blocklist(options: BlocklistOptions = {}): ZoneOptions {
  const { listed = {}, text = 'listed for the lab', kind = 'addresses', everything } = options;
  // A name below a wildcard that exists itself hides the wildcard from its neighbours.
  const testPoints = options.testPoints ?? everything === undefined;
  const points: Record<string, string> =
    kind === 'addresses'
      ? { '127.0.0.2': '127.0.0.2', '::ffff:127.0.0.2': '127.0.0.2' }
      : { test: '127.0.0.2' };
  const all = { ...(testPoints ? points : {}), ...listed };
  return {
    ttl: 60,
    records: [
      ...Object.entries(all).flatMap(([entry, code]) => {
        const name = kind === 'domains' ? entry : reverseName(entry, '').slice(0, -1);
        return [`${name} A ${code}`, `${name} TXT "${text}"`];
      }),
      ...(everything === undefined ? [] : [`* A ${everything}`]),
    ],
  };
}
