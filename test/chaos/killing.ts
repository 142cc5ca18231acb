// Kills the service again and again while mail comes in, and holds it to its word: what was answered 250 arrives.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { seededRandom } from '../lab/random.ts';
import type { Random } from '../lab/random.ts';
import { copyKey, idHeader } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import type { Arrivals } from './office.ts';

export interface KillingOptions {
  kills: number;
  /** Goes on, without further kills, until so many messages have been answered 250. */
  atLeastAccepted: number;
  /** Clients that send at the same time. */
  clients: number;
}

export interface KillingResult {
  seed: number;
  kills: number;
  /** Messages answered 250. */
  accepted: number;
  /** Copies (a message for a recipient) that were answered 250 and never arrived. */
  lost: string[];
  /** Copies that arrived more than once: allowed, but to be few. */
  duplicates: number;
  copies: number;
  seconds: number;
}

/** The office's server (office.ts), in a thread of its own. */
class Office implements AsyncDisposable {
  readonly route: string;
  readonly #worker: Worker;

  private constructor(worker: Worker, route: string) {
    this.#worker = worker;
    this.route = route;
  }

  static async start(seed: number): Promise<Office> {
    const worker = new Worker(new URL('./office.ts', import.meta.url), { workerData: { seed } });
    const [route] = (await once(worker, 'message')) as [string];
    return new Office(worker, route);
  }

  async arrivals(): Promise<Arrivals> {
    this.#worker.postMessage('arrivals');
    const [arrivals] = (await once(this.#worker, 'message')) as [Arrivals];
    return arrivals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

export async function killAgainAndAgain(options: KillingOptions): Promise<KillingResult> {
  const random = seededRandom();
  process.stdout.write(`chaos: seed ${random.seed} (MAILWARD_SEED=${random.seed} repeats it)\n`);
  const begun = Date.now();
  await using office = await Office.start(random.seed);
  await using service = await Service.start();
  await service.addDomain('example.com', office.route);
  await service.addDomain('example.org', office.route);
  const load = new Load(service.smtpPort, random);
  const clients = Array.from({ length: options.clients }, () => load.run());

  for (let kill = 0; kill < options.kills; kill += 1) {
    // Mostly at work, now and then while it is still getting up.
    if (kill % 6 === 5) await sleep(random.between(0, 400));
    else {
      await service.ready();
      await sleep(random.between(50, 1900));
    }
    await service.kill();
    service.launch();
  }
  await service.ready();
  await until('too few messages are accepted', () => load.accepted.size >= options.atLeastAccepted, {
    within: 20 * 60_000,
  });
  load.stop();
  await Promise.all(clients);

  const missing = ({ copies }: Arrivals) =>
    [...load.accepted].flatMap(([id, recipients]) =>
      recipients.map((recipient) => copyKey(id, recipient)).filter((key) => !copies.has(key)),
    );
  // A loss is what is still missing when nothing has arrived for a long while: slow is not lost.
  let arrivals = await office.arrivals();
  let quietSince = Date.now();
  while (missing(arrivals).length > 0 && Date.now() - quietSince < 30_000) {
    await sleep(200);
    const before = arrivals.taken;
    arrivals = await office.arrivals();
    if (arrivals.taken !== before) quietSince = Date.now();
  }
  return {
    seed: random.seed,
    kills: options.kills,
    accepted: load.accepted.size,
    lost: missing(arrivals),
    duplicates: arrivals.duplicates,
    copies: arrivals.copies.size,
    seconds: Math.round((Date.now() - begun) / 1000),
  };
}

/** Senders that never give up. Only a 250 after the data makes a message Mailward's; all else is sent no more. */
class Load {
  /** Recipients of each message answered 250, by id. */
  readonly accepted = new Map<number, string[]>();
  #port: number;
  #random: Random;
  #nextId = 1;
  #stopped = false;

  constructor(port: number, random: Random) {
    this.#port = port;
    this.#random = random;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await using client = await RawClient.greet(this.#port);
        for (let left = this.#random.between(1, 20); left > 0; left -= 1) await this.#sendOne(client);
        await client.command('QUIT', 221);
      } catch {
        // It has just been killed, or is not up again: that is the point. Whoever sends, tries again.
        await sleep(25);
      }
    }
  }

  async #sendOne(client: RawClient): Promise<void> {
    const id = this.#nextId;
    this.#nextId += 1;
    const count = this.#random.between(1, 3);
    const recipients = Array.from({ length: count }, (_, i) => `u${i}@example.${i === 2 ? 'org' : 'com'}`);
    await client.openData('anna@example.net', ...recipients);
    const body = `${'x'.repeat(70)}\r\n`.repeat(this.#random.between(1, 100));
    client.send(`${idHeader}: ${id}\r\n\r\n${body}.\r\n`);
    await client.expect(250);
    this.accepted.set(id, recipients);
  }
}

/** The result in words, for whoever watches. */
export function inWords(result: KillingResult): string {
  const { kills, accepted, copies, duplicates, lost, seconds } = result;
  return `chaos: ${kills} kills, ${accepted} messages answered 250, ${copies} copies arrived, ${lost.length} lost, ${duplicates} came twice (${((duplicates / copies) * 100).toFixed(2)} %, ${(duplicates / kills).toFixed(1)} a kill), in ${seconds} s\n`;
}
