// IP addresses: which of them are of the public Internet, and their names in reverse.
import ipaddr from 'ipaddr.js';

/** Whether an address is one of the public Internet: not loopback, private, link-local, reserved … False for what is no address. */
export function isPublic(address: string): boolean {
  return kindOf(address) === 'unicast';
}

/**
 * What an address is for: `unicast` is the public Internet's; else `private`, `loopback`, `multicast`, `benchmarking`, `reserved`
 * (documentation, and what was never given out) and the like, by IANA's special-purpose registries. `none` for what is no address.
 */
export function kindOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'none';
  const one = ipaddr.process(address);
  if (one.kind() === 'ipv4') return one.match(...benchmarking) ? 'benchmarking' : one.range();
  // Of IPv6 no more than this has been given out (RFC 4291, section 2.4; IANA).
  return one.range() === 'unicast' && !one.match(...givenOut) ? 'reserved' : one.range();
}

/** RFC 2544. */
const benchmarking = ipaddr.parseCIDR('198.18.0.0/15');
const givenOut = ipaddr.parseCIDR('2000::/3');

/** Whether an address is one of those listed or within a network of theirs (CIDR notation). False for what is no address. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const one = ipaddr.process(address);
  return networks.some((network) => {
    if (!network.includes('/')) return canonical(network) === one.toString();
    const [base, bits] = ipaddr.parseCIDR(network);
    return one.kind() === base.kind() && one.match([base, bits]);
  });
}

/** One form for each address: lower case, shortest; IPv4 for IPv4-mapped IPv6. Null for what is no address. */
export function canonical(address: string): string | null {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : null;
}
