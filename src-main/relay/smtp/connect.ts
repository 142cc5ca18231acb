// A TCP connection to a destination: its addresses tried in turn, none of them for long.
import { connect, isIP, type Socket } from 'node:net';
import type { Clock } from '../../clock/clock.ts';
import type { Destination } from '../../../shared/domain.ts';
import type { Transcript } from './transcript.ts';
import type { AddressBook } from './address-book.ts';

/** However many addresses share the time, each gets this long, ms. */
const LEAST_MS = 1_000;

/**
 * Connects to the first address that answers within its share of `timeout` (ms). Throws the last address's error, or
 * the look-up's; its `code` is the system's (`ECONNREFUSED`, `ETIMEDOUT`, `ENOTFOUND`, …).
 */
export async function connectTo(
  destination: Destination,
  addresses: AddressBook,
  timeout: number,
  transcript: Transcript,
  clock: Clock,
): Promise<Socket> {
  const { host, port, sourceAddress } = destination;
  const family = sourceAddress === null ? 0 : (isIP(sourceAddress) as 4 | 6);
  const all = await addresses.of(host, family);
  if (all.length === 0) {
    const words =
      family === 0 ? `${host} has no address` : `${host} has no IPv${family} address, as ${sourceAddress} is`;
    throw Object.assign(new Error(words), { code: 'ENODATA' });
  }
  const share = Math.max(LEAST_MS, timeout / all.length);
  let failure: Error = new Error(`${host} has no address`);
  for (const address of all) {
    transcript.add('note', `connecting to ${address === host ? host : `${host} (${address})`} port ${port}`);
    try {
      const socket = await connectOnce(address, port, sourceAddress, share, clock);
      addresses.trust(address);
      return socket;
    } catch (error) {
      failure = error as Error;
      addresses.shun(address);
      if (address !== all.at(-1)) transcript.add('note', failure.message);
    }
  }
  throw failure;
}

function connectOnce(
  host: string,
  port: number,
  source: string | null,
  timeout: number,
  clock: Clock,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...(source === null ? {} : { localAddress: source }) });
    const timer = clock.deadline(timeout, () => {
      socket.destroy();
      reject(
        Object.assign(new Error(`no answer from ${host} in ${timeout / 1000} s`), { code: 'ETIMEDOUT' }),
      );
    });
    const failed = (error: Error) => {
      timer.cancel();
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      timer.cancel();
      socket.removeListener('error', failed);
      resolve(socket);
    });
  });
}
