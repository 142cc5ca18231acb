// Public blocklists, with weights (RFC 5782). A list that is broken, closed or refuses us never counts as a listing.
import { listOf, withoutKey } from '../../../../shared/blocklist-catalogue.ts';
import { isListing, readAnswer, type Blocklist } from '../../../../shared/blocklists.ts';
import { isAbsent, type Resolve } from '../../resolver.ts';
import { backwards, reversed } from './ip-addresses.ts';
import type { FilterReport, FilterContext, Filter, ClientSubject } from './filter.ts';
import { HOUR_MS } from '../../../../shared/time.ts';

/** A list's test points are asked again after this time, ms. */
const TRUSTED_FOR_MS = HOUR_MS;
/** A list whose test points could not be asked is tried again after this time, ms. */
const TRY_AGAIN_MS = 60_000;

interface Zone {
  name: string;
  weight: number;
}

interface Health {
  until: number;
  /** Null: the list works. */
  problem: Promise<string | null>;
}

type Found = { zone: Zone } & ({ codes: string[]; why: string } | { problem: string } | { clean: true });

export function readZones(lines: readonly string[]): Zone[] {
  return lines.flatMap((line) => {
    const [name, weight] = line.split('=');
    return name && weight ? [{ name: name.toLowerCase(), weight: Number(weight) }] : [];
  });
}

export class Blocklists implements Filter<ClientSubject> {
  readonly names = ['blocklists'] as const;
  readonly when = 'connect';
  readonly deadline = 6_000;
  readonly server = false;
  readonly #now: () => number;
  /** Belongs to a resolver: another one may be let in where this one is not. */
  readonly #health = new WeakMap<Resolve, Map<string, Health>>();

  /** @param now by the steady clock, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  wanted({ blocklists, blocklistZones }: FilterContext['settings']): boolean {
    return blocklists !== 'off' && blocklistZones.length > 0;
  }

  async ask({ address }: ClientSubject, { settings, resolve }: FilterContext): Promise<FilterReport[]> {
    const name = reversed(address);
    if (name === null) return [];
    const zones = readZones(settings.blocklistZones);
    const found = await Promise.all(zones.map((zone) => this.#look(zone, name, resolve)));
    let score = 0;
    let answered = 0;
    const evidence: string[] = [];
    for (const one of found) {
      const shown = withoutKey(one.zone.name);
      if ('problem' in one) evidence.push(`${shown} does not count: ${one.problem}`);
      else {
        answered++;
        if ('codes' in one) {
          score += one.zone.weight;
          evidence.push(
            `${address} is listed by ${shown} (${one.codes.join(', ')}, weight ${one.zone.weight})${one.why === '' ? '' : `: ${one.why}`}`,
          );
        } else evidence.push(`${address} is not listed by ${shown}`);
      }
    }
    // Listings first: they are what is quoted to the sender.
    evidence.sort((a, b) => Number(b.includes(' is listed by ')) - Number(a.includes(' is listed by ')));
    const result = answered === 0 ? 'could-not-check' : score >= settings.blocklistScore ? 'fail' : 'pass';
    return [{ filter: 'blocklists', result, evidence }];
  }

  async #look(zone: Zone, name: string, resolve: Resolve): Promise<Found> {
    const problem = await this.#problem(zone.name, resolve);
    if (problem !== null) return { zone, problem };
    try {
      const codes = await codesOf(`${name}.${zone.name}`, resolve);
      const { error, listed, unknown } = readAnswer(catalogued(zone.name), codes);
      if (error !== null) return { zone, problem: error };
      if (listed.length > 0) {
        const of = [...new Set(listed.map(({ code }) => code))];
        return { zone, codes: of, why: await reason(`${name}.${zone.name}`, resolve) };
      }
      const [open] = unknown;
      return open === undefined ? { zone, clean: true } : { zone, problem: open.means };
    } catch (error) {
      return { zone, problem: `DNS could not be asked (${codeOf(error)})` };
    }
  }

  async #problem(zone: string, resolve: Resolve): Promise<string | null> {
    let ofResolver = this.#health.get(resolve);
    if (!ofResolver) {
      ofResolver = new Map();
      this.#health.set(resolve, ofResolver);
    }
    const never = useless(zone);
    if (never !== null) return never;
    const known = ofResolver.get(zone);
    if (known && known.until > this.#now()) return known.problem;
    const health: Health = {
      until: this.#now() + TRUSTED_FOR_MS,
      problem: testPoints(zone, resolve).catch((error: unknown) => {
        health.until = this.#now() + TRY_AGAIN_MS;
        return `its test points could not be asked (${codeOf(error)})`;
      }),
    };
    ofResolver.set(zone, health);
    return health.problem;
  }
}

/** A list's codes; null for one that is not in the catalogue. */
function catalogued(zone: string): Blocklist | null {
  const known = listOf(zone);
  return known !== null && 'list' in known ? known.list : null;
}

/** Why a zone is not even asked, whatever it would answer. */
function useless(zone: string): string | null {
  const known = listOf(zone);
  if (known === null) return null;
  if ('dead' in known) return `${known.dead.name} ended ${known.dead.ended}`;
  if ('other' in known) return known.other.means;
  return known.list.lists.every((kind) => kind === 'domain') ? 'it lists domains, not addresses' : null;
}

/** RFC 5782 §5: 127.0.0.2 must be listed and 127.0.0.1 must not be; for lists of IPv6 only, the same as mapped addresses. */
async function testPoints(zone: string, resolve: Resolve): Promise<string | null> {
  const listed = (address: string) => codesOf(`${reversed(address) ?? ''}.${zone}`, resolve);
  const [bad, good] = await Promise.all([listed('127.0.0.2'), listed('127.0.0.1')]);
  const list = catalogued(zone);
  const { error } = readAnswer(list, [...bad, ...good]);
  if (error !== null) return error;
  const { listed: wrongly, unknown } = readAnswer(list, good);
  if (wrongly.length + unknown.length > 0) return 'it lists 127.0.0.1, so it lists everything';
  if (bad.length > 0) return null;
  // `reversed` would unwrap them to IPv4.
  const mapped = (last: string) =>
    codesOf(`${backwards(`${'0'.repeat(20)}ffff7f00000${last}`)}.${zone}`, resolve);
  const [bad6, good6] = await Promise.all([mapped('2'), mapped('1')]);
  if (bad6.some(isListing) && good6.length === 0) return null;
  return 'it does not list its test point 127.0.0.2';
}

async function codesOf(name: string, resolve: Resolve): Promise<string[]> {
  try {
    return (await resolve(name, 'A')) as string[];
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function reason(name: string, resolve: Resolve): Promise<string> {
  try {
    const [first] = (await resolve(name, 'TXT')) as string[][];
    return first?.join('') ?? '';
  } catch {
    // The reason is a courtesy; the listing stands without.
    return '';
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? 'unknown error';
}
