// The servers that MX records name: whether each can be found, and by whom it can be reached.
import { isIP } from 'node:net';
import { canonical as canonicalAddress } from '../addresses.ts';
import type { Relay } from '../target.ts';
import type { World } from '../world.ts';
import type { Authority } from './authority.ts';
import { isSpeaker } from './speakers.ts';
import { dnsOf } from './dns.ts';
import type { Addresses, Dns } from './dns.ts';
import { judge } from './judge.ts';
import { isWithin, pick } from './message.ts';
import type { Exchange } from './transport.ts';

export interface MxTarget {
  host: string;
  found: Addresses;
  /** An address in a name's place. */
  isAddress: boolean;
  /** Its addresses that strangers can reach, and those that they cannot. */
  reachable: string[];
  beyond: string[];
  /** It has no address: that is known, and not only that none was found. */
  isAbsent: boolean;
  /** What name servers of the domain's own zone say of it where they do not agree that it has an address; else none. */
  contradictions: Exchange[];
}

/** Looks a server up from the root down, and asks every name server of the domain's zone where its name is within. */
export async function mxTarget(host: string, world: World, authority: Authority): Promise<MxTarget> {
  const dns = dnsOf(world);
  if (isIP(host) !== 0) {
    const of = { v4: 'no-data', v6: 'no-data' } as const;
    const found = {
      status: 'no-data' as const,
      of,
      why: null,
      reason: '',
      v4: [],
      v6: [],
      aliases: [],
      evidence: [],
    };
    return { host, found, isAddress: true, reachable: [], beyond: [], isAbsent: false, contradictions: [] };
  }
  const [found, contradictions] = await Promise.all([
    dns.addresses(host),
    contradictionsOf(dns, host, authority),
  ]);
  const all = [...found.v4, ...found.v6];
  return {
    ...{ host, found, isAddress: false, contradictions },
    reachable: all.filter((address) => world.isPublic(address)),
    beyond: all.filter((address) => !world.isPublic(address)),
    isAbsent: contradictions.length === 0 && isAbsent(found),
  };
}

function isAbsent({ status, why, aliases }: Addresses): boolean {
  // In a circle of aliases nobody finds an address, however often they ask.
  const isRing = why === 'loop' && aliases.length > 0;
  return status === 'no-data' || status === 'no-such-name' || isRing;
}

/** Whether all that a server has are addresses that nobody outside reaches; `unsure` when there may be others. */
export function beyondness({ reachable, beyond, found }: MxTarget): 'reached' | 'beyond' | 'unsure' {
  if (reachable.length > 0 || beyond.length === 0) return 'reached';
  return found.of.v4 === 'could-not' || found.of.v6 === 'could-not' ? 'unsure' : 'beyond';
}

/**
 * What the name servers of the zone say of a host in it: their answers where one has an address and another says that there is
 * none. That they have different addresses is no contradiction: some give each who asks the nearest.
 */
async function contradictionsOf(dns: Dns, host: string, { zone, servers }: Authority): Promise<Exchange[]> {
  const speakers = servers.filter(isSpeaker);
  if (!isWithin(host, zone) || speakers.length < 2) return [];
  const all = await Promise.all(
    speakers.map((server) => Promise.all([dns.ask(server, host, 'A'), dns.ask(server, host, 'AAAA')])),
  );
  const kinds = all.map((both) => both.map((asked) => judge(asked, zone).kind));
  const has = kinds.some((both) => both.some((kind) => kind === 'answer'));
  const lacks = kinds.some((both) => both.every((kind) => kind === 'no-data' || kind === 'no-such-name'));
  return has && lacks
    ? all.map(([v4, v6]) => (pick(v6.reply?.answers ?? [], 'AAAA').length > 0 ? v6 : v4))
    : [];
}

/**
 * Whether a name may be a host's: letters, digits and hyphens, not at an end of a label; the last label not of digits alone
 * (RFC 952, RFC 1123 section 2.1).
 */
export function isHostName(name: string): boolean {
  return /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name);
}

/** Where the world reaches Mailward: as the admin says, else as its name says. Empty when that cannot be found out. */
export async function relayAddresses(dns: Dns, { hostname, addresses }: Relay): Promise<Set<string>> {
  if (addresses.length > 0) return new Set(addresses.map((each) => canonicalAddress(each) ?? each));
  const { v4, v6 } = await dns.addresses(hostname);
  return new Set([...v4, ...v6]);
}
