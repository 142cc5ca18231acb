// The listening server: who may connect, over proxies too, what happens when it is full, and how it stops.
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import ipaddr from 'ipaddr.js';
import type { Reply } from '../../../shared/message.ts';
import { smtpName } from '../../../shared/names.ts';
import type { Settings } from '../../../shared/settings.ts';
import { inNetworks } from '../policy/filters/ip-addresses.ts';
import { Clients } from './clients.ts';
import { reply } from './command.ts';
import { IncomingConnection, type ConnectionHandlers } from './connection.ts';
import { ownName } from '../smtp/own-name.ts';
import { takeProxyHeader } from './proxy.ts';

/** How often it is looked which clients take too long, ms. */
const SWEEP_EVERY_MS = 1_000;
/** How long a proxy may take for its header, ms. */
const PROXY_PATIENCE_MS = 10_000;
/** A connection without a step forward for this long may be ended to make room, ms. */
const STANDS_STILL_MS = 3_000;
/** Proxies that go wrong are reported this often at most, ms. */
const COMPLAIN_AGAIN_MS = 60_000;

/** How long clients may take to finish when we stop, ms. */
const GRACE_MS = 5_000;

type Handlers = Omit<
  ConnectionHandlers,
  'turnAway' | 'earlyTalker' | 'left' | 'closed' | 'stopping' | 'certificate'
>;

export class SmtpServer {
  readonly clients = new Clients();
  readonly connections = new Set<IncomingConnection>();
  readonly server: NetServer;
  readonly #smtp: Settings['smtp'];
  readonly #clock: Clock;
  readonly #events: Publisher<RelayEvents>;
  readonly #handlers: ConnectionHandlers;
  /** Connections whose PROXY header has not come. */
  readonly #expected = new Set<Socket>();
  readonly #sweep: Timer;
  readonly #name: string;
  #context: SecureContext | null = null;
  #stopping = false;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(
    smtp: Settings['smtp'],
    handlers: Handlers,
    { clock, events }: { clock: Clock; events: Publisher<RelayEvents> },
  ) {
    this.#smtp = smtp;
    this.#clock = clock;
    this.#events = events;
    this.#name = smtpName(ownName(smtp.hostname));
    this.#handlers = {
      ...handlers,
      turnAway: (connection) => this.#turnAway(connection),
      stopping: () => this.#stopping,
      certificate: () => this.#context,
      earlyTalker: () => {
        this.clients.counts.earlyTalkers++;
      },
      left: (connection) => this.connections.delete(connection),
      closed: (connection) => {
        this.connections.delete(connection);
        this.clients.closed(connection.remoteAddress);
        if (!connection.spoke) this.clients.counts.silent++;
      },
    };
    this.server = createServer((socket) => this.#accept(socket));
    // Those that are turned away, or linger after QUIT, take a socket for some seconds: bounded too.
    this.server.maxConnections = 2 * smtp.maxConnections + 100;
    this.server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') this.#note(`SMTP listener: ${error.message}`);
    });
    this.#sweep = clock
      .every(SWEEP_EVERY_MS, () => {
        const now = clock.steady();
        for (const connection of this.connections) connection.check(now);
      })
      .unref();
  }

  /** STARTTLS is offered with this certificate from now on; null: not at all. Connections under way are not touched. */
  useCertificate(context: SecureContext | null): void {
    this.#context = context;
  }

  /** Stops taking connections; resolves when the last one is over, or after `GRACE_MS`. */
  async close(): Promise<void> {
    this.#sweep.cancel();
    this.#stopping = true;
    // Clients that are in the middle of a message may finish it; the others are told to come back later.
    for (const connection of this.connections)
      if (!connection.inTransaction) connection.stop('Service shutting down, try again later');
    for (const socket of this.#expected) socket.destroy();
    await new Promise<void>((resolve) => {
      const timer = this.#clock.deadline(GRACE_MS, () => {
        for (const connection of this.connections) connection.stop('Service shutting down, try again later');
        resolve();
      });
      this.server.close(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress;
    // It may be gone already.
    if (address === undefined) socket.destroy();
    else if (inNetworks(address, this.#smtp.proxies)) this.#expect(socket, address);
    else this.#connect(socket, address);
  }

  #connect(socket: Socket, address: string): void {
    const options = {
      isOldDevice: inNetworks(address, this.#smtp.oldDevices),
      name: this.#name,
      remoteAddress: plainAddress(address),
      limits: this.#smtp,
      clock: this.#clock,
      events: this.#events,
    };
    const connection = new IncomingConnection(socket, options, this.#handlers);
    this.connections.add(connection);
    connection.begin();
  }

  /** A proxy says first whom the connection is from. How many may wait with that is bounded like all else. */
  #expect(socket: Socket, proxy: string): void {
    socket.on('error', () => undefined);
    if (this.#expected.size >= this.#smtp.maxConnections) {
      socket.destroy();
      return;
    }
    this.#expected.add(socket);
    takeProxyHeader(socket, PROXY_PATIENCE_MS, this.#clock)
      .then(
        (ends) => this.#connect(socket, ends?.remoteAddress ?? proxy),
        (reason: unknown) => {
          this.clients.counts.turnedAway++;
          this.#complain(`a connection from the proxy ${proxy} was closed: ${(reason as Error).message}`);
          socket.destroy();
        },
      )
      .finally(() => this.#expected.delete(socket));
  }

  #complain(words: string): void {
    const now = this.#clock.steady();
    if (now - this.#complainedAt < COMPLAIN_AGAIN_MS) return;
    this.#complainedAt = now;
    this.#note(words);
  }

  #note(words: string): void {
    this.#events.emit('note', { part: 'door', words });
  }

  #turnAway(connection: IncomingConnection): Reply | null {
    const ofThisClient = this.clients.opened(connection.remoteAddress);
    if (ofThisClient > this.#smtp.maxConnectionsPerClient) {
      this.clients.counts.turnedAway++;
      return reply(421, null, `${connection.name} Too many connections from your address, try again later`);
    }
    if (this.connections.size > this.#smtp.maxConnections && !this.#makeRoom(connection)) {
      this.clients.counts.turnedAway++;
      return reply(421, null, `${connection.name} Too many connections, try again later`);
    }
    return null;
  }

  /** Ends the connection that has stood still longest, so that thousands who only sit there keep nobody out. */
  #makeRoom(newcomer: IncomingConnection): boolean {
    let slowest: IncomingConnection | null = null;
    for (const one of this.connections) {
      if (one !== newcomer && !one.isWaitingForUs && (!slowest || one.progressAt < slowest.progressAt))
        slowest = one;
    }
    if (!slowest || this.#clock.steady() - slowest.progressAt < STANDS_STILL_MS) return false;
    slowest.letGo();
    return true;
  }
}

/** IPv4 as such, also when the socket is of both kinds; IPv6 in its one form. */
function plainAddress(address: string): string {
  return address.includes(':') && ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}
