// The names that a domain's mail depends on besides its own, and whether resolvers that check signatures find them.
import type { Evidence } from '../../../shared/finding.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import type { Authority } from './authority.ts';
import { listed } from './common.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import { canonical, isAskable, isWithin } from './message.ts';
import type { RecordType } from './message.ts';
import type { PublicResolver } from './public-resolvers.ts';
import type { Exchange } from './transport.ts';
import { seenBy, signatureFault } from './validation.ts';

/** What a name is to the mail; of servers one is enough, so that their loss counts together. */
export type Role = 'mail-server' | 'name-server' | 'mta-sts' | 'relay';

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
const most = { mailServers: 10, nameServers: 8 };

/**
 * Asks for every name what is there of it: addresses of the servers that MX records name, of name servers in other zones, of the
 * host of the MTA-STS policy, and of the relay. Names that we cannot find ourselves are left to other checks.
 * @param resolvers those to be asked; the first four are.
 * @param without a zone whose names are left out, because what is wrong with all of it has been said.
 */
export async function neededNames(
  { domain, relay }: Pick<Target, 'domain' | 'relay'>,
  world: World,
  authority: Authority,
  resolvers: readonly Resolver[],
  without: string | null,
): Promise<Needed[]> {
  const dns = dnsOf(world);
  const [mx, sts] = await Promise.all([dns.resolve(domain, 'MX'), dns.resolve(`_mta-sts.${domain}`, 'TXT')]);
  const named = [...new Set(mx.records.map(({ data }) => data.exchange))].filter((host) => host !== '.');
  const mailServers = mx.status === 'no-data' ? [canonical(domain)] : named.slice(0, most.mailServers);
  const cuts = await Promise.all(mailServers.map((host) => dns.find(host, 'A')));
  const nameServers = [
    ...[...authority.servers, ...authority.without].map(({ name }) => name),
    ...cuts.flatMap(({ cut }) => (cut.zone === '.' ? [] : cut.servers.flatMap(({ name }) => name ?? []))),
  ].filter((name) => !isWithin(name, authority.zone));
  const all = new Map<string, Role>();
  const put = (name: string, role: Role) => {
    const key = canonical(name);
    if (isAskable(key) && !all.has(key) && (without === null || !isWithin(key, without))) all.set(key, role);
  };
  for (const host of mailServers) put(host, 'mail-server');
  for (const name of [...new Set(nameServers)].slice(0, most.nameServers)) put(name, 'name-server');
  if (sts.status === 'answer') put(`mta-sts.${domain}`, 'mta-sts');
  if (relay !== null && relay.hostname !== '') put(relay.hostname, 'relay');
  const found = await Promise.all(
    [...all].map(([name, role]) => neededName(dns, world, authority, resolvers.slice(0, ASKED), name, role)),
  );
  // A mail server’s zone says it for its own name servers too.
  const spoilt = found.flatMap(({ role, state, zone }) =>
    role === 'mail-server' && state !== 'found' ? [zone] : [],
  );
  return found.filter(({ role, zone }) => role !== 'name-server' || !spoilt.includes(zone));
}

async function neededName(
  dns: Dns,
  world: World,
  authority: Authority,
  resolvers: readonly Resolver[],
  name: string,
  role: Role,
): Promise<Needed> {
  const { of } = await dns.addresses(name);
  const types: RecordType[] = [
    ...(of.v4 === 'answer' ? (['A'] as const) : []),
    ...(of.v6 === 'answer' ? (['AAAA'] as const) : []),
  ];
  const seen = await Promise.all(
    types.map(async (type) => ({ type, ...(await seenBy(dns, name, type, resolvers)) })),
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
  if (refused === undefined && fault === null) return found;
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
  'mta-sts': 'where the MTA-STS policy is',
  relay: 'Mailward’s own name',
};
