// What the DNS checks have in common: who speaks for the domain, and saying so when that is not known.
import type { Evidence } from '../../../shared/finding.ts';
import { kindOf } from '../addresses.ts';
import { CouldNotCheck } from '../check.ts';
import type { Authority, NameServer } from './authority.ts';
import type { Dns } from './dns.ts';
import { evidenceOf, serverText } from './evidence.ts';
import { pick } from './message.ts';
import type { DataOf } from './message.ts';
import type { Exchange } from './transport.ts';

/** What every check of the domain's DNS has in its definition. */
export const ofDns = {
  area: 'dns',
  leg: 'inbound',
  needs: ['domain'],
  spoiledBy: ['dns-interception'],
} as const;

/** Who speaks for the domain. Throws `CouldNotCheck` when that could not be found out. */
export async function authorityOf(dns: Dns, domain: string): Promise<Authority> {
  const authority = await dns.authoritative(domain);
  if (authority.status === 'could-not') throw new CouldNotCheck(authority.reason, authority.evidence);
  return authority;
}

/** The servers that do speak for the zone. Throws `CouldNotCheck` when there is none: another check says what that means. */
export function speakersOf(authority: Authority): NameServer[] {
  const speakers = authority.servers.filter(isSpeaker);
  if (speakers.length > 0) return speakers;
  throw new CouldNotCheck(
    `No name server of ${authority.zone} answers for it from here.`,
    authority.servers.length > 0 ? authority.servers.map(({ soa }) => evidenceOf(soa)) : authority.evidence,
  );
}

/** Whether a server answered with authority for its zone. */
export function isSpeaker({ soa }: NameServer): boolean {
  return speaksIn(soa);
}

/** Whether an answer to the question for a zone's SOA record comes with authority. */
export function speaksIn({ reply }: Exchange): boolean {
  return reply?.aa === true && reply.rcode === 'NOERROR' && pick(reply.answers, 'SOA').length > 0;
}

/** One MX record. */
export type Mx = DataOf['MX'];

/** An MX set in the order of preference, names in alphabetical order within it. */
export function ordered(records: readonly Mx[]): Mx[] {
  return [...records].sort((a, b) => a.preference - b.preference || a.exchange.localeCompare(b.exchange));
}

/** Tells sets apart: equal texts are equal sets. */
export function setText(records: readonly Mx[]): string {
  const texts = ordered(records).map(({ preference, exchange }) => `${preference} ${exchange}`);
  return [...new Set(texts)].join(', ');
}

/** "one", "one and two", "one, two and three"; more than four are counted. */
export function listed(items: readonly string[]): string {
  const shown = items.length > 4 ? [...items.slice(0, 3), `${items.length - 3} more`] : [...items];
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

/** A name server in a sentence. */
export function nameOf(server: NameServer): string {
  return serverText(server);
}

export function evidenceOfAll(exchanges: readonly Exchange[]): Evidence[] {
  return exchanges.map(evidenceOf);
}

/** What an address that is not of the public Internet is, after “it is”. */
export function beyondText(address: string): string {
  return words[kindOf(address)] ?? 'not of the public Internet';
}

const words: Readonly<Record<string, string>> = {
  ...{
    private: 'of a private network',
    uniqueLocal: 'of a private network',
    carrierGradeNat: 'of a provider’s inside',
  },
  ...{
    loopback: 'each sender’s own machine',
    linkLocal: 'of a local network',
    unspecified: 'no address at all',
  },
  ...{
    multicast: 'for groups and not for one server',
    broadcast: 'for all of a network and not for one server',
  },
  ...{ benchmarking: 'for measurements alone', reserved: 'reserved, and nobody has it' },
};
