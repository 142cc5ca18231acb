// The names that a domain's mail depends on besides its own, and whether resolvers that check signatures find them.
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import type { Evidence } from '../../../shared/finding.ts';
import { patiently } from '../lateness.ts';
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
import { spfNames } from './spf-names.ts';
import type { Exchange } from './transport.ts';
import { seenBy, signatureFault } from './validation.ts';

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

/** For following the SPF record, ms: what dead servers hide until then is left to its own check. */
const SPF_MS = 5_000;

/** A name, and what is asked of it. */
interface Question {
  name: string;
  role: Role;
  type: 'TXT' | 'MX' | 'addresses';
}

/**
 * Asks for every name what is there of it: addresses of the servers that MX records and the route name, of name servers in other
 * zones, of the host of the MTA-STS policy, and of the relay; the records by which receivers tell the domain's mail from forged mail,
 * and the names that SPF's leads to. Names that we cannot find ourselves are left to other checks.
 * @param resolvers those to be asked; the first four are.
 * @param without a zone whose names are left out, because what is wrong with all of it has been said.
 */
export async function neededNames(
  { domain, relay, destinations, selectors }: Pick<Target, 'domain' | 'relay' | 'destinations' | 'selectors'>,
  world: World,
  authority: Authority,
  resolvers: readonly Resolver[],
  without: string | null,
): Promise<Needed[]> {
  const dns = dnsOf(world);
  const [mx, sts, spf] = await Promise.all([
    dns.resolve(domain, 'MX'),
    dns.resolve(`_mta-sts.${domain}`, 'TXT'),
    spfQuestions(dns, domain),
  ]);
  const named = [...new Set(mx.records.map(({ data }) => data.exchange))].filter((host) => host !== '.');
  const mailServers = mx.status === 'no-data' ? [canonical(domain)] : named.slice(0, most.mailServers);
  const cuts = await Promise.all(mailServers.map((host) => dns.find(host, 'A')));
  const nameServers = [
    ...[...authority.servers, ...authority.without].map(({ name }) => name),
    ...cuts.flatMap(({ cut }) => (cut.zone === '.' ? [] : cut.servers.flatMap(({ name }) => name ?? []))),
  ].filter((name) => !isWithin(name, authority.zone));
  const all = new Map<string, Question>();
  const put = (given: string, role: Role, type: Question['type'] = 'addresses') => {
    const name = canonical(given);
    const key = `${name} ${type}`;
    if (isAskable(name) && !all.has(key) && (without === null || !isWithin(name, without)))
      all.set(key, { name, role, type });
  };
  for (const host of mailServers) put(host, 'mail-server');
  for (const name of [...new Set(nameServers)].slice(0, most.nameServers)) put(name, 'name-server');
  if (sts.status === 'answer') {
    put(`_mta-sts.${domain}`, 'mta-sts', 'TXT');
    put(`mta-sts.${domain}`, 'mta-sts');
  }
  const hosts = destinations.map(({ host }) => host).filter((host) => isIP(host) === 0);
  for (const host of hosts.slice(0, most.destinations)) put(host, 'route');
  if (relay !== null && relay.hostname !== '') put(relay.hostname, 'relay');
  for (const { name, type } of spf) put(name, 'spf', type);
  for (const selector of selectors.slice(0, most.keys))
    put(`${selector}._domainkey.${domain}`, 'dkim', 'TXT');
  put(`_dmarc.${domain}`, 'dmarc', 'TXT');
  const found = await Promise.all(
    [...all.values()].map((each) => neededName(dns, world, authority, resolvers.slice(0, ASKED), each)),
  );
  // A mail server’s zone says it for its own name servers too.
  const spoilt = found.flatMap(({ role, state, zone }) =>
    role === 'mail-server' && state !== 'found' ? [zone] : [],
  );
  return found.filter(({ role, zone }) => role !== 'name-server' || !spoilt.includes(zone));
}

/** What a receiver asks for to judge a sender by the domain's SPF record, its own name left out. */
async function spfQuestions(dns: Dns, domain: string): Promise<Omit<Question, 'role'>[]> {
  const all = new Map<string, Omit<Question, 'role'>>();
  const read = async (name: string): Promise<void> => {
    const { records } = await dns.resolve(name, 'TXT');
    const texts = records.map(({ data }) => Buffer.concat(data).toString('latin1'));
    const further: string[] = [];
    for (const { term, name: next } of texts.filter((text) => /^v=spf1( |$)/i.test(text)).flatMap(spfNames)) {
      const type = term === 'include' || term === 'redirect' ? 'TXT' : term === 'mx' ? 'MX' : 'addresses';
      const key = `${next} ${type}`;
      if (term === 'ptr' || all.has(key) || all.size >= most.spf) continue;
      all.set(key, { name: next, type });
      if (type === 'TXT') further.push(next);
    }
    await Promise.all(further.map(read));
  };
  let inTime = (): void => undefined;
  const late = new Promise<void>((resolve) => (inTime = patiently(SPF_MS, resolve)));
  await Promise.race([read(domain), late]).finally(inTime);
  return [...all.values()];
}

async function typesOf(dns: Dns, name: string, type: Question['type']): Promise<RecordType[]> {
  if (type !== 'addresses') return (await dns.resolve(name, type)).status === 'answer' ? [type] : [];
  const { of } = await dns.addresses(name);
  return [
    ...(of.v4 === 'answer' ? (['A'] as const) : []),
    ...(of.v6 === 'answer' ? (['AAAA'] as const) : []),
  ];
}

async function neededName(
  dns: Dns,
  world: World,
  authority: Authority,
  resolvers: readonly Resolver[],
  { name, role, type: asks }: Question,
): Promise<Needed> {
  const types = await typesOf(dns, name, asks);
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
  route: 'a server that the route names',
  relay: 'Mailward’s own name',
  'mta-sts': 'where the MTA-STS policy is',
  spf: 'which the SPF record needs',
  dkim: 'where a DKIM key is',
  dmarc: 'where the DMARC policy is',
};
