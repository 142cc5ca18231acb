// The names that a domain's mail depends on besides its own, and whether resolvers that check signatures find them.
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import type { Evidence } from '../../../shared/finding.ts';
import { patiently } from '../lateness.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import type { Authority } from './authority.ts';
import { listed } from './speakers.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import { canonical, isAskable, isWithin } from './message.ts';
import type { RecordType } from './message.ts';
import type { PublicResolver } from './public-resolvers.ts';
import { spfNames } from './spf-names.ts';
import type { Exchange } from './transport.ts';
import { isOutvoted, seenBy, signatureFault } from './validation.ts';

/** What a name is to the mail; of servers one is enough, so that their loss counts together. */
export type Role = 'mail-server' | 'name-server' | 'route' | 'relay' | 'mta-sts' | 'spf' | 'dkim' | 'dmarc';

export interface Needed {
  name: string;
  role: Role;
  /** The zone that it is in, at its alias's end. */
  zone: string;
  /** `refused`: by all resolvers that check; `doubted`: by some; `unknown`: signed badly as it seems, and no resolver says. */
  state: 'found' | 'refused' | 'doubted' | 'unknown';
  /** What is wrong, after a colon; empty when that cannot be seen from here. */
  why: string;
  evidence: Evidence[];
}

type Resolver = Pick<PublicResolver, 'name' | 'address'>;

/** Resolvers that are asked for each name. */
const ASKED = 4;
const most = { mailServers: 10, nameServers: 8, destinations: 5, spf: 10, keys: 5 };

/** For finding the names that the SPF record leads to, and for each of the others, ms. */
const SPF_MS = 3_000;
const OTHER_MS = 5_000;

/** A name, and what is asked of it. */
interface Question {
  name: string;
  role: Role;
  type: 'TXT' | 'MX' | 'addresses';
}

/** Who asks: for whom, whom, and what is left out. */
export interface NeededNamesQuery {
  target: Pick<Target, 'domain' | 'relay' | 'destinations' | 'selectors'>;
  world: World;
  authority: Authority;
  /** Those to be asked; the first four are. */
  resolvers: readonly Resolver[];
  /** A zone whose names are left out, because what is wrong with all of it has been said. */
  without: string | null;
}

/** Asks for the addresses of the servers that MX records name, and of name servers in other zones. */
export async function neededServers(asker: NeededNamesQuery): Promise<Needed[]> {
  const { target, world, authority } = asker;
  const dns = dnsOf(world);
  const mx = await dns.resolve(target.domain, 'MX');
  const named = [...new Set(mx.records.map(({ data }) => data.exchange))].filter((host) => host !== '.');
  const mailServers = mx.status === 'no-data' ? [canonical(target.domain)] : named.slice(0, most.mailServers);
  const cuts = await Promise.all(mailServers.map((host) => dns.find(host, 'A')));
  const nameServers = [
    ...[...authority.servers, ...authority.without].map(({ name }) => name),
    ...cuts.flatMap(({ cut }) => (cut.zone === '.' ? [] : cut.servers.flatMap(({ name }) => name ?? []))),
  ].filter((name) => !isWithin(name, authority.zone));
  const questions = [
    ...mailServers.map((name) => addressesOf(name, 'mail-server')),
    ...[...new Set(nameServers)].slice(0, most.nameServers).map((name) => addressesOf(name, 'name-server')),
  ];
  const found = await Promise.all(askable(asker, questions).map((each) => neededName(asker, each)));
  // A mail server’s zone says it for its own name servers too.
  const spoilt = found.flatMap(({ role, state, zone }) =>
    role === 'mail-server' && state !== 'found' ? [zone] : [],
  );
  return found.filter(({ role, zone }) => role !== 'name-server' || !spoilt.includes(zone));
}

