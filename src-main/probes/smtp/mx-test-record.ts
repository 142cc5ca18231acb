// The records that show whether a server goes by MX: those of a name beneath the domain that carries no mail, beside the domain's own.
import type { Evidence } from '../../../shared/finding.ts';
import { canonical as canonicalAddress } from '../addresses.ts';
import { CouldNotCheck, NotApplicable } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { canonical } from '../dns/message.ts';
import { mostCommon, mxSets, textOf } from '../dns/mx-sets.ts';
import { relayAddresses } from '../dns/mx-targets.ts';
import { authorityOf, evidenceOfAll, listed, ordered } from '../dns/speakers.ts';
import type { Mx } from '../dns/speakers.ts';
import { serversOf } from '../servers.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import { nameIn } from './server-greeting.check.ts';
import type { ServerVisit } from './visit.ts';

/** How long the test record may be kept, s: short, so that it is soon gone everywhere. */
const TTL_SECONDS = 300;
/** Records whose servers are looked up, or that a sentence shows: more than this nobody has in earnest. */
const MOST_EXCHANGES = 10;
const MOST_SHOWN = 4;
const MOST_EVIDENCE = 4;

/** Where a set of MX records has a server: most preferred, or only after others. Some servers take mail at one of these places alone. */
export type MxPlace = 'first' | 'behind';

interface Hosts {
  names: ReadonlySet<string>;
  addresses: ReadonlySet<string>;
}

/** The servers that a set of MX records names, by their places. */
type Placed = Record<MxPlace, Hosts>;

export interface TestRecord {
  name: string;
  /** The hosts that it names, the most preferred first. */
  exchanges: readonly string[];
  test: Placed;
  today: Placed;
  evidence: readonly Evidence[];
}

export function testNameOf(domain: string): string {
  return `mailward-test.${domain}`;
}

/**
 * Asks every name server of the domain: whoever looks the test name up must find the same at each of them.
 * @throws `NotApplicable` when there is no record, with how to add it; `CouldNotCheck` when that is not known, or not all have it yet.
 */
export async function testRecordOf(target: Target, world: World): Promise<TestRecord> {
  const { domain } = target;
  const name = testNameOf(domain);
  const dns = dnsOf(world);
  const authority = await authorityOf(dns, domain);
  if (authority.status === 'no-such-name')
    throw new NotApplicable(`There is no domain ${domain}.`, authority.evidence);
  const [said, own] = await Promise.all([mxSets(dns, name, authority), mxSets(dns, domain, authority)]);
  const evidence = evidenceOfAll(said.map(({ asked }) => asked)).slice(0, MOST_EVIDENCE);
  const [first] = said;
  if (first === undefined)
    throw new CouldNotCheck(
      `None of the name servers of ${authority.zone} said whether there is a test record ${name}.`,
      evidenceOfAll(authority.servers.map(({ soa }) => soa)).slice(0, MOST_EVIDENCE),
    );
  if (new Set(said.map(textOf)).size > 1)
    throw new CouldNotCheck(
      `The name servers of ${authority.zone} do not all have the same test record ${name} yet: test again in a few minutes.`,
      evidence,
    );
  const today = ordered(mostCommon(own)?.records ?? []);
  if (first.records.length === 0) throw new NotApplicable(await invitation(target, today, world), evidence);
  const test = ordered(first.records);
  const exchanges = test.map(({ exchange }) => exchange);
  return {
    ...{ name, exchanges, evidence },
    test: await placesOf(test, world),
    today: await placesOf(today, world),
  };
}

/** Where a set has the server visited: by the route's name for it, by its own name, or by its address. Null: nowhere. */
export function placeIn(set: Placed, { place, greeting }: ServerVisit): MxPlace | null {
  const names = [place.host, nameIn(greeting?.answer ?? '')].map((each) => canonical(each));
  const address = canonicalAddress(place.address) ?? place.address;
  const has = (hosts: Hosts) => names.some((each) => hosts.names.has(each)) || hosts.addresses.has(address);
  return has(set.first) ? 'first' : has(set.behind) ? 'behind' : null;
}

async function placesOf(records: readonly Mx[], world: World): Promise<Placed> {
  const [best] = records;
  const hostsOf = async (some: readonly Mx[]): Promise<Hosts> => {
    const names = new Set(some.map(({ exchange }) => canonical(exchange)).filter((each) => each !== '.'));
    const all = await Promise.all([...names].map((each) => dnsOf(world).addresses(each)));
    return { names, addresses: new Set(all.flatMap(({ v4, v6 }) => [...v4, ...v6])) };
  };
  const known = records.slice(0, MOST_EXCHANGES);
  return {
    first: await hostsOf(known.filter(({ preference }) => preference === best?.preference)),
    behind: await hostsOf(known.filter(({ preference }) => preference !== best?.preference)),
  };
}

/** How to add the record; or that it would show nothing any more. */
async function invitation(target: Target, today: readonly Mx[], world: World): Promise<string> {
  const { domain } = target;
  const own = await ownAmong(target, today, world);
  if (today.length > 0 && own.size === today.length)
    return `The MX records of ${domain} name Mailward alone already: whether the server accepts its mail all the same shows without a test record.`;
  const route = (await serversOf(target, world)).map(({ host }) => host).filter((host) => !isAddress(host));
  const named = today.filter((one) => !own.has(one) && one.exchange !== '.');
  // What decides may be the server's place among others: the domain's own records are imitated where they name it.
  const imitated = route.length === 0 || named.some(({ exchange }) => route.includes(exchange)) ? named : [];
  const [host = 'the name of the server in DNS'] = route;
  const records =
    imitated.length > 0 ? today.filter((one) => one.exchange !== '.') : [{ preference: 10, exchange: host }];
  const lines = records
    .slice(0, MOST_SHOWN)
    .map(
      ({ preference, exchange }) =>
        `“${testNameOf(domain)}. ${TTL_SECONDS} IN MX ${preference} ${exchange}.”`,
    );
  return `There is no test record yet: add ${listed(lines)} to the zone, test again, and remove it afterwards; it carries no mail and changes nothing else.`;
}

/** Which of the records lead to Mailward itself. */
async function ownAmong({ relay }: Target, records: readonly Mx[], world: World): Promise<Set<Mx>> {
  if (relay === null) return new Set();
  const dns = dnsOf(world);
  const addresses = await relayAddresses(dns, relay);
  const all = await Promise.all(
    records.slice(0, MOST_EXCHANGES).map(async (record) => {
      if (record.exchange === canonical(relay.hostname)) return [record];
      const { v4, v6 } = await dns.addresses(record.exchange);
      return [...v4, ...v6].some((address) => addresses.has(address)) ? [record] : [];
    }),
  );
  return new Set(all.flat());
}

function isAddress(host: string): boolean {
  return canonicalAddress(host) !== null;
}
