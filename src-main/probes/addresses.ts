// IP addresses: which of them are of the public Internet, and their names in reverse.
import ipaddr from 'ipaddr.js';

/** Whether an address is one of the public Internet: not loopback, private, link-local, reserved … False for what is no address. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

/** One form for each address: lower case, shortest; IPv4 for IPv4-mapped IPv6. Null for what is no address. */
export function canonical(address: string): string | null {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : null;
}