/**
 * Asks for the addresses of the host of the MTA-STS policy, of the servers that the route names, and of the relay; and for the records by
 * which receivers tell the domain's mail from forged mail. Names that cannot be found in time are left to the checks that are about them:
 * strangers have them, and no stranger's server may keep a verdict waiting.
 */
export async function neededOthers(asker: NeededNamesQuery): Promise<Needed[]> {
  const { domain, relay, destinations, selectors } = asker.target;
  const dns = dnsOf(asker.world);
  const ask = async (questions: readonly Question[]) =>
    (
      await Promise.all(
        askable(asker, questions).map((each) => within(OTHER_MS, neededName(asker, each), null)),
      )
    ).filter((each) => each !== null);
  const hosts = [...new Set(destinations.map(({ host }) => host))].filter((host) => isIP(host) === 0);
  const all = await Promise.all([
    ask([
      ...hosts.slice(0, most.destinations).map((name) => addressesOf(name, 'route')),
      ...(relay === null || relay.hostname === '' ? [] : [addressesOf(relay.hostname, 'relay')]),
      ...selectors
        .slice(0, most.keys)
        .map((selector) => recordOf(`${selector}._domainkey.${domain}`, 'dkim')),
      recordOf(`_dmarc.${domain}`, 'dmarc'),
      recordOf(`_mta-sts.${domain}`, 'mta-sts'),
    ]),
    within(OTHER_MS, dns.resolve(`_mta-sts.${domain}`, 'TXT'), null).then((sts) =>
      sts?.status === 'answer' ? ask([addressesOf(`mta-sts.${domain}`, 'mta-sts')]) : [],
    ),
    spfQuestions(dns, domain).then(ask),
  ]);
  return all.flat();
}

const addressesOf = (name: string, role: Role): Question => ({ name, role, type: 'addresses' });
const recordOf = (name: string, role: Role): Question => ({ name, role, type: 'TXT' });

/** Those that can be asked and are not in the zone that is left out; each once. */
function askable({ without }: NeededNamesQuery, questions: readonly Question[]): Question[] {
  const all = new Map<string, Question>();
  for (const { name: given, role, type } of questions) {
    const name = canonical(given);
    const key = `${name} ${type}`;
    if (isAskable(name) && !all.has(key) && (without === null || !isWithin(name, without)))
      all.set(key, { name, role, type });
  }
  return [...all.values()];
}

/** What a receiver asks for to judge a sender by the domain's SPF record, its own name left out. */
async function spfQuestions(dns: Dns, domain: string): Promise<Question[]> {
  const all = new Map<string, Question>();
  const read = async (of: string): Promise<void> => {
    const { records } = await dns.resolve(of, 'TXT');
    const texts = records.map(({ data }) => Buffer.concat(data).toString('latin1'));
    const [record, second] = texts.filter((text) => /^v=spf1( |$)/i.test(text));
    // Of two records no receiver follows either (RFC 7208 §4.5).
    if (record === undefined || second !== undefined) return;
    const further: string[] = [];
    for (const { term, name } of spfNames(record, of)) {
      const type = term === 'include' || term === 'redirect' ? 'TXT' : term === 'mx' ? 'MX' : 'addresses';
      const key = `${name} ${type}`;
      if (term === 'ptr' || name === canonical(domain) || all.has(key) || all.size >= most.spf) continue;
      all.set(key, { name, role: 'spf', type });
      if (type === 'TXT') further.push(name);
    }
    await Promise.all(further.map(read));
  };
  await within(SPF_MS, read(canonical(domain)), undefined);
  return [...all.values()];
}

/** What comes in that time, in which this process must be able to look; else what is given instead. */
async function within<T, U>(ms: number, coming: Promise<T>, instead: U): Promise<T | U> {
  let inTime = (): void => undefined;
  const late = new Promise<U>((resolve) => (inTime = patiently(ms, () => resolve(instead))));
  return Promise.race([coming, late]).finally(inTime);
}

