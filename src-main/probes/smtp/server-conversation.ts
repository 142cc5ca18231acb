// One polite SMTP conversation with a server, up to RCPT and never further. Every word and its time are kept as evidence.
import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Evidence } from '../../../shared/finding.ts';
import { formatHostPort } from '../../../shared/names.ts';
import type { Reply } from '../../../shared/reply.ts';
import { parseReply } from '../../../shared/replies/parse-reply.ts';
import { chainOf } from '../../tls/dane.ts';
import { patiently, stopwatch } from '../lateness.ts';
import { ReplyReader } from './reply-reader.ts';

/** Longest waits, ms. A server may take longer over real mail; a question has to be answered while somebody looks on. */
export const CONNECT_MS = 5_000;
export const REPLY_MS = 8_000;
/** Many servers keep strangers waiting for a greeting on purpose: junk mailers do not wait. */
const GREETING_MS = 10_000;

/** How greetings of other protocols begin: SSH, the web, POP3 (RFC 1939), IMAP (RFC 9051). */
const OTHERS = /^(?:SSH-\d|HTTP\/\d|[+]OK\b|-ERR\b|[*] (?:OK|BYE|PREAUTH)\b)/;

/** Where a server is asked, and as whom. */
export interface ServerToAsk {
  host: string;
  address: string;
  port: number;
  /** Local address to ask from; null lets the system choose. */
  source: string | null;
}

/** One thing said, and the answer. */
export interface Step {
  asked: string;
  /** Null: none came; `failure` says why. */
  reply: Reply | null;
  /** The answer as it came, or why there is none. */
  answer: string;
  failure: ConversationFailure | null;
  /** Until the answer, ms: what the server took at least. */
  ms: number;
  /** How long this process could not look before it saw the answer, ms: the server took no more than both together. */
  lateMs: number;
  evidence: Evidence;
}

/**
 * `refused`: the machine answers, nobody listens. `no-way`: this machine has no way there. `away`: a router says that the
 * machine is not there. `closed`: in mid-conversation.
 */
export type ConversationFailure = 'refused' | 'no-way' | 'away' | 'silent' | 'closed' | 'garbled';

export interface Encryption {
  protocol: string;
  cipher: string;
  certificate: PeerCertificate;
  /** As the server sent it, its own certificate first. */
  chain: readonly X509Certificate[];
  /** What is wrong with the certificate, as OpenSSL names it; null when it is valid for the name. */
  trouble: string | null;
}

/** What ends a step: an event, a reply, or what is none. */
interface Told {
  words: string;
  reply: Reply | null;
  isGarbled: boolean;
}

const event = (words: string): Told => ({ words, reply: null, isGarbled: false });

/** Commands that a question may use. There is no way to send a message with them. */
const allowed = /^(?:EHLO|HELO|STARTTLS|MAIL|RCPT|RSET|NOOP|QUIT)(?: [\x20-\x7e]+)?$/;

export interface ServerConversationOptions {
  signal: AbortSignal;
  /** UTC ms. */
  now: () => number;
}

export class ServerConversation {
  readonly place: ServerToAsk;
  /** Everything said so far, in order. */
  readonly steps: Step[] = [];
  readonly #options: ServerConversationOptions;
  #socket: Socket;
  #reader = new ReplyReader();
  #over: ConversationFailure | null = null;
  #wake: () => void = () => undefined;

