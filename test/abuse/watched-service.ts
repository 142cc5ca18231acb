// A service whose event loop and memory are watched from inside while it is abused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Service } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

/** Since the last report. */
export interface LoopReport {
  /** Longest time between two turns of the loop that the service's main thread itself used, ms of processor. */
  own: number;
  /** Longest time the loop was late, for whatever reason, ms. */
  wall: number;
  /** Resident memory now, octets. */
  rss: number;
}

/** What the product promises on a usual machine, ms. */
const LONGEST_STALL_MS = 100;
/** What 32 MB of new memory cost such a machine at most, ms of processor: a few ms; under some sandboxes a hundred, most of it for its pages. */
const USUAL_MS = 40;
const MEGABYTE = Buffer.alloc(1_048_576, 1);

/**
 * How long a turn of the loop may last here and now, ms of processor: what the product promises, and more on a machine that takes so much
 * longer for what a large message costs anywhere.
 */
export function longestStall(): number {
  const before = process.threadCpuUsage();
  Buffer.concat(Array.from({ length: 32 }, () => MEGABYTE));
  const { user, system } = process.threadCpuUsage(before);
  return LONGEST_STALL_MS * Math.max(1, (user + system) / 1000 / USUAL_MS);
}

export class Watched implements AsyncDisposable {
  readonly #folder = scratch('watched');
  readonly #report = join(this.#folder.path, 'loop.json');
  readonly sink = new Sink();
  service!: Service;
  #reports = 0;

  /** Protects example.com, with the sink as its server. @param filters loopback has none unless told. */
  static async start(
    smtp: Record<string, unknown> = {},
    filters: Record<string, unknown> = {},
  ): Promise<Watched> {
    const watched = new Watched();
    await watched.sink.start();
    const preload = pathToFileURL(join(import.meta.dirname, 'loop-watch.mjs')).href;
    watched.service = await Service.start({
      settings: { smtp: { hostname: 'relay.example', ...smtp }, filters, delivery: { retrySeconds: [1] } },
      env: { NODE_OPTIONS: `--import=${preload}`, LOOP_WATCH: watched.#report },
    });
    await watched.service.addDomain('example.com', watched.sink.route);
    // Starting is not serving: what it took is thrown away.
    await watched.loop();
    return watched;
  }

  get port(): number {
    return this.service.smtpPort;
  }

  /** What happened since it was asked last. */
  async loop(): Promise<LoopReport> {
    const expected = ++this.#reports;
    process.kill(this.service.pid, 'SIGUSR2');
    return until('the service does not report', () => {
      try {
        const report = JSON.parse(readFileSync(this.#report, 'utf8')) as LoopReport & { reports: number };
        return report.reports === expected ? report : null;
      } catch {
        return null;
      }
    });
  }

  /** Connections that the service has open now. */
  async openConnections(): Promise<number> {
    const { client, close } = await this.service.client();
    try {
      for await (const { listener } of await client.live.overview()) return listener.door.open;
      return -1;
    } finally {
      close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.sink[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

export function inWords({ own, wall, rss }: LoopReport): string {
  return `longest turn ${own.toFixed(1)} ms of processor (${wall.toFixed(1)} ms late), ${(rss / 1_048_576).toFixed(0)} MiB`;
}