async function typesOf(dns: Dns, name: string, type: Question['type']): Promise<RecordType[]> {
  if (type !== 'addresses') return (await dns.resolve(name, type)).status === 'answer' ? [type] : [];
  const { of } = await dns.addresses(name);
  return [
    ...(of.v4 === 'answer' ? (['A'] as const) : []),
    ...(of.v6 === 'answer' ? (['AAAA'] as const) : []),
  ];
}

/** Names that we cannot find ourselves are left to other checks. */
async function neededName(
  { world, authority, resolvers }: NeededNamesQuery,
  { name, role, type: asks }: Question,
): Promise<Needed> {
  const dns = dnsOf(world);
  const types = await typesOf(dns, name, asks);
  const seen = await Promise.all(
    types.map(async (type) => ({ type, ...(await seenBy(dns, name, type, resolvers.slice(0, ASKED))) })),
  );
  const refused = seen.find((each) => each.refused.length > 0);
  const accepted = seen.flatMap((each) => each.accepted ?? []);
  const [type] = refused === undefined ? types : [refused.type];
  const found = { name, role, zone: '', state: 'found' as const, why: '', evidence: [] };
  if (type === undefined || (refused === undefined && accepted.length > 0)) return found;
  const { zone, aliases } = await dns.resolve(name, type);
  // What is to see of the domain's own zone is seen without this.
  const fault =
    refused === undefined && zone === authority.zone
      ? null
      : await signatureFault(dns, zone, aliases.at(-1)?.data ?? name, type, world.now()).catch(() => null);
  if (fault === null && (refused === undefined || isOutvoted(refused))) return found;
  const asked: Exchange[] = [
    ...(refused?.refused ?? []).flatMap(({ checked, unchecked }) => [checked, unchecked]),
    ...accepted,
    ...(fault?.asked ?? []),
  ];
  return {
    ...{ name, role, zone, why: fault?.says ?? '', evidence: asked.map(evidenceOf) },
    state: refused === undefined ? 'unknown' : accepted.length > 0 ? 'doubted' : 'refused',
  };
}

/** The roles of which nothing is left. */
export function lostRoles(all: readonly Needed[], authority: Authority): Role[] {
  const isLost = (role: Role) => {
    const own = all.filter((each) => each.role === role);
    return own.length > 0 && own.every(({ state }) => state === 'refused');
  };
  // Those with names of the zone itself are not among them.
  const hasOwn = authority.servers.some(({ name }) => isWithin(name, authority.zone));
  return [
    ...(isLost('mail-server') ? (['mail-server'] as const) : []),
    ...(isLost('name-server') && !hasOwn ? (['name-server'] as const) : []),
  ];
}

export function neededText({ name, role, state, why }: Needed): string {
  const what = `${name}, ${roles[role]}`;
  const reason = why === '' ? '' : `: ${why}`;
  return state === 'unknown'
    ? `Whether resolvers that check signatures find ${what}, is not known${reason}.`
    : `${state === 'doubted' ? 'Some resolvers' : 'Resolvers'} that check signatures refuse ${what}${reason}.`;
}

/** Several that are lost together. */
export function lostText(all: readonly Needed[]): string {
  const why = [...new Set(all.map((each) => each.why).filter((each) => each !== ''))];
  return `Resolvers that check signatures refuse ${listed(all.map(({ name }) => name))}, ${all.length === 1 ? 'the only one' : 'all'} of the ${all[0]?.role === 'name-server' ? 'name servers' : 'servers that take the mail'}${why.length === 0 ? '' : `: ${listed(why)}`}.`;
}

const roles: Readonly<Record<Role, string>> = {
  'mail-server': 'a server that takes the mail',
  'name-server': 'a name server that mail depends on',
  route: 'a server that the route names',
  relay: 'Mailward’s own name',
  'mta-sts': 'where the MTA-STS policy is',
  spf: 'which the SPF record needs',
  dkim: 'where a DKIM key is',
  dmarc: 'where the DMARC policy is',
};