  private constructor(place: ServerToAsk, options: ServerConversationOptions) {
    this.place = place;
    this.#options = options;
    this.#socket = connect({
      host: place.address,
      port: place.port,
      ...(place.source === null ? {} : { localAddress: place.source }),
    });
    this.#listen(this.#socket);
  }

  /**
   * Connects and hears the greeting: two steps, or one when there is no connection. It does not fail; whether it can go on
   * is `isOpen`.
   */
  static async open(place: ServerToAsk, options: ServerConversationOptions): Promise<ServerConversation> {
    const dialogue = new ServerConversation(place, options);
    const socket = dialogue.#socket;
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      dialogue.#wake();
    });
    const step = await dialogue.#step('TCP connection', CONNECT_MS, () =>
      connected ? event('connected') : null,
    );
    if (step.failure === null) await dialogue.#hear('the greeting', GREETING_MS);
    return dialogue;
  }

  get isOpen(): boolean {
    return this.#over === null;
  }

  /** Says one command and hears the answer. Anything beyond RCPT is an error of the caller's. */
  async say(command: string): Promise<Step> {
    if (!allowed.test(command)) throw new Error(`not a command for a question: ${command.slice(0, 20)}`);
    // Whatever has come unasked would be taken for the answer. A server that takes its leave is heard all the same.
    const unasked = this.#reader.next;
    if (unasked !== '' && !unasked.startsWith('421')) this.#end('garbled');
    if (this.isOpen) this.#socket.write(`${command}\r\n`);
    return this.#hear(command);
  }

  /** Sets up TLS after STARTTLS was answered with 220. Null when that fails: the connection is over then. */
  async secure(name: string): Promise<Encryption | null> {
    const plain = this.#socket;
    // What was said before TLS does not count (RFC 3207 §6).
    this.#reader = new ReplyReader();
    plain.removeAllListeners('data');
    const isName = !/^[\d.]+$|:/.test(name);
    const socket = connectSecurely({
      socket: plain,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...(isName ? { servername: name } : { host: name }),
    });
    this.#socket = socket;
    let words = '';
    socket.once('error', (error: Error) => {
      words = explain(error);
    });
    let secured = false;
    socket.once('secureConnect', () => {
      secured = true;
      this.#wake();
    });
    this.#listen(socket);
    const step = await this.#step('TLS handshake', REPLY_MS, () =>
      secured ? event(`${socket.getProtocol() ?? 'TLS'} ${socket.getCipher().standardName}`) : null,
    );
    if (step.failure !== null) {
      step.answer = words === '' ? step.answer : words;
      step.evidence = { ...step.evidence, answer: step.answer };
      return null;
    }
    return describe(socket);
  }

  /** Takes leave; does not wait for longer than the answer takes. */
  async quit(): Promise<void> {
    if (this.isOpen) await this.say('QUIT');
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (part: Buffer) => {
      this.#reader.push(part);
      if (this.#reader.isTooMuch) this.#end('garbled');
      this.#wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(failureOf(error)));
    socket.once('close', () => this.#end('closed'));
    socket.once('end', () => this.#end('closed'));
  }

  #end(failure: ConversationFailure): void {
    this.#over ??= failure;
    this.#wake();
  }

  #hear(asked: string, patience = REPLY_MS): Promise<Step> {
    return this.#step(asked, patience, (isOver) => {
      const heard = this.#over === 'garbled' ? null : this.#reader.take();
      if (heard !== null)
        return { words: heard.text, reply: parseReply(heard.text), isGarbled: heard.doubt === 'always' };
      // Some servers put words of their own before a reply, so that it is waited for.
      if (!isOver && !OTHERS.test(this.#reader.start)) return null;
      const words = this.#reader.open;
      const isNone = words !== '' && !/^[2-5]\d\d(?:[ -]|$)/m.test(words);
      return isNone ? { words, reply: null, isGarbled: true } : null;
    });
  }

  /**
   * Waits until `answer` has one, the connection is over, or patience ends.
   * @param answer asked whenever something has come; and once more when nothing else will.
   */
  async #step(asked: string, patience: number, answer: (isOver: boolean) => Told | null): Promise<Step> {
    const elapsed = stopwatch();
    const { signal, now } = this.#options;
    let told = answer(!this.isOpen);
    if (told === null && this.isOpen) {
      await new Promise<void>((resolve) => {
        const stop = () => {
          told ??= answer(true);
          if (told === null) this.#end('silent');
          resolve();
        };
        // An answer that has come while this process was busy with other things is not late: it is looked for first.
        const calmDown = patiently(patience, stop);
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
        this.#wake = () => {
          told ??= answer(!this.isOpen);
          if (told === null && this.isOpen) return;
          this.#wake = () => undefined;
          calmDown();
          signal.removeEventListener('abort', stop);
          resolve();
        };
        // What came between the first look and now wakes nobody.
        this.#wake();
      });
    }
    const took = elapsed();
    const ms = Math.round(took.ms * 10) / 10;
    if (told?.isGarbled === true) this.#end('garbled');
    const failure = told === null ? (this.#over ?? 'silent') : told.isGarbled ? 'garbled' : null;
    const words = told?.words ?? failureWords(failure ?? 'silent', ms);
    const step: Step = {
      asked,
      reply: failure === null ? (told?.reply ?? null) : null,
      answer: words,
      failure,
      ms,
      lateMs: Math.round(took.lateMs),
      evidence: { asked, of: placeText(this.place), at: now(), answer: words.slice(0, 4_000) },
    };
    if (failure !== null) this.#socket.destroy();
    this.steps.push(step);
    return step;
  }
}

/** What was answered, on one line, as a sentence quotes it. */
export function quoted({ answer, reply }: Step): string {
  if (reply === null) return answer.split('\n')[0] ?? '';
  const { code, enhanced, text } = reply;
  return [code, enhanced, text]
    .filter((part) => part !== null && part !== '')
    .join(' ')
    .slice(0, 300);
}

/** `mail.example.com (192.0.2.1)`, with the port where it is not SMTP's own. */
export function placeText({ host, address, port }: ServerToAsk): string {
  const where = port === 25 ? address : formatHostPort(address, port);
  return host === address ? where : `${host} (${where})`;
}

function describe(socket: TLSSocket): Encryption {
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher: socket.getCipher().standardName,
    certificate: socket.getPeerCertificate(),
    chain: chainOf(socket),
    trouble: socket.authorized
      ? null
      : String((socket.authorizationError as Error | string | undefined) ?? 'unknown'),
  };
}

function failureOf({ code }: NodeJS.ErrnoException): ConversationFailure {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'EPERM':
    case 'ENETDOWN':
      return 'no-way';
    case 'EHOSTUNREACH':
      return 'away';
    case 'ETIMEDOUT':
      return 'silent';
    default:
      return 'closed';
  }
}

function failureWords(failure: ConversationFailure, ms: number): string {
  switch (failure) {
    case 'refused':
      return 'connection refused';
    case 'no-way':
      return 'no way there from this machine';
    case 'away':
      return 'the network says that the machine is not there';
    case 'silent':
      return `no answer within ${(ms / 1000).toFixed(1)} s`;
    case 'closed':
      return 'the connection was closed without an answer';
    case 'garbled':
      return 'what came is no SMTP';
  }
}

/** OpenSSL's errors carry paths and numbers; the words are between them. */
function explain({ message }: Error): string {
  return /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}
