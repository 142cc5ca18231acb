// What one client of the contract may have open at a time, and how fast it is written to: never faster than it reads.
import { ORPCError } from '@orpc/server';
import type { MessageEvent, WebSocket } from 'ws';

/** Calls and subscriptions that one connection may have open at a time. A screen of the user interface has about ten. */
const MOST_OF_ONE = 128;
/** And all connections together. */
const MOST_OF_ALL = 2048;

/** The calls of all connections. */
export class Calls {
  open = 0;
}

/** The calls of one connection; handed to every procedure's interceptor as its context. */
export class ClientCalls {
  readonly #all: Calls;
  #open = 0;

  constructor(all: Calls) {
    this.#all = all;
  }

  /** Begins a call; returns what is to be called, once or more often, when it is over. Throws what the client is to read. */
  begin(): () => void {
    if (this.#open >= MOST_OF_ONE || this.#all.open >= MOST_OF_ALL) {
      throw new ORPCError('TOO_MANY_REQUESTS', {
        message: `too many calls and subscriptions at a time (${MOST_OF_ONE} on one connection, ${MOST_OF_ALL} on all); end some of them first`,
      });
    }
    this.#open++;
    this.#all.open++;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#open--;
      this.#all.open--;
    };
  }
}

/** Whether a call ended over something of ours: not over what its client asked (the contract's errors), nor because the client went away. */
export function isOurFault(error: unknown): boolean {
  if (error instanceof ORPCError) return error.code === 'INTERNAL_SERVER_ERROR';
  return !(error instanceof Error && error.name === 'AbortError');
}

interface Handled {
  matched: boolean;
  response?: { body: unknown } | undefined;
}

/** An interceptor of the contract's handler: counts each call until it is answered, each subscription until it has ended. */
export async function countCall<Result extends Handled>(options: {
  context: { calls: ClientCalls };
  request: { signal?: AbortSignal | undefined };
  next: () => Promise<Result>;
}): Promise<Result> {
  const over = options.context.calls.begin();
  try {
    const result = await options.next();
    const body = result.response?.body;
    if (result.response === undefined || !isStream(body)) {
      over();
      return result;
    }
    options.request.signal?.addEventListener('abort', over, { once: true });
    return { ...result, response: { ...result.response, body: untilEnd(body, over) } };
  } catch (error) {
    over();
    throw error;
  }
}

function isStream(body: unknown): body is AsyncIterator<unknown> & AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'next' in body;
}

function untilEnd(stream: AsyncIterator<unknown>, over: () => void): AsyncIterableIterator<unknown> {
  const told = async (step: Promise<IteratorResult<unknown>>) => {
    try {
      const result = await step;
      if (result.done === true) over();
      return result;
    } catch (error) {
      over();
      throw error;
    }
  };
  return {
    next: () => told(stream.next()),
    return: async (value?: unknown) => {
      over();
      return (await stream.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * The socket as the contract's handler sees it: sending lasts until the system has taken the octets, so that a
 * subscription brings no more than its client reads. Nothing is thrown for a socket that is gone: its `close` tells.
 * And what comes once we have begun to close it is not heard: a client that was shut out need not answer to that.
 */
export function atItsPace(socket: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  const send = (data: Parameters<WebSocket['send']>[0]) =>
    new Promise<void>((resolve) => {
      socket.send(data, {}, () => resolve());
    });
  const addEventListener = (type: string, listener: (event: MessageEvent) => void) => {
    socket.addEventListener(type as 'message', (event) => {
      if (type !== 'message' || socket.readyState === socket.OPEN) listener(event);
    });
  };
  return {
    addEventListener: addEventListener as WebSocket['addEventListener'],
    send: send as WebSocket['send'],
  };
}
