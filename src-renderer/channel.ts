// The two wires to the engine: a WebSocket to the service that sent this page, or a port from the desktop shell.
import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { credentialOf, introduce, Refused, Unproven, wireOf } from '../shared/greeting.ts';
import { dropOwnKey, keepOwnKey, readOwnKey } from './own-key.ts';

/** An open wire. */
export interface Channel {
  link: ClientLink<ClientContext>;
  /** Settles when the wire is gone, whoever ended it. */
  gone: Promise<void>;
  close: () => void;
}

/** Opens a wire. Rejects with `NotLetIn`, or with any other error when the engine cannot be reached now. */
export type Opener = () => Promise<Channel>;

/**
 * Why there is no way in: this browser has no key; the key or the link is not known (any more) to whatever answers; what
 * answers has not shown that it is Mailward; the browser gives no cryptography to a page from this address.
 */
export type Obstacle = 'no-key' | 'key-unknown' | 'link-unknown' | 'not-mailward' | 'insecure';

export class NotLetIn extends Error {
  override readonly name = 'NotLetIn';
  readonly obstacle: Obstacle;
  constructor(obstacle: Obstacle) {
    super(obstacle);
    this.obstacle = obstacle;
  }
}

/** How long a wire may take to open, in milliseconds. */
const openWithin = 8000;

/** The secret that lets a browser in for the first time. */
export interface Secret {
  /** Null when there is none to be used. */
  read: () => string | null;
  /** It has let the browser in, or is good for nothing. */
  spent: () => void;
}

/**
 * Opens WebSockets to `/rpc` on the page's own origin, to a service that proves first that it knows this browser's key, or
 * the secret, for which the browser then gets a key. The secret itself is sent to nobody.
 */
export function socketOpener(secret: Secret): Opener {
  return async () => {
    // Browsers give it to pages from https: and from this machine's own addresses alone. (The types know only of those.)
    if ((window.crypto as { subtle?: SubtleCrypto }).subtle === undefined) throw new NotLetIn('insecure');
    const given = secret.read();
    if (given === null) return open(null);
    try {
      const channel = await open(given);
      secret.spent();
      return channel;
    } catch (error) {
      if (!(error instanceof NotLetIn) || error.obstacle !== 'link-unknown') throw error;
      secret.spent();
      // An old link in the history, say: the key that the browser has may be good all the same.
      if ((await readOwnKey()) === null) throw error;
      return open(null);
    }
  };
}

async function open(secret: string | null): Promise<Channel> {
  const own = await readOwnKey();
  const credential = secret === null ? own : await credentialOf(secret);
  if (credential === null) throw new NotLetIn('no-key');
  const address = new URL('/rpc', window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address, 'mailward');
  socket.binaryType = 'arraybuffer';
  const gone = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve(), { once: true });
  });
  const wire = wireOf(socket);
  const tooLate = setTimeout(() => socket.close(), openWithin);
  try {
    const opened = await new Promise<boolean>((resolve) => {
      socket.addEventListener('open', () => resolve(true), { once: true });
      socket.addEventListener('close', () => resolve(false), { once: true });
    });
    if (!opened)
      throw (await somethingAnswers()) ? new NotLetIn('not-mailward') : new Error('nobody answers');
    const where = window.location.origin;
    await introduce(wire, {
      credential,
      where,
      ...(secret === null ? { want: 'contract' } : { want: 'enrol', keep: keepOwnKey }),
    });
  } catch (error) {
    socket.close();
    if (error instanceof Unproven) throw new NotLetIn('not-mailward');
    if (!(error instanceof Refused)) throw error;
    // Only Mailward itself, once proven, can say that a key which was just agreed upon is good for nothing.
    if (error.proven && secret !== null) await (own === null ? dropOwnKey() : keepOwnKey(own));
    throw new NotLetIn(secret === null ? 'key-unknown' : 'link-unknown');
  } finally {
    clearTimeout(tooLate);
    wire.end();
  }
  return { link: new SocketLink({ websocket: socket }), gone, close: () => socket.close() };
}

/** A browser does not say why a WebSocket failed; when plain HTTP works at that moment, somebody is there. */
async function somethingAnswers(): Promise<boolean> {
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
