// A list of addresses and networks that a setting names, and who is among them.
import ipaddr from 'ipaddr.js';

/** Addresses, and networks in CIDR form. */
export class Networks {
  readonly #networks: [ipaddr.IPv4 | ipaddr.IPv6, number][];

  constructor(list: readonly string[]) {
    this.#networks = list.map((entry) => {
      if (entry.includes('/')) return ipaddr.parseCIDR(entry);
      const address = ipaddr.process(entry);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    });
  }

  includes(address: string | undefined): boolean {
    if (this.#networks.length === 0 || address === undefined || !ipaddr.isValid(address)) return false;
    const one = ipaddr.process(address);
    return this.#networks.some(
      ([network, bits]) => network.kind() === one.kind() && one.match(network, bits),
    );
  }
}
