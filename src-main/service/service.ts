// The headless host's transport: the user interface over HTTP, the contract over WebSocket, on loopback unless told otherwise.
import { existsSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { onError } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import type { Engine } from '../engine/engine.ts';
import { hostAllowed, originAllowed, sameToken } from './access.ts';

/** Largest request of the contract, octets: a selection of ten thousand messages fits well. */
const MOST_REQUEST = 1_048_576;

const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface ServiceOptions {
  engine: Engine;
  token: string;
  listen: { host: string; port: number };
  trouble: (words: string) => void;
}

export interface Service {
  /** Without a slash at the end, e.g. `http://127.0.0.1:8025`. */
  url: string;
  close: () => Promise<void>;
}

/** Starts the service. Throws with a sentence that says what to do when the port cannot be had. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { engine, token, trouble } = options;
  const listen = { ...options.listen };
  const app = new Hono();
  app.use(async (context, next) => {
    if (!hostAllowed(context.req.header('host'), listen))
      return context.text('This name is not served here.', 421);
    if (!originAllowed(context.req.header('origin'), context.req.header('host') ?? '')) {
      return context.text('This page may not ask.', 403);
    }
    await next();
    context.header('Content-Security-Policy', CSP);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header(
      'Cache-Control',
      context.req.path.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
    );
    return undefined;
  });
  // For a supervisor or a monitor, and so without a login: whether mail is taken, and a word why not.
  app.get('/health', (context) => {
    const { trouble } = engine.overview().storage;
    return trouble === null
      ? context.json({ ready: true })
      : context.json({ ready: false, storage: trouble.kind, since: trouble.since }, 503);
  });
  app.use('/*', serveStatic({ root: userInterfaceDir() }));
  app.notFound((context) => context.text('Not found', 404));

  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_REQUEST,
    handleProtocols: () => 'mailward',
  });
  const rpc = new RPCHandler(engine.router, {
    interceptors: [
      onError((error) => {
        if (!(error instanceof Error) || !('code' in error)) trouble(`a call failed: ${String(error)}`);
      }),
    ],
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refuse(request, token, listen);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      void rpc.upgrade(ws, { context: {} });
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, listen))));
    server.listen(listen.port, listen.host, () => resolve());
  });
  const address = server.address();
  if (address !== null && typeof address === 'object') listen.port = address.port;
  return {
    url: `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Why an upgrade is refused, as an HTTP status; null when it is welcome. */
function refuse(
  request: IncomingMessage,
  token: string,
  listen: { host: string; port: number },
): string | null {
  const { host, origin } = request.headers;
  if (!hostAllowed(host, listen)) return '421 Misdirected Request';
  if (!originAllowed(origin, host ?? '')) return '403 Forbidden';
  if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/rpc') return '404 Not Found';
  // The token travels as a subprotocol: not in the address, where logs and histories would keep it, nor in a cookie,
  // which a browser would send to every other port of this machine too.
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const given = offered.find((one) => one.startsWith('token.'))?.slice('token.'.length);
  if (!offered.includes('mailward') || given === undefined || !sameToken(given, token))
    return '401 Unauthorized';
  return null;
}

/** The built user interface: beside the bundle, or in `out/` when running from source. */
function userInterfaceDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, '..', 'renderer');
  return existsSync(beside) ? beside : join(here, '..', '..', 'out', 'renderer');
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
