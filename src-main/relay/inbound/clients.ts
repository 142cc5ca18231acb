// Who is connected: how many at a time from one address, and what is counted of those who never get anywhere.
import ipaddr from 'ipaddr.js';

/** Since the start. These leave no row in the message log: a port scan would fill it. */
export interface DoorCounts {
  /** Connections that ended without a command. */
  silent: number;
  /** Connections that were turned away: too many, a PROXY header missing or wrong. */
  turnedAway: number;
  /** Clients that spoke before the greeting. */
  earlyTalkers: number;
}

export class Clients {
  readonly counts: DoorCounts = { silent: 0, turnedAway: 0, earlyTalkers: 0 };
  readonly #open = new Map<string, number>();

  /** Counts a connection in; answers how many this client now has, or 0 where that does not matter. */
  opened(address: string): number {
    const client = clientOf(address);
    if (client === null) return 0;
    const now = (this.#open.get(client) ?? 0) + 1;
    this.#open.set(client, now);
    return now;
  }

  closed(address: string): void {
    const client = clientOf(address);
    if (client === null) return;
    const now = (this.#open.get(client) ?? 1) - 1;
    if (now > 0) this.#open.set(client, now);
    else this.#open.delete(client);
  }
}

/**
 * Whom a limit is for: an IPv4 address, or the /64 that one IPv6 network has. Null for this machine itself, whose programs
 * are not strangers.
 */
export function clientOf(address: string): string | null {
  let client = known.get(address);
  if (client !== undefined) return client;
  client = read(address);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(address, client);
  return client;
}

/** Every connection asks twice, and the same clients come again and again. */
const known = new Map<string, string | null>();
const MOST_KNOWN = 1_000;

function read(address: string): string | null {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'loopback') return null;
  return parsed.kind() === 'ipv4' ? parsed.toString() : (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}
