// Addresses as the door and its filters need them: in networks, and backwards as DNS names.
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The address without IPv4-in-IPv6 wrapping; null when it is none. */
export function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = text.replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null;
}

/** Whether the address is in one of the networks (CIDR, or single addresses). */
export function inNetworks(text: string, networks: readonly string[]): boolean {
  let list = lists.get(networks);
  if (!list) {
    list = new Networks(networks);
    lists.set(networks, list);
  }
  return list.include(text);
}

/** Lists come from the settings, and are the same for many clients: each is read once. */
const lists = new WeakMap<readonly string[], Networks>();
/** Answers remembered: the same clients come again and again. */
const MOST_ANSWERS = 1_000;

class Networks {
  readonly #ranges: Range[];
  readonly #answers = new Map<string, boolean>();

  constructor(networks: readonly string[]) {
    this.#ranges = networks.flatMap((network) => {
      const range = readRange(network);
      return range ? [range] : [];
    });
  }

  include(text: string): boolean {
    if (this.#ranges.length === 0) return false;
    let answer = this.#answers.get(text);
    if (answer !== undefined) return answer;
    const address = readAddress(text);
    answer =
      address !== null &&
      this.#ranges.some((range) => range[0].kind() === address.kind() && address.match(range));
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear();
    this.#answers.set(text, answer);
    return answer;
  }
}

function readRange(text: string): Range | null {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return null;
  }
}

/** `192.0.2.99` → `99.2.0.192`; IPv6 as 32 nibbles (RFC 5782 §2.1, §2.4). Null when it is no address. */
export function reversed(text: string): string | null {
  const address = readAddress(text);
  if (!address) return null;
  if (address.kind() === 'ipv4') return address.toByteArray().reverse().join('.');
  const hex = address.toByteArray().map((octet) => octet.toString(16).padStart(2, '0'));
  return backwards(hex.join(''));
}

/** The digits of a text in reverse order, with dots between. */
export function backwards(digits: string): string {
  return Array.from(digits).reverse().join('.');
}

/** The name whose PTR records name the address (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(text: string): string | null {
  const name = reversed(text);
  if (name === null) return null;
  return `${name}.${readAddress(text)?.kind() === 'ipv4' ? 'in-addr' : 'ip6'}.arpa`;
}

export function sameAddress(one: string, other: string): boolean {
  const [a, b] = [readAddress(one), readAddress(other)];
  return a !== null && b !== null && a.toNormalizedString() === b.toNormalizedString();
}
