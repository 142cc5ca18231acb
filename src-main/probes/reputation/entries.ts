// Who could be on a blocklist: the relay's and the office server's addresses on the public Internet, and the domain.
import { CouldNotCheck, NotApplicable } from '../check.ts';
import { canonical, isPublic } from '../addresses.ts';
import { dnsOf } from '../dns/dns.ts';
import { serversOf } from '../servers.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';

export interface Entry {
  /** An address, or a domain. */
  what: string;
  kind: 'ipv4' | 'ipv6' | 'domain';
  whose: 'relay' | 'server' | 'domain';
}

/** Addresses asked about at most: a route may have ten servers with a few each. */
const MOST = 12;

/**
 * @returns them, and in words who could not be found.
 */
export async function entriesOf(
  target: Target,
  world: World,
): Promise<{ entries: Entry[]; missing: string[] }> {
  const missing: string[] = [];
  const [relay, servers] = await Promise.all([
    relayAddresses(target, world, missing),
    serverAddresses(target, world, missing),
  ]);
  const seen = new Map<string, Entry>();
  const add = (address: string, whose: Entry['whose']) => {
    const what = canonical(address);
    if (what === null || !isPublic(what) || seen.has(what)) return;
    seen.set(what, { what, kind: what.includes(':') ? 'ipv6' : 'ipv4', whose });
  };
  for (const address of relay) add(address, 'relay');
  for (const address of servers) add(address, 'server');
  const entries = [...seen.values()].slice(0, MOST);
  if (target.domain !== '') entries.push({ what: target.domain, kind: 'domain', whose: 'domain' });
  return { entries, missing };
}

/** Where the world reaches the relay: what the admin gave, or what its name leads to. */
export async function relayAddresses(
  { relay }: Target,
  world: World,
  missing: string[] = [],
): Promise<readonly string[]> {
  if (relay === null) return [];
  if (relay.addresses.length > 0) return relay.addresses;
  const found = await dnsOf(world).addresses(relay.hostname);
  if (found.status === 'could-not') missing.push(`the relay’s addresses (${relay.hostname})`);
  return [...found.v4, ...found.v6];
}

async function serverAddresses(target: Target, world: World, missing: string[]): Promise<string[]> {
  if (target.domain === '' && target.destinations.length === 0) return [];
  try {
    const servers = await serversOf(target, world);
    for (const { host, addresses } of servers)
      if (addresses.length === 0) missing.push(`the address of ${host}`);
    return servers.flatMap(({ addresses }) => addresses);
  } catch (error) {
    if (error instanceof CouldNotCheck) missing.push(`the servers of ${target.domain}`);
    else if (!(error instanceof NotApplicable)) throw error;
    return [];
  }
}
