// TCP connections to see who answers: how long it took, what was said first, or why not.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { formatHostPort, type HostPort } from '../../../shared/names.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { words } from '../http.ts';
import { patientSignal, stopwatch } from '../lateness.ts';
import type { World } from '../world.ts';

export interface ConnectResult extends HostPort {
  /**
   * `open`: it took the connection; `refused`: the host answers, but nobody listens; `not-found`: its name has no known address,
   * so it was not tried; `silent`: anything else.
   */
  result: 'open' | 'refused' | 'silent' | 'not-found';
  /** Until it took or refused the connection, ms. */
  ms: number;
  /** The first line that it said, when it was listened to; empty when it said none in time. */
  said: string;
  evidence: Evidence;
}

export interface TouchOptions {
  signal: AbortSignal;
  timeoutMs: number;
  /** Waits for its first line. */
  listen?: boolean;
  /** UTC ms. */
  now: () => number;
  /** Finds the addresses of a name; only with it may the host be one. */
  find?: (name: string) => Promise<readonly string[]>;
}

/** Connects, listens if asked to, and hangs up. Never fails. */
export async function touch({ host, port }: HostPort, options: TouchOptions): Promise<ConnectResult> {
  const { signal, timeoutMs, now, find } = options;
  using patience = patientSignal(timeoutMs);
  const late = patience.signal;
  const [address] = find === undefined ? [host] : await within(find(host), AbortSignal.any([signal, late]));
  const give = (result: ConnectResult['result'], answer: string, ms: number, said = ''): ConnectResult => ({
    ...{ host, port, result, ms: Math.round(ms * 100) / 100, said },
    evidence: { asked: 'TCP connection', of: formatHostPort(host, port), at: now(), answer },
  });
  if (address === undefined) return give('not-found', 'its name could not be looked up', 0);
  const elapsed = stopwatch();
  const socket = connect({ host: address, port });
  try {
    await happens(socket, 'connect', AbortSignal.any([signal, late]));
    const { ms } = elapsed();
    if (options.listen !== true) return give('open', `connected after ${ms.toFixed(1)} ms`, ms);
    const said = await firstLine(socket, AbortSignal.any([signal, late]));
    return give('open', said === '' ? 'connected, but it said nothing' : said, ms, said);
  } catch (error) {
    const { ms } = elapsed();
    const { code } = error as NodeJS.ErrnoException;
    const answer = late.aborted ? `no answer within ${timeoutMs / 1000} s` : words(error as Error);
    return give(code === 'ECONNREFUSED' ? 'refused' : 'silent', answer, ms);
  } finally {
    socket.destroy();
  }
}

/** Nothing when it takes longer. */
function within(addresses: Promise<readonly string[]>, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve([]), { once: true });
    addresses.then(resolve, () => resolve([]));
  });
}

/**
 * A connection to a server's mail port, made once in a run for all who want to know whether anybody is there. It gives up
 * after 5 seconds.
 */
export function contactOf(place: HostPort, world: World): Promise<ConnectResult> {
  return world.once(`contact ${formatHostPort(place.host, place.port)}`, () =>
    touch(place, { signal: world.signal, timeoutMs: 5_000, now: world.now }),
  );
}

function happens(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason as Error);
      socket.destroy();
    };
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    socket.once(event, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    socket.once('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(error);
    });
  });
}

/** Empty when it hangs up or stays silent. */
async function firstLine(socket: Socket, signal: AbortSignal): Promise<string> {
  let said = '';
  socket.on('data', (part: Buffer) => {
    said += part.toString('latin1');
    if (said.includes('\n') || said.length > 2_000) socket.emit('said');
  });
  socket.once('end', () => socket.emit('said'));
  try {
    await happens(socket, 'said', signal);
  } catch {
    // What was said until then counts.
  }
  return (said.split('\n')[0] ?? '').trim().slice(0, 500);
}
