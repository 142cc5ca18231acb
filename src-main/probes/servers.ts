// The servers that take a domain's mail, with their addresses: those of its route, or for a domain without one those its MX names.
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Evidence } from '../../shared/finding.ts';
import { CouldNotCheck, NotApplicable } from './check.ts';
import { dnsOf } from './dns/dns.ts';
import type { Target } from './target.ts';
import type { World } from './world.ts';

export interface OfficeServer {
  host: string;
  port: number;
  /** Empty when there are none, or they could not be found; `reason` says which. */
  addresses: readonly string[];
  reason: string;
  evidence: readonly Evidence[];
}

/**
 * @throws `CouldNotCheck` when the MX cannot be asked for; `NotApplicable` when the domain has no server.
 */
export function serversOf(target: Target, world: World): Promise<OfficeServer[]> {
  return world.once(`servers of ${target.domain}`, async () => {
    if (target.destinations.length > 0)
      return Promise.all(
        target.destinations.map(async ({ host, port }) => ({
          ...{ host, port },
          ...(await addressesOf(host, world)),
        })),
      );
    const places = await mxOf(target.domain, world);
    return Promise.all(
      places.map(async (place) => ({ ...place, ...(await publicAddressesOf(place.host, world)) })),
    );
  });
}

async function mxOf(domain: string, world: World): Promise<{ host: string; port: number }[]> {
  const mx = await dnsOf(world).resolve(domain, 'MX');
  switch (mx.status) {
    case 'could-not':
      throw new CouldNotCheck(`Which servers take mail for ${domain} could not be found out.`, mx.evidence);
    case 'no-such-name':
      throw new NotApplicable(`There is no domain ${domain}, so there is no server.`, mx.evidence);
    case 'no-data':
      // RFC 5321 §5.1: without an MX record the domain itself is meant.
      return [{ host: domain, port: 25 }];
    case 'answer': {
      const hosts = mx.records
        .map(({ data }) => data)
        .sort((a, b) => a.preference - b.preference)
        .map(({ exchange }) => exchange);
      if (hosts.includes('.')) throw new NotApplicable(`${domain} says that it takes no mail.`, mx.evidence);
      return [...new Set(hosts)].slice(0, 10).map((host) => ({ host, port: 25 }));
    }
  }
}

/** The addresses of a host of the admin's own: its name may be known to the world, or in the office alone. */
export function addressesOf(host: string, world: World): Promise<Omit<OfficeServer, 'host' | 'port'>> {
  if (isIP(host) !== 0) return Promise.resolve({ addresses: [host], reason: '', evidence: [] });
  return world.once(`addresses of ${host}`, async () => {
    const found = await dnsOf(world).addresses(host);
    if (found.status === 'answer')
      return { addresses: [...found.v4, ...found.v6], reason: '', evidence: found.evidence };
    const reason = found.status === 'could-not' ? found.reason : `${host} has no address.`;
    const addresses = await systemAddresses(host);
    return { addresses, reason: addresses.length > 0 ? '' : reason, evidence: found.evidence };
  });
}

/**
 * The addresses of a host that a domain's records name. Its owner may be anybody: what is not of the public Internet is left
 * out, so that nobody's DNS leads our questions to this machine or into the office's network.
 */
export async function publicAddressesOf(
  host: string,
  world: World,
): Promise<Omit<OfficeServer, 'host' | 'port'>> {
  const found = await addressesOf(host, world);
  const addresses = found.addresses.filter((address) => world.isPublic(address));
  if (addresses.length > 0 || found.addresses.length === 0) return { ...found, addresses };
  const where = found.addresses.join(' and ');
  return {
    ...found,
    addresses,
    reason: `${host} is at ${where}, which is not on the public Internet, so it was not asked.`,
  };
}

/** What the system's own name servers know: in many offices, names that the world does not. Empty when they do not answer. */
async function systemAddresses(host: string): Promise<string[]> {
  // Not getaddrinfo: it cannot be given up, and holds a thread until it ends.
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  const all = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return all.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/**
 * The addresses of a server on the Internet, by the system's name servers or by our own resolver, whichever knows first: in some
 * networks one does not work, in some the other. Empty when neither knows any. Never fails.
 */
export function anyAddressesOf(name: string, world: World): Promise<readonly string[]> {
  if (isIP(name) !== 0) return Promise.resolve([name]);
  return world.once(`any addresses of ${name}`, async () => {
    const some = async (asked: Promise<readonly string[]>) => {
      const addresses = await asked;
      if (addresses.length === 0) throw new Error(`no address of ${name}`);
      return addresses;
    };
    const own = dnsOf(world)
      .addresses(name)
      .then(({ v4, v6 }) => [...v4, ...v6]);
    try {
      return await Promise.any([some(systemAddresses(name)), some(own)]);
    } catch {
      // Neither knows any.
      return [];
    }
  });
}
