// Signed mail through a server that checks it, until the sink has the last message; and the proof that each of them was checked.
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stranger } from '../lab/apart.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { OpenDkim, OpenDmarc } from '../lab/milters.ts';
import { freePort } from '../lab/ports.ts';
import { FullRspamd } from '../lab/scanners.ts';
import { scratch } from '../lab/scratch.ts';
import { postfixBefore, SmtpSink, sourceTo, type Load } from './measure.ts';
import { processorTime } from './processes.ts';
import { SignedMail, type Control, type Results } from './signed-mail.ts';

export type FilteredWay = 'mailward' | 'postfix';
/** `authentication`: SPF, DKIM and DMARC alone. */
export type Checks = 'authentication' | 'with-rspamd';

export interface FilteredRun {
  way: FilteredWay;
  checks: Checks;
  sessions: number;
  /** Messages a second, end to end. */
  rate: number;
  /** Processor time for each message of the server and of all that checks for it, ms. */
  processor: number;
  /** Messages that arrived with SPF, DKIM and DMARC passed: all but those that must fail. */
  proven: number;
  /** Messages that Rspamd has looked at; null where it was not to. */
  scanned: number | null;
}

/** What both call themselves on top of messages. */
const ID = 'mx.bench.example';
/** Messages before the clock starts: connections, caches and just-in-time compilers are warm then, on both sides. */
const WARM = 2_000;
const PASSED: Results = { spf: 'pass', dkim: 'pass', dmarc: 'pass' };

/** What all runs have in common: the mail, the one resolver, and the one Rspamd. */
export class FilteredBench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #mail: SignedMail;
  #rspamd: FullRspamd | null = null;

  private constructor(mail: SignedMail) {
    this.#mail = this.#stack.use(mail);
  }

  /** @param domains that the mail comes from, each with a key of its own. @param size octets of a message. */
  static async start(options: { domains: number; size: number }): Promise<FilteredBench> {
    return new FilteredBench(await SignedMail.start({ ...options, client: stranger }));
  }

  async measure(way: FilteredWay, checks: Checks, load: Omit<Load, 'size'>): Promise<FilteredRun> {
    await using stack = new AsyncDisposableStack();
    const rspamd = checks === 'with-rspamd' ? await this.#startedRspamd() : null;
    const scannedBefore = (await rspamd?.scanned()) ?? 0;
    const folder = stack.use(scratch('filtered'));
    const kept = join(folder.path, 'sink');
    mkdirSync(kept);
    chmodSync(kept, 0o777);
    const witness = join(kept, 'messages');
    const sink = stack.use(await SmtpSink.start(witness));
    const server = await this.#serverBefore(sink, way, rspamd, load, stack);
    const { controls } = this.#mail;
    for (const control of controls) await sendOne(server.port, control);
    const early =
      controls.length + (await this.#send(server.port, { ...load, messages: Math.min(WARM, load.messages) }));
    await sink.has(early);
    const used = () => server.pids().reduce((sum, pid) => sum + processorTime(pid), 0);
    const usedBefore = used();
    const begun = performance.now();
    const messages = await this.#send(server.port, load);
    await sink.has(early + messages);
    const took = performance.now() - begun;
    const processor = (used() - usedBefore) / messages;
    const proven = prove(readFileSync(witness, 'latin1'), controls, early + messages);
    const scanned = rspamd === null ? null : (await rspamd.scanned()) - scannedBefore;
    if (scanned !== null && scanned !== early + messages)
      throw new Error(`Rspamd has looked at ${scanned} messages of ${early + messages}`);
    const { sessions } = load;
    return { way, checks, sessions, rate: (messages * 1000) / took, processor, proven, scanned };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #startedRspamd(): Promise<FullRspamd> {
    this.#rspamd ??= this.#stack.use(await FullRspamd.start({ resolver: this.#mail.resolver }));
    return this.#rspamd;
  }

  async #serverBefore(
    sink: SmtpSink,
    way: FilteredWay,
    rspamd: FullRspamd | null,
    load: Omit<Load, 'size'>,
    stack: AsyncDisposableStack,
  ): Promise<{ port: number; pids: () => number[] }> {
    const { resolver } = this.#mail;
    const checkers = rspamd === null ? [] : [rspamd.pid];
    if (way === 'postfix') {
      const dkim = stack.use(await OpenDkim.start({ resolver, authservId: ID }));
      const dmarc = stack.use(await OpenDmarc.start({ resolver, authservId: ID }));
      const milters = [dkim.milter, dmarc.milter, ...(rspamd === null ? [] : [rspamd.milter])];
      const postfix = await postfixBefore(sink, load, {
        host: stranger,
        settings: { smtpd_milters: milters.join(' '), milter_default_action: 'accept' },
      });
      stack.use(postfix);
      return { port: postfix.port, pids: () => [postfix.pid ?? -1, dkim.pid, dmarc.pid, ...checkers] };
    }
    const service = await Service.start({
      smtp: `${stranger}:${await freePort(stranger)}`,
      settings: {
        smtp: { hostname: ID },
        delivery: { concurrency: load.deliveries },
        filters: {
          resolvers: [resolver],
          // What Postfix does not do here either.
          blocklists: 'off',
          reverseName: 'off',
          messagesPerMinute: 0,
          rspamdUrl: rspamd?.url ?? '',
        },
      },
    });
    stack.use(service);
    await service.addDomain('example.com', `127.0.0.1:${sink.port}`);
    return { port: service.smtpPort, pids: () => [service.pid, ...checkers] };
  }

  /** All senders at once. Answers how many messages that were: a multiple of the number of senders. */
  async #send(port: number, load: Omit<Load, 'size'>): Promise<number> {
    const { letters } = this.#mail;
    const messages = Math.ceil(load.messages / letters.length);
    const sessions = Math.ceil(load.sessions / letters.length);
    const share = { ...load, messages, sessions, size: 0 };
    await Promise.all(letters.map((letter) => sourceTo(`${stranger}:${port}`, share, letter)));
    return messages * letters.length;
  }
}

