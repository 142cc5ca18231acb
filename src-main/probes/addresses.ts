// IP addresses: which of them are of the public Internet, and their names in reverse.
import ipaddr from 'ipaddr.js';

/** Whether an address is one of the public Internet: not loopback, private, link-local, reserved … False for what is no address. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

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
