// The headless host's transport: the user interface over HTTP, the contract over WebSocket, on loopback unless told otherwise.
import { systemClock } from '../clock/watched.ts';
import { errorMessage, type Log } from '../events/fault.ts';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { onError } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { wireOf } from '../../shared/greeting.ts';
import type { Actor } from '../../shared/journal.ts';
import type { Engine } from '../engine/engine.ts';
import { asksForLocalhost, askingOrigin, authority, originOf } from './access.ts';
import { atItsPace, Calls, ClientCalls, countCall, isOurFault } from './calls.ts';
import { descriptorLimit, Door, roomFor } from './door.ts';
import { type Guest, receive } from './greeting.ts';
import { InterfaceFiles } from './interface-files.ts';
import { type Keys, Renewed } from './keys.ts';

/** Largest request of the contract, octets: a selection of ten thousand messages fits well. */
const MOST_REQUEST = 1_048_576;
/** For all headers of a request, for the whole request, for a client that takes nothing, between two requests; ms. */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 20_000;
const STANDS_STILL_MS = 30_000;
const NEXT_WITHIN_MS = 5_000;
/** For the greeting, ms. */
const GREETING_WITHIN_MS = 10_000;
/** For the greeting, octets: its messages are short, and nobody who has shown no key yet is to fill the memory. */
const MOST_GREETING = 65_536;
/** A refused connection that its client does not close is closed after this, ms. */
const LINGER_MS = 1_000;
/** Clients are asked this often whether they are still there, ms: a machine that fell asleep does not say goodbye. */
const ASK_EVERY_MS = 30_000;

function policy(inlineScript: string | null): string {
  return (
    `default-src 'self'; script-src 'self'${inlineScript === null ? '' : ` '${inlineScript}'`}; ` +
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  );
}

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/**
 * A service worker outlives the program that planted it: one that another program left in a browser, while it had our
 * port, is replaced by this one when the browser looks for a newer, and goes. Mailward has none of its own.
 */
const LEAVING_WORKER = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(
  self.registration.unregister().then(() => self.clients.matchAll()).then((all) => Promise.all(all.map((each) => each.navigate(each.url))))
));
`;

export interface ServiceOptions {
  engine: Engine;
  keys: Keys;
  listen: { host: string; port: number };
  /** Where browsers reach it when a proxy stands in front, e.g. `https://mail.example.com`. */
  publicUrl?: URL;
  log: Log;
  /** The token is another from now on: other programs of this user must hear of it. */
  renewed?: (token: string) => void;
}

export interface Service {
  /** Without a slash at the end, e.g. `http://127.0.0.1:8025`: for programs of this machine. */
  url: string;
  /** The address for a browser. */
  pageUrl: string;
  close: () => Promise<void>;
}