async function sendOne(port: number, { sender, content }: Control): Promise<void> {
  await using client = await RawClient.greet(port, stranger);
  await client.openData(sender, 'office@example.com');
  client.send(`${content}.\r\n`);
  await client.expect(250);
  await client.command('QUIT', 221);
}

/** Reads what the server said on top of each message that the sink has; throws at the first that is not as it must be. */
function prove(kept: string, controls: readonly Control[], expected: number): number {
  // So begins each in smtp-sink's file. A body may be cut by others' pieces, a header is written in one go.
  const messages = kept.split(/^X-Client-Addr: /m).slice(1);
  if (messages.length !== expected)
    throw new Error(`the sink has kept ${messages.length} messages of ${expected}`);
  let proven = 0;
  for (const message of messages) {
    const header = message.slice(0, message.indexOf('\n\n'));
    const subject = /^Subject: (.*)$/m.exec(header)?.[1];
    const control = controls.find((one) => one.subject === subject);
    const found = resultsIn(header);
    for (const [what, result] of Object.entries(control?.expected ?? PASSED))
      if (found[what] !== result)
        throw new Error(`${what} is ${found[what]} instead of ${result}:\n${header}`);
    if (!control) proven++;
  }
  return proven;
}

/** What `Authentication-Results:` of ours say, in one field or in several. */
function resultsIn(header: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, value = ''] of header.matchAll(/^Authentication-Results:((?:.*\n[ \t])*.*)$/gm)) {
    const [id, ...results] = value.replace(/\s+/g, ' ').split(';');
    if (id?.trim() !== ID) continue;
    for (const result of results) {
      const [, what, word] = /^ (\w+)=(\w+)/.exec(result) ?? [];
      if (what !== undefined && word !== undefined) found[what] = word;
    }
  }
  return found;
}
