// The talk with one client, whatever is said in it: lines come in, replies go out, and what it may cost is bounded.
import type { Clock } from '../../clock/clock.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Reply } from '../../../shared/message.ts';
import { Transcript } from '../smtp/transcript.ts';
import { readCommandText } from './command-text.ts';
import { reply } from './command.ts';
import { LineSplitter, type BadLine } from './line-splitter.ts';
import { LineEnds } from './line-ends.ts';
import { ClientTimeouts } from './client-timeouts.ts';
import { ClientSocket, type Cipher } from './client-socket.ts';

/** What a connection may cost. */
export interface ConversationLimits {
  maxErrors: number;
  idleSeconds: number;
  minBytesPerSecond: number;
}

/** A client with many errors waits so long for each further answer, ms. */
const SLOWED_MS = 1_000;
/** Replies to commands that only cost time count as errors after this many without a message. */
const MOST_IDLE_COMMANDS = 100;

export type Done = () => void;

const control = /\p{Cc}/u;
const controls = /\p{Cc}/gu;

export interface ConversationOptions {
  /** Our own name. */
  name: string;
  remoteAddress: string;
  /** A device of the office's own whose line ends and addresses are taken as they come (`smtp.oldDevices`). */
  isOldDevice?: boolean;
  limits: ConversationLimits;
  clock: Clock;
  events: Publisher<RelayEvents>;
}

export abstract class Conversation {
  readonly name: string;
  readonly remoteAddress: string;
  readonly transcript: Transcript;
  /** The client has sent a command line, whatever it was. */
  spoke = false;
  protected readonly timeouts: ClientTimeouts;
  protected errors = 0;
  protected idleCommands = 0;
  protected lines: LineSplitter;
  readonly #maxErrors: number;
  protected readonly clock: Clock;
  readonly #events: Publisher<RelayEvents>;
  readonly #socket: ClientSocket;
  /** The greeting is said. */
  #ready = false;
  /** The client waits for an answer of ours. */
  #pending = false;
  /** There are more commands behind the one at hand. */
  #more = false;

