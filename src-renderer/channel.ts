// The two wires to the engine: a WebSocket to the service that sent this page, or a port from the desktop shell.
import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';

/** An open wire. */
export interface Channel {
  link: ClientLink<ClientContext>;
  /** Settles when the wire is gone, whoever ended it. */
  gone: Promise<void>;
  close: () => void;
}

/** Opens a wire. Rejects with `TokenRefused`, or with any other error when the engine cannot be reached now. */
export type Opener = () => Promise<Channel>;

/** The service is there, but does not accept the token (or this page's address). */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** How long a wire may take to open, in milliseconds. */
const openWithin = 8000;

/** Close codes with which a service says that the token is wrong: 1008 is RFC 6455's "policy violation". */
const refusedCodes: readonly number[] = [1008, 4401, 4403];

/** Opens WebSockets to `/rpc` on the page's own origin. The token goes as a subprotocol, which no log or history keeps. */
export function socketOpener(readToken: () => string | null): Opener {
  return async () => {
    const token = readToken();
    if (token === null) throw new TokenRefused('this browser has no access token');
    const address = new URL('/rpc', window.location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address, ['mailward', `token.${token}`]);
    socket.binaryType = 'arraybuffer';
    const gone = new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve(), { once: true });
    });
    const code = await new Promise<number | null>((resolve) => {
      const tooLate = setTimeout(() => socket.close(), openWithin);
      const settle = (value: number | null) => {
        clearTimeout(tooLate);
        resolve(value);
      };
      socket.addEventListener('open', () => settle(null), { once: true });
      socket.addEventListener('close', (event) => settle(event.code), { once: true });
    });
    if (code !== null) {
      if (refusedCodes.includes(code) || (await serviceAnswers())) {
        throw new TokenRefused('the service does not accept the access token');
      }
      throw new Error('the service does not answer');
    }
    return { link: new SocketLink({ websocket: socket }), gone, close: () => socket.close() };
  };
}

/** A browser does not say why a WebSocket failed; when plain HTTP works at that moment, it was refused. */
async function serviceAnswers(): Promise<boolean> {
  try {
    await fetch(window.location.pathname, {
      method: 'HEAD',
      cache: 'no-store',
      signal: AbortSignal.timeout(openWithin),
    });
    return true;
  } catch {
    return false;
  }
}

/** Asks the desktop shell for a port. A port that the shell sends unasked replaces the present one. */
export function portOpener(): Opener {
  let waiting: ((port: MessagePort) => void) | null = null;
  let spare: MessagePort | null = null;
  let endPresent: () => void = () => undefined;

  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const port = event.ports[0];
    if (event.source !== window || event.data !== 'mailward:port' || port === undefined) return;
    if (waiting !== null) {
      waiting(port);
    } else {
      spare = port;
      endPresent();
    }
  });

  return async () => {
    const port = spare ?? (await askForPort());
    spare = null;
    let settleGone: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      settleGone = resolve;
    });
    endPresent = () => {
      // A port that is closed on this side gives no event here, and calls that still wait would wait for ever.
      port.dispatchEvent(new Event('close'));
      port.close();
    };
    port.addEventListener('close', () => settleGone(), { once: true });
    const link = new PortLink({ port });
    port.start();
    return { link, gone, close: endPresent };
  };

  function askForPort(): Promise<MessagePort> {
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => {
        waiting = null;
        reject(new Error('the desktop shell sent no port'));
      }, openWithin);
      waiting = (port) => {
        clearTimeout(tooLate);
        waiting = null;
        resolve(port);
      };
      window.postMessage('mailward:ask-port', window.location.origin);
    });
  }
}
