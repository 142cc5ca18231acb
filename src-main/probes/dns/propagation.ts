// How far a change of the MX records has spread: what every name server and public resolver says, and until when.
import type { MxSet } from '../../../shared/facts/form.ts';
import type { ServerView } from '../../../shared/facts/mx-propagation.ts';
import type { Evidence } from '../../../shared/finding.ts';
import type { Authority } from './authority.ts';
import { ordered } from './speakers.ts';
import type { Mx } from './speakers.ts';
import type { Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import { canonical, isWithin, pick } from './message.ts';
import type { DnsRecord } from './message.ts';
import { mostCommon, mxSets, plain, textOf } from './mx-sets.ts';
import type { PublicResolver } from './public-resolvers.ts';
import type { Exchange } from './transport.ts';

/** The picture at one time. */
export interface PropagationState {
  /** The set that is to be everywhere: what most of the name servers have. */
  mx: MxSet;
  ttl: number | null;
  /** UTC ms. */
  at: number;
  items: ServerView[];
  /** When the last of those asked gives up the old set, UTC ms; null when all agree, or name servers do not. */
  until: number | null;
  evidence: Evidence[];
}

/** A resolver may be many machines with a cache each; so many questions show more of them. */
const questions = 2;

/**
 * Asks every one of them, anew. Null when no name server had an answer of use.
 * @throws CouldNotCheck when nobody speaks for the domain.
 */
export async function spreadOf(
  dns: Dns,
  domain: string,
  authority: Authority,
  resolvers: readonly PublicResolver[],
): Promise<PropagationState | null> {
  const name = canonical(domain);
  const [own, others] = await Promise.all([
    mxSets(dns, name, authority, true),
    Promise.all(
      resolvers.map(async (resolver) => ({
        resolver,
        answers: await Promise.all(
          Array.from({ length: questions }, () =>
            dns.ask(resolver, name, 'MX', { recursive: true, giveUpMs: 4_000, repeatMs: 1_500, again: true }),
          ),
        ),
      })),
    ),
  ]);
  const target = mostCommon(own);
  if (target === null) return null;
  const wanted = textOf(target);
  const evidence: Evidence[] = own.map(({ asked }) => evidenceOf(asked));
  const items = own.map(({ server, exists, records, ttl }): ServerView => {
    const { name, address } = server;
    const view = { name, address, kind: 'authoritative' as const, place: '', mx: factual(records), ttl };
    return { ...view, state: textOf({ exists, records }) === wanted ? 'agrees' : 'differs', until: null };
  });
  for (const { resolver, answers } of others) {
    const { item, shown } = itemOf(resolver, name, answers, wanted);
    items.push(item);
    evidence.push(evidenceOf(shown));
  }
  const untils = items.flatMap(({ until }) => (until === null ? [] : [until]));
  const disagree = items.some(({ kind, state }) => kind === 'authoritative' && state === 'differs');
  return {
    ...{ mx: factual(target.records), ttl: target.ttl, at: Math.max(...own.map(({ asked }) => asked.at)) },
    ...{ items, until: disagree || untils.length === 0 ? null : Math.max(...untils), evidence },
  };
}

/**
 * Of resolvers that were silent about a domain, those that answer when asked for the root, and are silent about the domain, or fail,
 * a second time too: what keeps them from an answer is the domain and not the way to them.
 */
export async function stuckOf(
  dns: Dns,
  domain: string,
  silent: readonly Pick<ServerView, 'name' | 'address'>[],
): Promise<{ stuck: number; evidence: Evidence[] }> {
  const all = await Promise.all(
    silent.map(async ({ name, address }) => {
      const resolver = { name, address };
      const other = await dns.ask(resolver, '.', 'SOA', { recursive: true, giveUpMs: 3_000 });
      if (other.reply === null) return [];
      const how = { recursive: true, giveUpMs: 3_000, repeatMs: 1_500, again: true };
      const anew = await dns.ask(resolver, canonical(domain), 'MX', how);
      return cached(anew, domain) === null ? [evidenceOf(other), evidenceOf(anew)] : [];
    }),
  );
  return { stuck: all.filter(({ length }) => length > 0).length, evidence: all.flat() };
}

/** A resolver's answers as one: the oldest set that any of its machines still has counts. */
function itemOf(
  resolver: PublicResolver,
  domain: string,
  answers: readonly Exchange[],
  wanted: string,
): { item: ServerView; shown: Exchange } {
  const { name, place, address } = resolver;
  const read = answers.map((asked) => ({ asked, said: cached(asked, domain) }));
  const told = read.flatMap(({ asked, said }) => (said === null ? [] : [{ asked, said }]));
  const outdated = told
    .filter(({ said }) => textOf({ exists: said.exists, records: said.mx }) !== wanted)
    .sort((a, b) => b.said.ttl - a.said.ttl);
  const chosen = outdated[0] ?? told[0];
  const base = { name, address, kind: 'resolver' as const, place };
  if (chosen === undefined) {
    const replied = read.find(({ asked }) => asked.reply !== null)?.asked ?? read[0]?.asked;
    if (replied === undefined) throw new Error('a resolver was not asked at all');
    const state = replied.reply === null ? 'silent' : 'failed';
    return { item: { ...base, state, mx: null, ttl: null, until: null }, shown: replied };
  }
  const { asked, said } = chosen;
  const view = { ...base, mx: factual(said.mx), ttl: said.ttl };
  return {
    item:
      outdated.length > 0
        ? { ...view, state: 'differs', until: asked.at + said.ttl * 1000 }
        : { ...view, state: 'agrees', until: null },
    shown: asked,
  };
}

/** What a resolver has, and for how long; null when it could not find out. */
function cached({ reply }: Exchange, domain: string): { exists: boolean; mx: Mx[]; ttl: number } | null {
  if (reply === null || !['NOERROR', 'NXDOMAIN'].includes(reply.rcode)) return null;
  const records = pick(reply.answers, 'MX');
  if (records.length > 0) {
    const ttl = Math.min(...reply.answers.map((record) => record.ttl));
    return { exists: true, mx: records.map(({ data }) => data), ttl };
  }
  const end = endOf(canonical(domain), pick(reply.answers, 'CNAME'));
  const soa = pick(reply.authorities, 'SOA').find((record) => isWithin(end, record.name));
  // What is not there is remembered too (RFC 2308).
  return {
    exists: reply.rcode === 'NOERROR',
    mx: [],
    ttl: soa === undefined ? 0 : Math.min(soa.ttl, soa.data.minimum),
  };
}

/** Where an answer's aliases lead. */
function endOf(name: string, aliases: readonly DnsRecord<'CNAME'>[]): string {
  let end = name;
  for (const _ of aliases) end = aliases.find((alias) => alias.name === end)?.data ?? end;
  return end;
}

/** A set as facts have it. */
function factual(records: readonly Mx[]): MxSet {
  return ordered(records).map(plain);
}
