// The listening server: smtp-server's, with our own way to TLS, to proxies, and to what happens when it is full.
import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerAddress } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { Clients } from './clients.ts';
import { reply } from './command.ts';
import { IncomingConnection, type ConnectionHandlers } from './connection.ts';
import { ownName } from './header.ts';
import { Proxies, takeProxyHeader } from './proxy.ts';

/** How long a proxy may take for its header, ms. */
const PROXY_PATIENCE = 10_000;
/** A connection without a step forward for this long may be ended to make room, ms. */
const STANDS_STILL = 3_000;
/** Proxies that go wrong are reported this often at most, ms. */
const COMPLAIN_AGAIN = 60_000;

type Callback = (error?: Error | null) => void;

export interface ServerOptions {
  mailFrom: (address: SMTPServerAddress, session: string, callback: Callback) => void;
  rcptTo: (address: SMTPServerAddress, session: string, callback: Callback) => void;
  trouble: (words: string) => void;
}

export class Server extends SMTPServer {
  readonly clients = new Clients();
  readonly #smtp: Settings['smtp'];
  readonly #options: ServerOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #proxies: Proxies;
  readonly #sweep: NodeJS.Timeout;
  #count = 0;
  #complainedAt = 0;

  constructor(
    smtp: Settings['smtp'],
    options: ServerOptions,
    handlers: Omit<ConnectionHandlers, 'turnAway' | 'earlyTalker'>,
  ) {
    super({
      name: ownName(smtp.hostname),
      banner: 'Mailward',
      size: smtp.maxMessageBytes,
      maxRecipients: smtp.maxRecipients,
      maxClients: smtp.maxConnections,
      socketTimeout: smtp.idleSeconds * 1000,
      closeTimeout: 5000,
      authMethods: [],
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      hideSTARTTLS: true,
      hideENHANCEDSTATUSCODES: false,
      disableReverseLookup: true,
      logger: false,
      // The library's own do nothing, but take a turn of the event loop for it.
      onConnect: (_session, callback) => callback(),
      onSecure: (_socket, _session, callback) => callback(),
      onClose: (_session, callback) => callback(),
      onMailFrom: (address, session, callback) => options.mailFrom(address, session.id, callback),
      onRcptTo: (address, session, callback) => options.rcptTo(address, session.id, callback),
    });
    this.#smtp = smtp;
    this.#options = options;
    this.#proxies = new Proxies(smtp.proxies);
    this.#handlers = {
      ...handlers,
      turnAway: (connection) => this.#turnAway(connection),
      earlyTalker: () => {
        this.clients.counts.earlyTalkers++;
      },
      closed: (connection) => {
        this.clients.went(connection.remoteAddress);
        if (!connection.spoke) this.clients.counts.silent++;
        handlers.closed(connection);
      },
    };
    // Those that are turned away, or linger after QUIT, take a socket for some seconds: bounded too.
    this.server.maxConnections = 2 * smtp.maxConnections + 100;
    this.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') options.trouble(`SMTP listener: ${error.message}`);
    });
    this.#sweep = setInterval(() => {
      const now = Date.now();
      for (const connection of this.connections) {
        if (connection instanceof IncomingConnection) connection.check(now);
      }
    }, 1000);
    this.#sweep.unref();
  }

  /** STARTTLS is offered with this certificate from now on; null: not at all. Connections under way are not touched. */
  useCertificate(context: SecureContext | null): void {
    this.secureContext = new Map(context ? [['*', context]] : []);
    this.options.disabledCommands = context ? ['AUTH'] : ['AUTH', 'STARTTLS'];
  }

  /** The library would load its own key here, which all the world knows. */
  override updateSecureContext(): void {
    this.secureContext = new Map();
  }

  /** One certificate, whatever name the client asks for. */
  override _resolveSNI(
    _servername: string,
    callback: (error: Error | null, context?: SecureContext) => void,
  ): void {
    callback(null, this.secureContext.get('*'));
  }

  override close(callback?: (() => void) | null): void {
    clearInterval(this.#sweep);
    // Clients that are in the middle of a message may finish it; the others are told to come back later.
    for (const connection of this.connections) {
      if (connection instanceof IncomingConnection && !connection.inTransaction)
        connection.send(421, '4.3.2 Mailward is stopping, try again later');
    }
    super.close(callback);
  }

  override connect(socket: Socket | TLSSocket, socketOptions?: SMTPConnectionOptions | null): void {
    // A number is enough to tell sessions of one process apart; the library would draw 80 random bits.
    const options = { ...socketOptions, id: String(++this.#count) };
    const connection = new IncomingConnection(this, socket, options, this.#handlers, this.#smtp);
    this.connections.add(connection);
    connection.init();
  }

  /** The library waits for a header here, from those who must send one, and bounds how many wait. */
  override _expectsProxyHeader(socket: Socket): boolean {
    return this.#proxies.includes(socket.remoteAddress);
  }

  override _handleProxy(
    socket: Socket,
    callback: (error: Error | null, options?: SMTPConnectionOptions & { id: string }) => void,
  ): void {
    const id = '';
    if (!this._expectsProxyHeader(socket)) {
      callback(null, { id });
      return;
    }
    takeProxyHeader(socket, PROXY_PATIENCE).then(
      (ends) => callback(null, { id, ...ends }),
      (reason: unknown) => {
        const error = reason as Error;
        this.clients.counts.turnedAway++;
        this.#complain(
          `a connection from the proxy ${socket.remoteAddress ?? ''} was closed: ${error.message}`,
        );
        socket.on('error', () => undefined);
        socket.destroy();
        callback(error);
      },
    );
  }

  #complain(words: string): void {
    const now = Date.now();
    if (now - this.#complainedAt < COMPLAIN_AGAIN) return;
    this.#complainedAt = now;
    this.#options.trouble(words);
  }

  #turnAway(connection: IncomingConnection): Reply | null {
    const ofThisClient = this.clients.came(connection.remoteAddress);
    if (ofThisClient > this.#smtp.maxConnectionsPerClient) {
      this.clients.counts.turnedAway++;
      return reply(421, null, `${connection.name} You have too many connections here, try again later`);
    }
    if (this.connections.size > this.#smtp.maxConnections && !this.#makeRoom(connection)) {
      this.clients.counts.turnedAway++;
      return reply(421, null, `${connection.name} has too many connections now, try again later`);
    }
    return null;
  }

  /** Ends the connection that has stood still longest, so that thousands who only sit there keep nobody out. */
  #makeRoom(newcomer: IncomingConnection): boolean {
    let slowest: IncomingConnection | null = null;
    for (const one of this.connections) {
      if (!(one instanceof IncomingConnection)) continue;
      if (one !== newcomer && !one.isWaitingForUs && (!slowest || one.progressAt < slowest.progressAt))
        slowest = one;
    }
    if (!slowest || Date.now() - slowest.progressAt < STANDS_STILL) return false;
    slowest.letGo();
    return true;
  }
}