  constructor(socket: Socket, options: ConversationOptions) {
    this.name = options.name;
    this.remoteAddress = options.remoteAddress;
    this.#maxErrors = options.limits.maxErrors;
    this.clock = options.clock;
    this.#events = options.events;
    this.transcript = new Transcript(options.clock);
    this.timeouts = new ClientTimeouts(options.limits, this.clock.steady());
    this.lines = this.#newLineSplitter();
    const lineEnds = options.isOldDevice === true ? new LineEnds() : null;
    this.#socket = new ClientSocket(socket, options.clock, {
      data: (chunk) => this.lines.push(lineEnds === null ? chunk : lineEnds.mend(chunk)),
      // A client that goes away in the middle is no news of ours.
      error: (error) => {
        this.transcript.add('note', error.message);
        this.close();
      },
      closed: () => {
        this.lines.close();
        this.closed();
      },
    });
  }

  /** How long this client waits for its greeting, ms. */
  protected abstract greetingDelay(): number;
  /** The reply that turns the client away; null lets it in. */
  protected abstract turnAway(): Reply | null;
  protected abstract talkedTooSoon(): void;
  protected abstract command(line: string, done: Done): void;

  /** The connection is over, whoever ended it. Called once. */
  protected abstract closed(): void;
  /** We have ended the connection, and the client need not be counted any more. */
  protected abstract left(): void;
  /** We are stopping: commands are answered 421. */
  protected abstract get stopping(): boolean;

  /** Most programs are greeted at once; strangers wait, and show whether they can. */
  begin(): void {
    this.#socket.listen();
    const away = this.turnAway();
    if (away) {
      // It stands in the greeting's place, and a greeting has no enhanced code (RFC 2034 §3).
      this.say(away);
      return;
    }
    const delay = this.greetingDelay();
    if (delay === 0) this.#greet();
    else this.clock.after(delay, () => this.#greet()).unref();
  }

  #greet(): void {
    if (this.#isOver) return;
    this.#ready = true;
    this.say(reply(220, null, `${this.name} ESMTP Mailward`));
  }

  #newLineSplitter(): LineSplitter {
    return new LineSplitter({
      line: (line, bad, more, next) => this.#onLine(line, bad, more, next),
      endless: () => this.say(reply(421, '4.7.0', 'Line too long, closing connection')),
      failed: (error) => this.#failed(error),
      hold: (on) => this.#socket.hold(on),
    });
  }

  /** What TLS came to; false without TLS. */
  get tlsOptions(): Cipher | false {
    return this.#socket.cipher;
  }

  /** Which of our addresses the client came to. */
  protected get localAddress(): string {
    return this.#socket.localAddress;
  }

  get secure(): boolean {
    return this.#socket.cipher !== false;
  }

  /** When it last came on: a command, or a fair amount of data (ms, steady clock). */
  get progressAt(): number {
    return this.timeouts.progressAt;
  }

  /** One of the two has ended it. */
  get #isOver(): boolean {
    return this.#socket.ending || this.#socket.closed;
  }

  /** The client waits for an answer of ours. */
  get isWaitingForUs(): boolean {
    return this.#pending;
  }

  /** Called about once a second: lets go of clients that take for ever, however busy they look. */
  check(now: number): void {
    if (this.#isOver || this.#pending) return;
    if (this.#socket.upgrading) {
      if (this.timeouts.handshakeOver(now)) this.#socket.destroy();
    } else if (this.timeouts.over(now)) this.say(reply(421, '4.4.2', 'Timeout exceeded, closing connection'));
  }

  /** Makes room for others. */
  letGo(): void {
    const words = `${this.name} Too many connections, closing an idle one; try again later`;
    this.say(reply(421, '4.3.2', words));
  }

  /** The service stops. */
  stop(words: string): void {
    this.say(reply(421, '4.3.2', words));
  }

  /** Ends the connection: what is written still goes out, and nothing more is read. */
  close(): void {
    this.lines.close();
    this.#socket.end();
    this.left();
  }

  /** Ends it because the client said so. */
  protected part(): void {
    this.lines.close();
    this.#socket.part();
    this.left();
  }

  /** One line a text; each has the enhanced code that says what happened (RFC 2034), if there is one. 421 ends the connection. */
  say(words: Reply, ...more: string[]): void {
    const enhanced = words.enhanced === null ? '' : `${words.enhanced} `;
    let lines = '';
    const texts = more.length === 0 ? [words.text] : [words.text, ...more];
    texts.forEach((text, index) => {
      // A client's own words must not begin a line of ours.
      const clean = control.test(text) ? text.replace(controls, ' ') : text;
      const line = `${words.code}${index < texts.length - 1 ? '-' : ' '}${enhanced}${clean}`;
      this.transcript.add('server', line);
      lines += `${line}\r\n`;
    });
    this.#socket.write(lines, this.#more && words.code !== 354);
    // The connection has to go, also when nothing can be said any more.
    if (words.code === 421) this.close();
  }

  #onLine(line: Buffer, bad: BadLine | null, more: boolean, next: Done): void {
    this.spoke = true;
    this.#more = more;
    const words = readCommandText(line);
    this.transcript.add('client', words ?? line.toString('latin1'));
    if (this.stopping) {
      this.stop('Service shutting down, try again later');
      return;
    }
    if (!this.#ready) {
      this.talkedTooSoon();
      this.say(reply(554, '5.5.1', 'Protocol error: command sent before greeting'));
      this.close();
      return;
    }
    this.#pending = true;
    const done = () => {
      this.#pending = false;
      this.timeouts.commandDone(this.clock.steady());
      this.#socket.whenWritable(next);
    };
    try {
      if (bad === 'too-long') this.wrong(reply(500, '5.5.2', 'Line too long'), done);
      else if (bad === 'bare-line-end') this.wrong(reply(500, '5.5.2', 'Bare CR or LF is not allowed'), done);
      else if (words === null)
        this.wrong(reply(500, '5.5.2', 'Command line has control characters or invalid UTF-8'), done);
      else this.command(words, done);
    } catch (error) {
      this.#wentWrong(error, done);
    }
    // The answer takes a while: those before it do not wait for it.
    if (this.isWaitingForUs) {
      this.#more = false;
      this.#socket.flush();
    }
  }

  /**
   * Tells the client what was answered, and goes on to its next command: with nothing in between when the answer is here already,
   * as most are (what a promise for each would cost: line-splitter.ts). An answer that comes after the connection's end is told nobody.
   */
  protected whenAnswered<T>(answer: T | Promise<T>, tell: (answer: T) => void, done: Done): void {
    if (!(answer instanceof Promise)) {
      tell(answer);
      done();
      return;
    }
    answer.then(
      (late) => {
        if (this.#isOver) return;
        tell(late);
        done();
      },
      (error: unknown) => this.#wentWrong(error, done),
    );
  }

  #wentWrong(error: unknown, done: Done): void {
    this.#events.emit('fault', { part: 'door', what: 'a command went wrong', error });
    this.say(reply(451, '4.3.0', 'Local error in processing, try again later'));
    done();
  }

  #failed(error: Error): void {
    this.#events.emit('fault', { part: 'door', what: 'receiving went wrong', error });
    this.say(reply(421, '4.3.0', 'Local error in processing, try again later'));
  }

  /** Shakes hands; what came in clear behind STARTTLS is thrown away unanswered (RFC 3207 §5). */
  protected upgrade(context: SecureContext, done: () => void): void {
    this.lines.close();
    this.timeouts.handshakeBegins(this.clock.steady());
    this.#pending = false;
    this.#socket.upgrade(context, () => {
      this.lines = this.#newLineSplitter();
      this.timeouts.commandDone(this.clock.steady());
      done();
    });
  }

  /** An error of the client's. They are answered ever more slowly, and end the connection when there are too many. */
  protected wrong(words: Reply, done: Done): void {
    this.errors++;
    if (this.errors >= this.#maxErrors) {
      this.say(reply(421, '4.7.0', 'Too many errors, closing connection'));
      return;
    }
    this.say(words);
    if (this.errors > this.#maxErrors / 2) this.clock.after(SLOWED_MS, done).unref();
    else done();
  }

  protected idle(words: Reply, done: Done): void {
    if (++this.idleCommands > MOST_IDLE_COMMANDS) {
      this.wrong(words, done);
      return;
    }
    this.say(words);
    done();
  }

  protected bare(verb: string, rest: string, done: Done): boolean {
    if (rest.trim() === '') return true;
    this.wrong(reply(501, '5.5.4', `${verb} takes no parameters`), done);
    return false;
  }

  /** While we are the ones who are slow, no clock of the client's runs. */
  protected async waitFor(ours: Promise<void>): Promise<void> {
    this.#pending = true;
    await ours;
    this.#pending = false;
    this.timeouts.wasOurs(this.clock.steady());
  }
}
