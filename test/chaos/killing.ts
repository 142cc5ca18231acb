// Kills the service again and again while mail comes in, and holds it to its word: what was answered 250 arrives.
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { seededRandom } from '../lab/random.ts';
import type { Random } from '../lab/random.ts';
import { Sink, copyKey, idHeader } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

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

/** The office's server in this story has bad moments of its own: it puts off, hangs up, and takes the rest. */
function moody(random: Random): Sink {
  return new Sink({
    keep: false,
    temper: {
      rcpt: () => (random.next() < 0.02 ? '451 4.3.2 not now' : null),
      // Rarely: whoever hangs up is left alone for a while, and all its mail with it.
      data: () => (random.next() < 0.0003 ? 'drop' : null),
    },
  });
}

export async function killAgainAndAgain(options: KillingOptions): Promise<KillingResult> {
  const random = seededRandom();
  process.stdout.write(`chaos: seed ${random.seed} (MAILWARD_SEED=${random.seed} repeats it)\n`);
  const begun = Date.now();
  await using sink = await moody(random).start();
  await using service = await Service.start();
  await service.addDomain('example.com', sink.route);
  await service.addDomain('example.org', sink.route);
  const load = new Load(service.smtpPort, random);
  const clients = Array.from({ length: options.clients }, () => load.run());

  for (let kill = 0; kill < options.kills; kill += 1) {
    // Mostly at work, now and then while it is still getting up.
    if (kill % 6 === 5) await sleep(random.between(0, 400));
    else {
      await service.ready();
      await sleep(random.between(50, 900));
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

  const lost = () =>
    [...load.accepted].flatMap(([id, recipients]) =>
      recipients.map((recipient) => copyKey(id, recipient)).filter((key) => !sink.copies.has(key)),
    );
  // A loss is what is still missing when nothing has arrived for a long while: slow is not lost.
  let arrived = -1;
  let quietSince = Date.now();
  while (lost().length > 0 && Date.now() - quietSince < 30_000) {
    if (sink.taken !== arrived) {
      arrived = sink.taken;
      quietSince = Date.now();
    }
    await sleep(200);
  }
  return {
    seed: random.seed,
    kills: options.kills,
    accepted: load.accepted.size,
    lost: lost(),
    duplicates: sink.duplicates,
    copies: sink.copies.size,
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
  return `chaos: ${kills} kills, ${accepted} messages answered 250, ${copies} copies arrived, ${lost.length} lost, ${duplicates} came twice, in ${seconds} s\n`;
}
