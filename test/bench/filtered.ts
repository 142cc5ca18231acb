// Signed mail through a server that checks it, until the sink has the last message; and the proof that each of them was checked.
import { chmodSync, closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
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
/**
 * Messages that a server has had before it is measured: connections, caches and just-in-time compilers are warm then, on both sides. V8 still
 * compiles Mailward's functions anew after 8,000.
 */
const WARM = 10_000;
const PASSED: Results = { spf: 'pass', dkim: 'pass', dmarc: 'pass' };

export interface FilteredOptions {
  /** That the mail comes from, each with a key of its own. */
  domains: number;
  /** Octets of a message. */
  size: number;
  /** Most connections that each server opens to the sink. */
  deliveries: number;
  /** Most connections at a time to a server. */
  mostSessions: number;
  /** Messages that each server has before it is measured. */
  warm?: number;
}

/** A server that runs, with the sink behind it. */
interface Running {
  port: number;
  pids: () => number[];
  sink: SmtpSink;
  /** The sink's file of all messages. */
  witness: string;
  /** What it had before the run that is measured now. */
  messages: number;
  octets: number;
}

/** What all runs have in common: the mail, the one resolver, the one Rspamd, and the servers, which are started and warmed once. */
export class FilteredBench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #mail: SignedMail;
  readonly #options: FilteredOptions;
  readonly #servers = new Map<string, Running>();
  #rspamd: FullRspamd | null = null;

  private constructor(mail: SignedMail, options: FilteredOptions) {
    this.#mail = this.#stack.use(mail);
    this.#options = options;
  }

  static async start(options: FilteredOptions): Promise<FilteredBench> {
    const { domains, size } = options;
    return new FilteredBench(await SignedMail.start({ domains, size, client: stranger }), options);
  }

  /** @param load messages, and connections at a time. */
  async measure(
    way: FilteredWay,
    checks: Checks,
    load: Pick<Load, 'messages' | 'sessions'>,
  ): Promise<FilteredRun> {
    const rspamd = checks === 'with-rspamd' ? await this.#startedRspamd() : null;
    const server = await this.#started(way, checks);
    const scannedBefore = (await rspamd?.scanned()) ?? 0;
    const { controls } = this.#mail;
    for (const control of controls) await sendOne(server.port, control);
    await server.sink.has(server.messages + controls.length);
    const used = () => server.pids().reduce((sum, pid) => sum + processorTime(pid), 0);
    const usedBefore = used();
    const begun = performance.now();
    const messages = await this.#send(server.port, load);
    await server.sink.has(server.messages + controls.length + messages);
    const took = performance.now() - begun;
    const processor = (used() - usedBefore) / messages;
    const all = controls.length + messages;
    const proven = prove(since(server), controls, all);
    const scanned = rspamd === null ? null : (await rspamd.scanned()) - scannedBefore;
    if (scanned !== null && scanned !== all)
      throw new Error(`Rspamd has looked at ${scanned} messages of ${all}`);
    server.messages += all;
    server.octets = statSync(server.witness).size;
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

  /** The server for these checks, warm. */
  async #started(way: FilteredWay, checks: Checks): Promise<Running> {
    const key = `${way} ${checks}`;
    const known = this.#servers.get(key);
    if (known) return known;
    const folder = this.#stack.use(scratch('filtered'));
    const kept = join(folder.path, 'sink');
    mkdirSync(kept);
    chmodSync(kept, 0o777);
    const witness = join(kept, 'messages');
    const sink = this.#stack.use(await SmtpSink.start(witness));
    const rspamd = checks === 'with-rspamd' ? await this.#startedRspamd() : null;
    const server = await (way === 'postfix' ? this.#postfix(sink, rspamd) : this.#mailward(sink, rspamd));
    const { mostSessions: sessions, warm = WARM } = this.#options;
    const messages = await this.#send(server.port, { sessions, messages: warm });
    await sink.has(messages);
    const running = { ...server, sink, witness, messages, octets: statSync(witness).size };
    this.#servers.set(key, running);
    return running;
  }

  async #postfix(sink: SmtpSink, rspamd: FullRspamd | null): Promise<Pick<Running, 'port' | 'pids'>> {
    const { resolver } = this.#mail;
    const { mostSessions: sessions, deliveries } = this.#options;
    const dkim = this.#stack.use(await OpenDkim.start({ resolver, authservId: ID }));
    const dmarc = this.#stack.use(await OpenDmarc.start({ resolver, authservId: ID }));
    const milters = [dkim.milter, dmarc.milter, ...(rspamd === null ? [] : [rspamd.milter])];
    const postfix = this.#stack.use(
      await postfixBefore(
        sink,
        { sessions, deliveries },
        { host: stranger, settings: { smtpd_milters: milters.join(' '), milter_default_action: 'accept' } },
      ),
    );
    const checkers = rspamd === null ? [] : [rspamd.pid];
    return { port: postfix.port, pids: () => [postfix.pid ?? -1, dkim.pid, dmarc.pid, ...checkers] };
  }

  async #mailward(sink: SmtpSink, rspamd: FullRspamd | null): Promise<Pick<Running, 'port' | 'pids'>> {
    const service = await Service.start({
      smtp: `${stranger}:${await freePort(stranger)}`,
      settings: {
        smtp: { hostname: ID },
        delivery: { concurrency: this.#options.deliveries },
        filters: {
          resolvers: [this.#mail.resolver],
          // What Postfix does not do here either.
          blocklists: 'off',
          reverseName: 'off',
          messagesPerMinute: 0,
          rspamdUrl: rspamd?.url ?? '',
        },
      },
    });
    this.#stack.use(service);
    await service.addDomain('example.com', `127.0.0.1:${sink.port}`);
    return {
      port: service.smtpPort,
      pids: () => [service.pid, ...(rspamd === null ? [] : [rspamd.pid])],
    };
  }

  /** All senders at once. Answers how many messages that were: a multiple of the number of senders. */
  async #send(port: number, load: Pick<Load, 'messages' | 'sessions'>): Promise<number> {
    const { letters } = this.#mail;
    const messages = Math.ceil(load.messages / letters.length);
    const sessions = Math.ceil(load.sessions / letters.length);
    const share = { messages, sessions, deliveries: this.#options.deliveries, size: 0 };
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

/** What the sink has kept since the run before. */
function since({ witness, octets }: Running): string {
  const file = openSync(witness, 'r');
  try {
    const text = Buffer.alloc(statSync(witness).size - octets);
    readSync(file, text, 0, text.length, octets);
    return text.toString('latin1');
  } finally {
    closeSync(file);
  }
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
