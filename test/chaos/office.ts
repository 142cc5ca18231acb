// The office's server of the chaos tests, in a thread of its own: a mail server is another machine, which the senders' haste does not slow.
import { parentPort, workerData } from 'node:worker_threads';
import { Sink } from '../lab/sink.ts';
import { seededRandom } from '../lab/random.ts';

/** What has arrived. */
export interface Arrivals {
  taken: number;
  /** Copies beyond the first. */
  duplicates: number;
  /** Keys of all copies; see `copyKey`. */
  copies: Set<string>;
}

const port = parentPort;
if (!port) throw new Error('the office’s server runs as a thread');
const random = seededRandom((workerData as { seed: number }).seed);

/** It has bad moments of its own: it puts off, hangs up, and takes the rest. */
const sink = await new Sink({
  keep: false,
  temper: {
    rcpt: () => (random.next() < 0.02 ? '451 4.3.2 not now' : null),
    // Rarely: whoever hangs up is left alone for a while, and all its mail with it.
    data: () => (random.next() < 0.0003 ? 'drop' : null),
  },
}).start();

port.on('message', () => {
  const arrivals: Arrivals = {
    taken: sink.taken,
    duplicates: sink.duplicates,
    copies: new Set(sink.copies.keys()),
  };
  port.postMessage(arrivals);
});
port.postMessage(sink.route);
