// Commands and replies over one connection to a mail server (RFC 5321 §4.2), and the change to TLS in the middle of it.
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Transcript } from './transcript.ts';
import { ReplyLines, type RawReply } from '../../../shared/replies/reply-lines.ts';

/** Octets of one reply that does not end, after which nobody is there to talk to. */
const LONGEST_REPLY = 65_536;
/** The `code` of the error when the server gave one reply more than it was asked for. */
export const UNASKED = 'EPROTO';
/** How long a server may take to hang up after QUIT, ms. */
const PARTING_MS = 5_000;

/** Why a dialogue ended: the system's error with its `code`, and the server's last words if it gave a reason. */
export interface Ending {
  error: NodeJS.ErrnoException;
  reply: string | null;
}

/** A reply; null when the dialogue ended first. */
export type ReplyOrNull = RawReply | null;

export class Dialogue {
  transcript: Transcript;
  /** Null while the dialogue goes on. */
  ending: Ending | null = null;
  #socket: Socket;
  /** Whoever waits for the next replies, in order. */
  #waiting: ((reply: ReplyOrNull) => void)[] = [];
  /** What has come of the next reply: whole lines, and the beginning of one; each octet a character. */
  readonly #lines = new ReplyLines();
  #rest = '';
  #untidy = false;
  /** How long a whole reply may take, ms. */
  #whole: number;
  /** Until when the reply must be here that is due (by the monotonic clock, ms). */
  #dueBy = 0;
  /** Goes off then, or before, and looks; `at` is when. One serves for all the replies that are due: to make one for each costs more. */
  #deadline: { timer: Timer; at: number } | null = null;
  readonly #clock: Clock;
  /** STARTTLS was said; and the server agreed. */
  #securing = false;
  #upgrading = false;
  readonly #onData = (chunk: Buffer) => this.#take(chunk);
  readonly #onError = (error: Error) => this.end(error);
  readonly #onClose = () => this.#close();
  readonly #onTimeout = () =>
    this.end(Object.assign(new Error('no answer came in time'), { code: 'ETIMEDOUT' }));
  readonly #onDeadline = () => {
    this.#deadline = null;
    // Timers count whole milliseconds, and may be a fraction early.
    if (this.#dueBy - this.#clock.steady() < 1) this.#onTimeout();
    else this.#setDeadline();
  };

  /** @param patience how long the server may say nothing, and how long a reply may take, ms. */
  constructor(socket: Socket, transcript: Transcript, patience: number, clock: Clock) {
    this.#clock = clock;
    this.#socket = socket;
    this.#whole = patience;
    this.transcript = transcript;
    this.#listen(socket, patience);
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** The server said something that is no reply: a line without a code, which may stand where a reply should. */
  get untidy(): boolean {
    return this.#untidy || this.#lines.open !== '';
  }

  /** What was said so far is understood, however it was said. */
  understood(): void {
    this.#untidy = false;
  }

  /**
   * From now on the server may say nothing, and take nothing of what is sent, for this long, ms.
   * @param whole how long the reply that is due, and each after it, may take, ms: a server that says an octet now and then is never silent, and
   *   would keep for ever what waits for it.
   */
  waitAtMost(patience: number, whole = patience): void {
    this.#socket.setTimeout(patience);
    this.#whole = whole;
    this.#replyIsDue();
  }

  /** The wait for the next reply begins, or nothing is waited for any more. */
  #replyIsDue(): void {
    if (this.#waiting.length === 0) {
      this.#forgetDeadline();
      return;
    }
    this.#dueBy = this.#clock.steady() + this.#whole;
    if (this.#deadline && this.#deadline.at <= this.#dueBy) return;
    this.#forgetDeadline();
    this.#setDeadline();
  }

  #setDeadline(): void {
    const now = this.#clock.steady();
    const timer = this.#clock.deadline(this.#dueBy - now, this.#onDeadline);
    this.#deadline = { timer, at: this.#dueBy };
  }

