// How many may stand at the user interface's door, and how long: mail must not lack a file descriptor because of it.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The user interface gets one file descriptor of so many; the others are the mail's and the database's. */
const SHARE = 8;
const FEWEST = 8;
const MOST = 256;
/** What is assumed where the system does not say how many descriptors a process may have. */
const USUAL_DESCRIPTORS = 1024;

/** How many connections the user interface may have of a process's `descriptors`. */
export function roomFor(descriptors: number): number {
  return Math.min(MOST, Math.max(FEWEST, Math.floor(descriptors / SHARE)));
}

/** How many files this process may have open (RLIMIT_NOFILE). */
export function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    if (line) return Number(line[1]);
  } catch {
    // Not Linux.
  }
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' && soft > 0 ? soft : USUAL_DESCRIPTORS;
}

/**
 * Bounds the connections of a server. When all places are taken, the one that has stood longest without showing that it
 * may come in makes room; when all of them have shown it, the new one is turned away. One address of another machine has a
 * quarter of the places at most. (This machine's own programs come from one address: there it would say nothing.)
 */
export class Door {
  readonly #most: number;
  /** Oldest first. */
  readonly #standing = new Map<Socket, { client: string; proven: boolean }>();

  constructor(server: Server, most: number) {
    this.#most = most;
    server.on('connection', (socket: Socket) => this.#came(socket));
  }

  /** Whoever speaks over this socket has shown that they may come in: they are not sent away for another's sake. */
  letIn(socket: unknown): void {
    const standing = this.#standing.get(socket as Socket);
    if (standing) standing.proven = true;
  }

  /** Ends all connections. */
  close(): void {
    for (const socket of this.#standing.keys()) socket.destroy();
  }

  #came(socket: Socket): void {
    const client = clientOf(socket.remoteAddress);
    if (client === null || !this.#makeRoom(client)) {
      socket.destroy();
      return;
    }
    this.#standing.set(socket, { client, proven: false });
    socket.once('close', () => this.#standing.delete(socket));
  }

  #makeRoom(client: string): boolean {
    const ofClient = [...this.#standing.values()].filter((one) => one.client === client).length;
    if (client !== OWN && ofClient >= Math.ceil(this.#most / 4)) return this.#sendAway(client);
    return this.#standing.size < this.#most || this.#sendAway(null);
  }

  #sendAway(client: string | null): boolean {
    for (const [socket, one] of this.#standing) {
      if (one.proven || (client !== null && one.client !== client)) continue;
      // Its own `close` comes later; the place is free now.
      this.#standing.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }
}

/** All of loopback. */
const OWN = 'loopback';

/** Who counts as one client: an IPv4 address, an IPv6 /64, this machine; null when the connection is gone already. */
function clientOf(address: string | undefined): string | null {
  if (address === undefined || !ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'loopback') return OWN;
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.');
}
