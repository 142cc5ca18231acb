// Whether an SPF record allows a server by its own name or addresses, and not only as one of the MX records.
import ipaddr from 'ipaddr.js';

/** Whether terms of an SPF record other than `mx` name a server, by its name or all its addresses. */
export function namesServer(terms: readonly string[], host: string, addresses: readonly string[]): boolean {
  if (terms.some((term) => term === `a:${host}` || term === `+a:${host}`)) return true;
  const networks = terms.flatMap((term) => /^\+?ip[46]:(.+)$/.exec(term)?.[1] ?? []);
  const isIn = (address: string) => networks.some((network) => isWithinNetwork(address, network));
  return addresses.length > 0 && addresses.every(isIn);
}

function isWithinNetwork(address: string, network: string): boolean {
  try {
    const one = ipaddr.parse(address);
    const [base, bits] = network.includes('/')
      ? ipaddr.parseCIDR(network)
      : ([ipaddr.parse(network), ipaddr.parse(network).kind() === 'ipv4' ? 32 : 128] as const);
    return one.kind() === base.kind() && one.match([base, bits] as never);
  } catch {
    return false;
  }
}