/** Starts the service. Throws with a sentence that says what to do when the port cannot be had. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { engine, keys, log, listen } = options;
  const fault = (what: string, error: unknown) => engine.takeFault({ part: 'user-interface', what, error });
  const publicUrl = options.publicUrl ?? null;
  const files = new InterfaceFiles();
  const headersOfAll = { ...HEADERS, 'Content-Security-Policy': policy(files.inlineScript) };
  const calls = new Calls();
  const guests = new Map<WebSocket, Guest>();

  const server = createServer(
    {
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: NEXT_WITHIN_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => answer(request, response),
  );
  server.setTimeout(STANDS_STILL_MS);
  const door = new Door(server, roomFor(descriptorLimit()));
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_REQUEST,
    handleProtocols: () => 'mailward',
  });
  const rpc = new RPCHandler<{ calls: ClientCalls; actor: Actor }>(engine.router, {
    interceptors: [
      onError((error) => {
        if (isOurFault(error)) fault('a call failed', error);
      }),
      countCall,
    ],
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Before anything else: a reset of a socket to whose errors nobody listens would end the process.
    socket.on('error', () => socket.destroy());
    const where = askingOrigin(request, publicUrl);
    const refusal = refuse(request, where, publicUrl);
    if (refusal !== null || where === null) {
      socket.end(
        `HTTP/1.1 ${refusal ?? '421 Misdirected Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      socket.resume();
      systemClock.deadline(LINGER_MS, () => socket.destroy()).unref();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      void welcome(ws, where, request).then(
        (guest) => {
          if (guest === null) ws.close(1008);
          else door.letIn(socket);
        },
        () => ws.terminate(),
      );
    });
  });

  /** Lets a client in that has the key. Null when it has not. Rejects when it goes, or takes too long. */
  async function welcome(ws: WebSocket, where: string, request: IncomingMessage): Promise<Guest | null> {
    const wire = wireOf(ws);
    const tooLate = systemClock.deadline(GREETING_WITHIN_MS, () => ws.terminate());
    const { socket } = request;
    const { bytesRead } = socket;
    const tooMuch = () => {
      if (socket.bytesRead - bytesRead > MOST_GREETING) ws.terminate();
    };
    socket.on('data', tooMuch);
    try {
      const { renewals } = keys;
      const guest = await receive(wire, where, keys, nameOf(request));
      wire.end();
      socket.off('data', tooMuch);
      if (guest === null) return null;
      // Whoever is not among the guests yet when keys are taken away cannot be sent away with them: they may come again.
      if (keys.renewals !== renewals || (guest.isBrowser && !keys.knows(guest.keyId))) throw new Renewed();
      guests.set(ws, guest);
      ws.once('close', () => guests.delete(ws));
      askNowAndThen(ws);
      if (guest.want === 'contract' || guest.want === 'enrol') {
        const actor = actorOf(guest, request);
        void rpc.upgrade(atItsPace(ws), { context: { calls: new ClientCalls(calls), actor } });
        wire.send(JSON.stringify({ welcome: {} }));
      } else {
        const granted = await grant(guest).then(
          (welcome) => ({ welcome }),
          (error: unknown) => {
            if (error instanceof Renewed) throw error;
            fault(`"${guest.want}" failed`, error);
            return { failed: errorMessage(error) };
          },
        );
        wire.send(JSON.stringify(granted));
        ws.close(1000);
      }
      return guest;
    } finally {
      tooLate.cancel();
    }
  }

  /** What only the data folder's own token may ask for. */
  async function grant({ want, about }: Guest): Promise<Record<string, unknown>> {
    switch (want) {
      case 'link': {
        const { code, until } = await keys.link();
        return { link: linkTo(pageUrl, code), until };
      }
      case 'renew': {
        const token = await keys.renew();
        sendAway(() => true);
        try {
          options.renewed?.(token);
        } catch (error) {
          fault('the command line cannot reach this Mailward until that is mended', error);
        }
        return {};
      }
      case 'browsers':
        return { browsers: keys.browsers };
      case 'forget': {
        try {
          return { known: keys.forget(about) };
        } finally {
          sendAway(({ keyId }) => keyId === about);
        }
      }
      default:
        return {};
    }
  }

  /** Ends the sessions of keys that are good for nothing any more. */
  function sendAway(whose: (guest: Guest) => boolean): void {
    for (const [ws, guest] of guests) {
      if ((guest.want === 'contract' || guest.want === 'enrol') && whose(guest)) ws.close(1008);
    }
  }

  /** Answers a request for a page. Nothing in here can throw, whatever is asked for. */
  function answer(request: IncomingMessage, response: ServerResponse): void {
    // Whoever resets in the middle of an answer does no harm.
    response.on('error', () => response.destroy());
    const { method = '', headers } = request;
    const say = (status: number, words: string, more: Record<string, string> = {}) => {
      const type = 'text/plain; charset=utf-8';
      response
        .writeHead(status, { ...headersOfAll, 'Content-Type': type, ...more })
        .end(method === 'HEAD' ? '' : words);
    };
    const path = pathOf(request.url ?? '');
    if (asksForLocalhost(request) && path !== null && path !== '/health') {
      // The browser keeps the fragment over a redirect, so a link stays whole.
      const known = files.find(path) === null ? '/' : path;
      say(308, `Open ${pageUrl}/`, { Location: pageUrl + known });
      return;
    }
    if (originOf(request, publicUrl) === null && !asksForLocalhost(request)) {
      say(421, `This name is not served here. Open ${pageUrl}/`);
      return;
    }
    if (headers.origin !== undefined && askingOrigin(request, publicUrl) === null) {
      say(403, 'This page may not ask.');
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      say(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD', Connection: 'close' });
      return;
    }
    if (headers['service-worker'] === 'script') {
      say(200, LEAVING_WORKER, { 'Content-Type': 'text/javascript; charset=utf-8' });
      return;
    }
    // For a supervisor or a monitor, and so without a login: whether mail is taken, and a word why not.
    if (path === '/health') {
      const { trouble } = engine.overview().storage;
      const state =
        trouble === null ? { ready: true } : { ready: false, storage: trouble.kind, since: trouble.since };
      say(trouble === null ? 200 : 503, JSON.stringify(state), { 'Content-Type': 'application/json' });
      return;
    }
    const file = path === null ? null : files.find(path);
    if (file === null) {
      say(404, 'Not found');
      return;
    }
    response
      .writeHead(200, {
        ...headersOfAll,
        'Content-Type': file.type,
        'Content-Length': file.body.byteLength,
        ...(file.immutable ? { 'Cache-Control': 'max-age=31536000, immutable' } : {}),
      })
      .end(method === 'HEAD' ? undefined : file.body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, listen))));
    server.listen(listen.port, listen.host, () => resolve());
  });
  // No descriptor left, or a connection gone before it was taken: the next one may fare better.
  server.on('error', (error) =>
    log.note({ part: 'user-interface', words: `user interface: ${error.message}` }),
  );
  const address = server.address();
  const own =
    typeof address === 'object' && address !== null ? address : { address: listen.host, port: listen.port };
  const url = `http://${authority(reachable(own.address), own.port)}`;
  const pageUrl = publicUrl?.origin ?? url;
  return {
    url,
    pageUrl,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        door.close();
      });
    },
  };
}

