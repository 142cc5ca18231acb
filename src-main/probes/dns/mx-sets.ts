// What each name server says of a domain's MX records, by way of an alias where the domain is one.
import type { Authority, NameServer } from './authority.ts';
import { isSpeaker, ordered, setText, speakersOf } from './speakers.ts';
import type { Mx } from './speakers.ts';
import type { Dns } from './dns.ts';
import { judge } from './judge.ts';
import { canonical, pick } from './message.ts';
import type { Exchange } from './transport.ts';

/** What one name server says. */
export interface SaidMx {
  server: NameServer;
  asked: Exchange;
  /** The name that the domain is an alias for, by this server; null when it is none. */
  alias: string | null;
  /** Whether there is such a name, at the alias's end if there is an alias. */
  exists: boolean;
  /** Its own records, or those that most name servers at the alias's end have. */
  records: Mx[];
  /** How long its answer may be kept, s; null when it has no records. */
  ttl: number | null;
}

/** More aliases in a row than resolvers follow. */
const mostAliases = 12;

/**
 * Asks every server that speaks for the domain; where it is an alias, those of its end too. Servers that gave no answer of use are
 * left out, and so are those whose alias leads to nobody who answers.
 * @param again asks anew what was asked before.
 * @throws CouldNotCheck when nobody speaks for the domain.
 */
export async function mxSets(
  dns: Dns,
  domain: string,
  authority: Authority,
  again = false,
): Promise<SaidMx[]> {
  speakersOf(authority);
  return follow(dns, canonical(domain), authority, again, []);
}

async function follow(
  dns: Dns,
  name: string,
  authority: Authority,
  again: boolean,
  within: readonly string[],
): Promise<SaidMx[]> {
  const all = await Promise.all(
    authority.servers
      .filter(isSpeaker)
      .map(async (server) => ({ server, asked: await dns.ask(server, name, 'MX', { again }) })),
  );
  const judged = all.flatMap(({ server, asked }) => {
    const judgement = judge(asked, authority.zone);
    const { kind } = judgement;
    return kind === 'useless' || kind === 'unsure' || kind === 'referral'
      ? []
      : [{ server, asked, judgement }];
  });
  const path = [...within, name];
  const others: SaidMx[] = [];
  const ends = new Map<string, Pick<SaidMx, 'exists' | 'records' | 'ttl'>>();
  const targets = new Set(
    judged.flatMap(({ judgement }) => (judgement.kind === 'alias' ? [judgement.to] : [])),
  );
  await Promise.all(
    [...targets].map(async (to) => {
      if (path.includes(to) || path.length > mostAliases) return;
      const next = await dns.authoritative(to);
      const said = next.status === 'found' ? await follow(dns, to, next, again, path) : [];
      const end =
        next.status === 'no-such-name' ? { exists: false, records: [], ttl: null } : mostCommon(said);
      if (end !== null) ends.set(to, end);
      others.push(...said);
    }),
  );
  const own = judged.flatMap(({ server, asked, judgement }): SaidMx[] => {
    if (judgement.kind !== 'alias') {
      const records = pick(asked.reply?.answers ?? [], 'MX', name);
      const ttl = records.length === 0 ? null : Math.min(...records.map((record) => record.ttl));
      const exists = judgement.kind !== 'no-such-name';
      return [{ server, asked, alias: null, exists, records: records.map(({ data }) => data), ttl }];
    }
    const end = ends.get(judgement.to);
    if (end === undefined) return [];
    const ttl = end.ttl === null ? null : Math.min(end.ttl, judgement.record.ttl);
    return [{ server, asked, alias: judgement.to, exists: end.exists, records: end.records, ttl }];
  });
  const known = new Set(own.map(({ server }) => server.address));
  return [...own, ...others.filter(({ server }) => !known.has(server.address))];
}

/** Tells sets apart; a name that is not there is another thing than one without records. */
export function textOf({ exists, records }: { exists: boolean; records: readonly Mx[] }): string {
  return exists ? setText(records) : NO_SUCH_NAME;
}

/** As an admin reads it. */
export function wordsOf(text: string): string {
  return text === '' ? 'none' : text;
}

const NO_SUCH_NAME = 'no such name';

/** Of what the servers say, what most of them do; null when nobody said anything. */
export function mostCommon<T extends { exists: boolean; records: readonly Mx[] }>(
  all: readonly T[],
): T | null {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(textOf(one), (counts.get(textOf(one)) ?? 0) + 1);
  const [best] = [...all].sort((a, b) => (counts.get(textOf(b)) ?? 0) - (counts.get(textOf(a)) ?? 0));
  return best ?? null;
}

/** A record as facts have it. */
export function plain({ preference, exchange }: Mx): { preference: number; exchange: string } {
  return { preference, exchange };
}

/** A server's records as facts have them. */
export function factOf({ server, records }: SaidMx) {
  return { name: server.name, address: server.address, mx: ordered(records).map(plain) };
}
