// What a client sends, cut into command lines and message data. Only CRLF ends a line (RFC 5321 §2.3.8).
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { DataReader } from './data-reader.ts';
import { turns } from './turns.ts';

/**
 * Octets of a command line with its CRLF. RFC 5321 §4.5.3.1.4 asks for 512, and what SIZE, 8BITMIME and SMTPUTF8 add to
 * MAIL comes to 63 more.
 */
export const LONGEST_LINE = 1024;
/** Octets of one line that never ends, after which nobody is there to talk to. */
export const ENDLESS_LINE = 1_048_576;

const CR = 13;
const LF = 10;

/** Why a line is not a command. */
export type BadLine = 'too-long' | 'bare-line-end';

type Next = (error?: Error | null) => void;
type OnData = (reader: DataReader, content: Buffer, ended: boolean) => Promise<void> | undefined;

export class Input extends SMTPStream {
  readonly #onLine: (line: Buffer, bad: BadLine | null, next: () => void) => void;
  readonly #onEndless: () => void;
  #reader: DataReader | null = null;
  #onData: OnData | null = null;
  /** The beginning of a line whose end has not come; made when first needed. */
  #begun: Buffer | null = null;
  #length = 0;

  constructor(onLine: (line: Buffer, bad: BadLine | null, next: () => void) => void, onEndless: () => void) {
    super({});
    this.#onLine = onLine;
    this.#onEndless = onEndless;
  }

  /** From here to `CRLF.CRLF` it is a message. `onData` may answer a promise that holds the client back. */
  readMessage(onData: OnData): void {
    this.#reader = new DataReader();
    this.#onData = onData;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding | 'buffer', next: Next): void {
    if (this.isClosed) next();
    else if (!turns.hasTime) turns.later(() => this.#read(chunk, next));
    else this.#read(chunk, next);
  }

  #read(chunk: Buffer, next: Next): void {
    if (this.isClosed) next();
    else if (this.#reader) this.#message(this.#reader, chunk, next);
    else this.#commands(chunk, next);
  }

  /** A line that was cut off by the end of the connection is not a command; the library would run it. */
  override _flushData(): void {
    this.#length = 0;
  }

  #message(reader: DataReader, chunk: Buffer, next: Next): void {
    const { content, rest } = reader.read(chunk);
    const taken = this.#onData?.(reader, content, rest !== null);
    const goOn = () => {
      if (rest === null) {
        next();
        return;
      }
      this.#reader = null;
      this.#onData = null;
      this._write(rest, 'buffer', next);
    };
    if (taken) taken.then(goOn, next);
    else goOn();
  }

  #commands(chunk: Buffer, next: Next): void {
    let at = 0;
    let busy = false;
    let again = false;
    const calledBack = () => again;
    const goOn = () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      do {
        again = false;
        if (this.isClosed) {
          next();
          return;
        }
        if (this.#reader) {
          this._write(chunk.subarray(at), 'buffer', next);
          return;
        }
        const end = chunk.indexOf(LF, at);
        if (end < 0) {
          this.#keep(chunk, at, chunk.length);
          if (this.#length > ENDLESS_LINE) this.#onEndless();
          next();
          return;
        }
        if (at > 0 && !turns.hasTime) {
          turns.later(() => {
            busy = false;
            goOn();
          });
          return;
        }
        this.#line(chunk, at, end + 1, goOn);
        at = end + 1;
      } while (calledBack());
      busy = false;
    };
    goOn();
  }

  #line(chunk: Buffer, from: number, to: number, next: () => void): void {
    let line: Buffer;
    if (this.#length === 0) line = chunk.subarray(from, Math.min(to, from + LONGEST_LINE + 1));
    else {
      this.#keep(chunk, from, to);
      line = Buffer.from((this.#begun ?? chunk).subarray(0, Math.min(this.#length, LONGEST_LINE + 1)));
      this.#length = 0;
    }
    const tooLong = line.length > LONGEST_LINE;
    const bare = !tooLong && (line.at(-2) !== CR || line.indexOf(CR) !== line.length - 2);
    const words = tooLong ? line.subarray(0, 64) : line.subarray(0, line.length - (bare ? 1 : 2));
    this.#onLine(words, tooLong ? 'too-long' : bare ? 'bare-line-end' : null, next);
  }

  /** Keeps what fits of a line and counts the rest: a line without end costs no memory. */
  #keep(chunk: Buffer, from: number, to: number): void {
    if (to <= from) return;
    this.#begun ??= Buffer.allocUnsafeSlow(LONGEST_LINE + 1);
    if (this.#length < this.#begun.length) chunk.copy(this.#begun, this.#length, from, to);
    this.#length += to - from;
  }
}
