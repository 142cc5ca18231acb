// The talk with one client, whatever is said in it: lines come in, replies go out, and what it may cost is bounded.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { Reply } from '../../../shared/message.ts';
import { Transcript } from '../transcript.ts';
import { readCommandText } from './command-text.ts';
import { reply } from './command.ts';
import { Input, type BadLine } from './input.ts';
import { Patience } from './patience.ts';

/** What a connection may cost. */
export interface ConversationLimits {
  maxErrors: number;
  idleSeconds: number;
  minBytesPerSecond: number;
}

/** Replies to commands that only cost time count as errors after this many without a message. */
const MOST_IDLE_COMMANDS = 100;

export type Done = () => void;

export abstract class Conversation extends SMTPConnection {
  readonly startedAt = Date.now();
  readonly transcript = new Transcript(this.startedAt);
  /** The client has sent a command line, whatever it was. */
  spoke = false;
  protected readonly patience: Patience;
  protected errors = 0;
  protected idleCommands = 0;
  readonly #maxErrors: number;

  constructor(
    server: SMTPServer,
    socket: Socket | TLSSocket,
    options: SMTPConnectionOptions | undefined,
    limits: ConversationLimits,
  ) {
    super(server, socket, options);
    this.#maxErrors = limits.maxErrors;
    this.patience = new Patience(limits, this.startedAt);
  }

  /** How long this client waits for its greeting, ms. */
  protected abstract greetingDelay(): number;
  /** The reply that turns the client away; null lets it in. */
  protected abstract turnAway(): Reply | null;
  protected abstract talkedTooSoon(): void;
  protected abstract command(line: string, done: Done): void;

  /** The library makes everybody wait 100 ms for the greeting; here only strangers do. */
  override init(): void {
    this._setListeners(() => {
      const away = this.turnAway();
      if (away) {
        // It stands in the greeting's place, and a greeting has no enhanced code (RFC 2034 §3).
        this.send(away.code, away.text, false);
        return;
      }
      const delay = this.greetingDelay();
      if (delay === 0) this.connectionReady();
      else setTimeout(() => this.connectionReady(), delay).unref();
    });
  }

  override _createParser(): SMTPStream {
    return new Input(
      (line, bad, next) => this.#onLine(line, bad, next),
      () => this.say(reply(421, '4.7.0', 'This line has no end, good bye')),
    );
  }

  /** When it last came on: a command, or a fair amount of data (UTC ms). */
  get progressAt(): number {
    return this.patience.progressAt;
  }

  /** The client waits for an answer of ours. */
  get isWaitingForUs(): boolean {
    return this._handlerPending;
  }

  /** Called about once a second: lets go of clients that take for ever, however busy they look. */
  check(now: number): void {
    if (this._closing || this._closed || this._handlerPending) return;
    if (this._upgrading) {
      if (this.patience.handshakeOver(now)) this._socket.destroy();
    } else if (this.patience.over(now)) this._onTimeout();
  }

  /** Makes room for others. */
  letGo(): void {
    this.send(421, `4.3.2 ${this.name} has no room for connections that say nothing, try again later`, false);
  }

  /** A text begins with the enhanced code that goes with it. The library's own texts have theirs put right here. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const text =
      data === 'Server shutting down'
        ? '4.3.2 Shutting down, try again later'
        : data === 'Timeout - closing connection'
          ? '4.4.2 Nothing came in time, good bye'
          : data;
    const first = Array.isArray(text) ? text[0] : text;
    const own = typeof first === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(first);
    const enhanced = own ? '' : this._getEnhancedStatusCode(code, context);
    const lines = Array.isArray(text) ? text : [text ?? ''];
    lines.forEach((line, index) => {
      const mark = index < lines.length - 1 ? '-' : ' ';
      this.transcript.add('server', `${code}${mark}${enhanced ? `${enhanced} ` : ''}${line}`);
    });
    super.send(code, text, own ? false : context);
  }

  protected say({ code, enhanced, text }: Reply): void {
    this.send(code, enhanced === null ? text : `${enhanced} ${text}`, false);
  }

  #onLine(line: Buffer, bad: BadLine | null, next: Done): void {
    // What came in clear after STARTTLS is thrown away unanswered (RFC 3207 §5).
    if (this._upgrading) {
      next();
      return;
    }
    this.spoke = true;
    const words = readCommandText(line);
    this.transcript.add('client', words ?? line.toString('latin1'));
    if (this._server._closeTimeout) {
      this.send(421, '4.3.2 Shutting down, try again later', false);
      return;
    }
    if (!this._ready) {
      this.talkedTooSoon();
      this.send(421, `${this.name} You talk before our greeting, which mail servers never do`, false);
      return;
    }
    this._handlerPending = true;
    const done = () => {
      this._handlerPending = false;
      this.patience.commandDone(Date.now());
      this._whenWritable(next);
    };
    try {
      if (bad === 'too-long') this.wrong(reply(500, '5.5.2', 'Line too long'), done);
      else if (bad === 'bare-line-end')
        this.wrong(
          reply(500, '5.5.2', 'Lines end with CR LF, and have none of them elsewhere (RFC 5321 2.3.8)'),
          done,
        );
      else if (words === null)
        this.wrong(reply(500, '5.5.2', 'The line is not text: control characters, or not UTF-8'), done);
      else this.command(words, done);
    } catch (error) {
      this._server.emit('error', error as Error);
      this.say(reply(451, '4.3.0', 'Something went wrong here, try again later'));
      done();
    }
  }

  /** An error of the client's. They are answered ever more slowly, and end the connection when there are too many. */
  protected wrong(words: Reply, done: Done): void {
    this.errors++;
    if (this.errors >= this.#maxErrors) {
      this.say(reply(421, '4.7.0', 'Too many errors, good bye'));
      return;
    }
    this.say(words);
    if (this.errors > this.#maxErrors / 2) setTimeout(done, 1000).unref();
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
    this._handlerPending = true;
    await ours;
    this._handlerPending = false;
    this.patience.wasOurs(Date.now());
  }

  /** A client that goes away in the middle is no news of ours. */
  override _onError(error: Error): void {
    this.transcript.add('note', error.message);
    this.close();
  }
}
