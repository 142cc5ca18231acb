// Where destinations are: host names looked up again when their TTL is over, and a changed address noticed.
import { readFile } from 'node:fs/promises';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** A look-up's answer; `ttl` in seconds. */
export interface HostAddresses {
  addresses: string[];
  ttl: number;
}
export type LookUp = (host: string) => Promise<HostAddresses>;

/** TTLs are kept within these bounds, s: a zero would ask at every message, a week would outlive a move. */
const SHORTEST_TTL_S = 5;
const LONGEST_TTL_S = 3_600;
/** Where no TTL is told (hosts file, the system's other name services), s. */
const USUAL_TTL_S = 60;
/** After a failed look-up the old addresses serve on, and the name is asked again after this, ms. */
const ASK_AGAIN_MS = 30_000;
/** An address that did not take a connection goes to the end of the line for this long, ms. */
const SHUNNED_MS = 300_000;

interface Known {
  addresses: string[];
  until: number;
  asking: Promise<string[]> | null;
}

export interface AddressBookOptions {
  lookUp?: LookUp;
  /** ms, by the steady clock. */
  now: () => number;
  /** A host's addresses are not what they were; `before` is empty when none were known. */
  moved: (host: string, before: string[], after: string[]) => void;
}

export class AddressBook {
  readonly #known = new Map<string, Known>();
  readonly #shunned = new Map<string, number>();
  readonly #lookUp: LookUp;
  readonly #now: () => number;
  readonly #moved: AddressBookOptions['moved'];

  constructor({ lookUp = lookUpName, now, moved }: AddressBookOptions) {
    this.#lookUp = lookUp;
    this.#now = now;
    this.#moved = moved;
  }

  /** What was known before a restart, so that a move while Mailward was stopped is noticed too. */
  remember(host: string, addresses: string[]): void {
    this.#known.set(host, { addresses, until: 0, asking: null });
  }

  /**
   * The addresses to try, best first; an address is its own. Throws the look-up's error when a name was never
   * found; when it was, the last known addresses serve on.
   * @param family 4 or 6 when only those can be reached, 0 for both.
   */
  async of(host: string, family: 0 | 4 | 6 = 0): Promise<string[]> {
    if (isIP(host) !== 0) return [host];
    const now = this.#now();
    const known = this.#known.get(host) ?? { addresses: [], until: 0, asking: null };
    this.#known.set(host, known);
    if (known.until <= now) {
      known.asking ??= this.#ask(host, known).finally(() => {
        known.asking = null;
      });
      // Known addresses serve while the name is asked again: only the first message ever waits for a look-up.
      if (known.addresses.length === 0) await known.asking;
      else known.asking.catch(() => undefined);
    }
    const fitting = known.addresses.filter((address) => family === 0 || isIP(address) === family);
    const shunnedUntil = (address: string) => {
      const until = this.#shunned.get(address) ?? 0;
      return until > now ? until : 0;
    };
    return fitting.toSorted((a, b) => shunnedUntil(a) - shunnedUntil(b));
  }

  /** No connection to this address: others go first for a while. */
  shun(address: string): void {
    this.#shunned.set(address, this.#now() + SHUNNED_MS);
  }

  trust(address: string): void {
    this.#shunned.delete(address);
  }

  async #ask(host: string, known: Known): Promise<string[]> {
    try {
      const { addresses, ttl } = await this.#lookUp(host);
      const before = known.addresses;
      known.until = this.#now() + Math.min(LONGEST_TTL_S, Math.max(SHORTEST_TTL_S, ttl)) * 1000;
      known.addresses = addresses;
      if (before.toSorted().join() !== addresses.toSorted().join()) this.#moved(host, before, addresses);
      return addresses;
    } catch (error) {
      known.until = this.#now() + (known.addresses.length === 0 ? 0 : ASK_AGAIN_MS);
      throw error;
    }
  }
}

/**
 * Looks a name up as the machine would: its hosts file first (an office often names its server's inner address there),
 * then DNS with the TTL, then whatever else the system asks.
 */
async function lookUpName(host: string): Promise<HostAddresses> {
  const listed = await inHostsFile(host);
  if (listed.length > 0) return { addresses: listed, ttl: USUAL_TTL_S };
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  const answers = await Promise.allSettled([
    resolver.resolve4(host, { ttl: true }),
    resolver.resolve6(host, { ttl: true }),
  ]);
  const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (records.length > 0) {
    return {
      addresses: records.map(({ address }) => address),
      ttl: Math.min(...records.map(({ ttl }) => ttl)),
    };
  }
  const found = await lookup(host, { all: true });
  return { addresses: found.map(({ address }) => address), ttl: USUAL_TTL_S };
}

async function inHostsFile(host: string): Promise<string[]> {
  const path =
    process.platform === 'win32'
      ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
      : '/etc/hosts';
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split(/\r?\n/).flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === host) ? [address] : [];
  });
}
