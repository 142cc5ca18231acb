// Who speaks for a domain: its name servers as the parent zone names them and as they name themselves, each asked.
import { getDomain } from 'tldts';
import type { Evidence } from '../../../shared/finding.ts';
import type { Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import type { Resolved, Why } from './iterative.ts';
import { isAskable, isWithin, pick } from './message.ts';
import type { Exchange, NameServerAddress } from './transport.ts';

/** A name server of a zone at one address. */
export interface NameServer extends NameServerAddress {
  name: string;
  /** The parent zone names it. */
  inParent: boolean;
  /** At least one of the zone's own servers names it. */
  inZone: boolean;
  /** The parent gives this address along with the name. */
  isGlue: boolean;
  /** This address is what the name's own zone says; null: that could not be found out. */
  isOwn: boolean | null;
  /** What the server's name is an alias for; null when it is none, as it should be (RFC 2181, section 10.3). */
  alias: string | null;
  /** What it says of the zone (SOA and NS, over UDP). */
  soa: Exchange;
  ns: Exchange;
}

export interface Authority {
  /** `no-such-name`: the zone above says so. `found`: there is a zone, whether or not its servers answer. */
  status: 'found' | 'no-such-name' | 'could-not';
  why: Why | null;
  /** Why it could not be found out, in a sentence. */
  reason: string;
  /** The zone that holds the domain: its own, or one above it. */
  zone: string;
  /** The parent's referral; null when the parent's servers hold this zone too, or nothing was found. */
  referral: Exchange | null;
  /** Names of the servers as the parent gives them; null when there is no referral. */
  parentNames: string[] | null;
  servers: NameServer[];
  /** Names without any address, with what was found of them. */
  without: {
    name: string;
    alias: string | null;
    inParent: boolean;
    status: string;
    reason: string;
    evidence: Evidence[];
  }[];
  /** What was found of names that are aliases. */
  aliases: { name: string; alias: string; evidence: Evidence[] }[];
  evidence: Evidence[];
}

/** Finds them, and asks every one of them at every address for the zone's SOA and NS records. */
export async function findAuthority(dns: Dns, domain: string): Promise<Authority> {
  const nothing = { referral: null, parentNames: null, servers: [], without: [], aliases: [] };
  if (!isAskable(domain)) {
    const reason = `“${domain}” is not a name that DNS can have.`;
    return { status: 'could-not', why: 'servers', reason, zone: '.', ...nothing, evidence: [] };
  }
  const found = await dns.find(domain, 'SOA');
  const zone = zoneOf(found, domain);
  if (found.judgement?.kind === 'no-such-name' && !isWithin(found.cut.zone, registered(domain))) {
    const evidence = found.answer === null ? [] : [evidenceOf(found.answer)];
    return { status: 'no-such-name', why: null, reason: '', zone, ...nothing, evidence };
  }
  if (found.judgement === null && !isWithin(found.cut.zone, registered(domain))) {
    const whose = found.cut.zone === '.' ? 'the root servers' : `the name servers of ${found.cut.zone}`;
    return {
      ...{ status: 'could-not', why: found.why, zone, ...nothing, evidence: found.asked.map(evidenceOf) },
      reason: `Who is responsible for ${domain} could not be found out: no answer of use came from ${whose}.`,
    };
  }
  const isDelegated = found.cut.zone === zone && found.cut.from !== null;
  const referral = isDelegated ? found.cut.from : null;
  const named = found.cut.servers.flatMap(({ name, glue }) => (name === null ? [] : [{ name, glue }]));
  const parents = isDelegated ? named : [];

  const asked = new Map<string, Promise<Asked>>();
  const look = (name: string, glue: readonly string[]) => {
    if (!asked.has(name)) asked.set(name, askServer(dns, zone, name, glue));
  };
  for (const { name, glue } of parents) look(name, glue);
  if (!isDelegated && found.answer !== null) {
    // The parent's servers hold the zone too: its own NS records are all there is.
    const own = await dns.ask(found.answer.server, zone, 'NS');
    for (const { data } of pick(own.reply?.answers ?? [], 'NS', zone)) look(data, []);
  }
  // Servers may name others that nobody else named; those may name yet others.
  for (let known = 0; known < asked.size && asked.size < 30; ) {
    known = asked.size;
    const said = (await Promise.all(asked.values())).flatMap(({ at }) => at);
    for (const { ns } of said) {
      if (ns.reply?.aa !== true) continue;
      for (const { data } of pick(ns.reply.answers, 'NS', zone)) look(data, []);
    }
  }
  const all = await Promise.all(asked.values());
  const parentNames = new Set(parents.map(({ name }) => name));
  const zoneNames = new Set(
    all
      .flatMap(({ at }) => at)
      .flatMap(({ ns }) => (ns.reply?.aa === true ? pick(ns.reply.answers, 'NS', zone) : []))
      .map(({ data }) => data),
  );
  return {
    ...{ status: 'found', why: found.why, reason: '', zone, referral },
    parentNames: isDelegated ? [...parentNames] : null,
    servers: all.flatMap(({ name, at }) =>
      at.map((server) => ({ ...server, inParent: parentNames.has(name), inZone: zoneNames.has(name) })),
    ),
    without: all.flatMap(({ name, alias, at, status, reason, evidence }) =>
      at.length > 0 ? [] : [{ name, alias, inParent: parentNames.has(name), status, reason, evidence }],
    ),
    aliases: all.flatMap(({ name, alias, evidence }) => (alias === null ? [] : [{ name, alias, evidence }])),
    evidence: [referral, found.answer].flatMap((each) => (each === null ? [] : [evidenceOf(each)])),
  };
}

interface Asked {
  name: string;
  alias: string | null;
  at: Omit<NameServer, 'inParent' | 'inZone'>[];
  status: string;
  reason: string;
  evidence: Evidence[];
}

async function askServer(dns: Dns, zone: string, name: string, glue: readonly string[]): Promise<Asked> {
  const asks = new Map<string, Promise<[Exchange, Exchange]>>();
  const put = (address: string) => {
    const server = { name, address };
    if (!asks.has(address)) {
      asks.set(address, Promise.all([dns.ask(server, zone, 'SOA'), dns.ask(server, zone, 'NS')]));
    }
  };
  glue.forEach(put);
  const own = await dns.addresses(name);
  const ownAddresses = [...own.v4, ...own.v6];
  const alias = own.aliases.at(-1)?.data ?? null;
  ownAddresses.forEach(put);
  const at = await Promise.all(
    [...asks].map(async ([address, both]) => {
      const [soa, ns] = await both;
      const isOwn = own.status === 'could-not' ? null : ownAddresses.includes(address);
      return { ...soa.server, name, alias, isGlue: glue.includes(address), isOwn, soa, ns };
    }),
  );
  return { name, alias, at, status: own.status, reason: own.reason, evidence: own.evidence };
}

function zoneOf({ judgement, cut }: Resolved, domain: string): string {
  if (judgement?.kind === 'answer') return domain;
  if (judgement?.kind === 'no-data' || judgement?.kind === 'no-such-name') return judgement.zone ?? cut.zone;
  return cut.zone;
}

/** The part of a name that somebody registered; the name itself where that is not known. */
function registered(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: false }) ?? domain;
}