/** The address that lets a browser in, once. The code is in the fragment, which browsers do not send. */
export function linkTo(pageUrl: string, code: string): string {
  return `${pageUrl}/#token=${code}`;
}

/** Why an upgrade is refused, as an HTTP status; null when it is welcome. */
function refuse(request: IncomingMessage, where: string | null, publicUrl: URL | null): string | null {
  if (originOf(request, publicUrl) === null) return '421 Misdirected Request';
  if (where === null) return '403 Forbidden';
  if (pathOf(request.url ?? '') !== '/rpc') return '404 Not Found';
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  if (!offered.includes('mailward')) return '400 Bad Request';
  return null;
}

/** The path of a request target (RFC 9112 §3.2), without its query; null when it is none. */
function pathOf(target: string): string | null {
  const path = target.startsWith('/') ? target : (URL.parse(target)?.pathname ?? null);
  return path === null ? null : (/^[^?#]*/.exec(path)?.[0] ?? null);
}

/** What a browser is remembered as: its own words, made safe and short. */
function nameOf({ headers }: IncomingMessage): string {
  return (headers['user-agent'] ?? 'a program').replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 200);
}

/** Who is at the other end, for whoever asks later who did something. */
function actorOf({ isBrowser }: Guest, request: IncomingMessage): Actor {
  const name = nameOf(request);
  const address = request.socket.remoteAddress ?? '';
  if (isBrowser) return { who: 'admin', via: 'browser', name, address };
  const [, via, user = ''] = /^Mailward-(command|window) (.*)$/.exec(name) ?? [];
  const program = via === 'command' || via === 'window' ? via : null;
  return { who: 'admin', via: program, name: program === null ? name : user, address };
}

/** Ends a connection whose other end is gone without a word. */
function askNowAndThen(ws: WebSocket): void {
  let answered = true;
  ws.on('pong', () => (answered = true));
  const asking = systemClock
    .every(ASK_EVERY_MS, () => {
      if (!answered) ws.terminate();
      answered = false;
      ws.ping(() => undefined);
    })
    .unref();
  ws.once('close', asking.cancel);
}

/** An address at which programs of this machine reach a socket that listens on all of them. */
function reachable(address: string): string {
  return address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
}

function explain(error: NodeJS.ErrnoException, listen: { host: string; port: number }): string {
  const where = `${listen.host}:${listen.port}`;
  if (error.code === 'EADDRINUSE') {
    return `the port ${where} of the user interface is taken by another program; stop that program or choose another with --listen HOST:PORT`;
  }
  if (error.code === 'EACCES')
    return `this user may not listen on ${where}; choose a port above 1023 with --listen HOST:PORT`;
  if (error.code === 'EADDRNOTAVAIL')
    return `this machine has no address ${listen.host}; choose one of its own with --listen HOST:PORT`;
  return `cannot listen on ${where}: ${error.message}`;
}