  #forgetDeadline(): void {
    this.#deadline?.timer.cancel();
    this.#deadline = null;
  }

  /** The next reply that no command asks for: the greeting. */
  async reply(): Promise<ReplyOrNull> {
    return new Promise((resolve) => {
      if (this.ending) resolve(null);
      else if (this.#waiting.push(resolve) === 1) this.#replyIsDue();
    });
  }

  /** Says one command. */
  async command(line: string): Promise<ReplyOrNull> {
    const [said] = this.say([line]);
    return said ?? null;
  }

  /** Says commands together (RFC 2920): one write. */
  say(lines: readonly string[]): Promise<ReplyOrNull>[] {
    if (this.ending) return lines.map(() => Promise.resolve(null));
    for (const line of lines) {
      if (/[\r\n]/.test(line)) throw new Error('a line break has no place in a command');
      this.transcript.add('client', line);
    }
    const text = `${lines.join('\r\n')}\r\n`;
    const replies = lines.map(() => this.reply());
    this.#socket.write(text, /[^\x20-\x7e\r\n]/.test(text) ? 'utf8' : 'latin1');
    return replies;
  }

  /**
   * Sends octets of a message. A promise asks the caller to wait until the server has taken some.
   * @param left told when the last of them has left this process.
   */
  write(octets: Buffer, left?: () => void): Promise<void> | undefined {
    const socket = this.#socket;
    if (this.ending) return undefined;
    const told = left && ((error?: Error | null) => (error ? undefined : left()));
    if (socket.write(octets, told)) return undefined;
    return new Promise((resolve) => {
      const goOn = () => {
        socket.removeListener('drain', goOn);
        socket.removeListener('close', goOn);
        resolve();
      };
      socket.on('drain', goOn);
      socket.on('close', goOn);
    });
  }

  /**
   * Asks for TLS and shakes hands. Answers the server's reply when that is a refusal, and null when all is well or the
   * dialogue ended over it; `ending` tells which.
   */
  async startTls(options: ConnectionOptions, patience: number): Promise<ReplyOrNull> {
    const answered = this.command('STARTTLS');
    this.#securing = true;
    const reply = await answered;
    if (!this.#upgrading) return reply;
    const plain = this.#socket;
    this.#leave(plain);
    plain.setTimeout(0);
    // The handshake has a patience of its own.
    this.#forgetDeadline();
    await new Promise<void>((resolve) => {
      this.#waiting.push(() => resolve());
      try {
        const secure = connectTls({ ...options, socket: plain }, () => {
          this.#upgrading = false;
          this.#waiting = [];
          resolve();
        });
        this.#socket = secure;
        this.#listen(secure, patience);
      } catch (error) {
        this.end(error as Error);
      }
    });
    return null;
  }

  /** Ends it for everyone who waits, without another word. */
  end(error: NodeJS.ErrnoException, reply: string | null = null): void {
    if (this.ending) return;
    this.ending = { error, reply };
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#forgetDeadline();
    this.#socket.destroy();
    for (const settle of waiting) settle(null);
  }

  /** Says good-bye, and hangs up when the server has answered or takes too long. */
  quit(): void {
    if (this.ending) return;
    const socket = this.#socket;
    this.transcript.add('client', 'QUIT');
    socket.setTimeout(0);
    socket.write('QUIT\r\n', 'latin1');
    this.ending = { error: new Error('the connection is closed'), reply: null };
    const timer = this.#clock.deadline(PARTING_MS, () => socket.destroy()).unref();
    socket.once('close', timer.cancel);
    // Replies that were on their way come before the one to QUIT: with the first of them all is said that matters here.
    socket.removeListener('data', this.#onData);
    socket.once('data', () => {
      socket.end();
      socket.resume();
    });
    for (const settle of this.#waiting.splice(0)) settle(null);
    this.#forgetDeadline();
  }

  #listen(socket: Socket, patience: number): void {
    // Commands are written in the batches they belong to: Nagle would hold the next one back for the server's late ACK.
    socket.setNoDelay(true);
    socket.setTimeout(patience);
    socket.on('data', this.#onData);
    socket.on('error', this.#onError);
    socket.on('timeout', this.#onTimeout);
    socket.on('end', this.#onClose);
    socket.on('close', this.#onClose);
  }

  #leave(socket: Socket): void {
    // Its errors reach the TLS socket too, but an error event that nobody listens to would end the process.
    socket.on('error', () => undefined);
    socket.removeListener('data', this.#onData);
    socket.removeListener('error', this.#onError);
    socket.removeListener('timeout', this.#onTimeout);
    socket.removeListener('end', this.#onClose);
    socket.removeListener('close', this.#onClose);
  }

  #take(chunk: Buffer): void {
    if (this.#upgrading || this.ending) return;
    const text = this.#rest + chunk.toString('latin1');
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
      from = end + 1;
      const heard = this.#lines.take(line);
      if (heard && !this.#hear(heard)) {
        this.#rest = '';
        return;
      }
    }
    this.#rest = from === 0 ? text : text.slice(from);
    if (this.#rest.length + this.#lines.open.length > LONGEST_REPLY)
      this.end(new Error('the server’s reply does not end'));
  }

  /** False when what comes behind this reply counts for nothing. */
  #hear(heard: RawReply): boolean {
    const text = decode(heard.text);
    heard.text = text;
    if (text.includes('\n')) for (const line of text.split('\n')) this.transcript.add('server', line);
    else this.transcript.add('server', text);
    this.#untidy ||= heard.untidy;
    const settle = this.#waiting.shift();
    this.#replyIsDue();
    if (this.#securing) {
      this.#securing = false;
      this.#upgrading = heard.code >= 200 && heard.code < 300;
    }
    settle?.(heard);
    // 421 says that the server is about to hang up, whatever it answers (RFC 5321 §4.2.3).
    if (heard.code === 421) this.end(new Error('the server closes the connection'), text);
    else if (!settle)
      this.end(Object.assign(new Error(`an answer to nothing: ${text}`), { code: UNASKED }), text);
    // What came in clear behind the answer to STARTTLS is not the server's word (RFC 3207 §6).
    return !this.ending && !this.#upgrading;
  }

  #close(): void {
    // A server in a hurry does not end its last line. Whoever waits for an answer has it all the same.
    if (!this.ending && this.#rest !== '' && this.#waiting.length > 0) {
      const heard = this.#lines.take(this.#rest);
      this.#rest = '';
      if (heard) this.#hear(heard);
    }
    const last = decode(this.#lines.open + this.#rest).trim();
    const reason = !this.ending && /^[45]\d{2}[ -]/.test(last) ? last : null;
    if (reason !== null) this.transcript.add('server', reason);
    this.end(Object.assign(new Error('Connection closed unexpectedly'), { code: 'ECONNECTION' }), reason);
  }
}

/** The server ended the connection without a word. */
export function hungUp(ending: Ending | null): boolean {
  const codes = ['ECONNECTION', 'ECONNRESET', 'EPIPE'];
  return ending !== null && ending.reply === null && codes.includes(ending.error.code ?? '');
}

export function isTimeout(ending: Ending | null): boolean {
  return ending?.error.code === 'ETIMEDOUT';
}

/** Replies have no charset of their own; most are UTF-8, and what is not is kept octet by octet. */
function decode(octets: string): string {
  if (!/[\x80-\xff]/.test(octets)) return octets;
  const text = Buffer.from(octets, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? octets : text;
}
