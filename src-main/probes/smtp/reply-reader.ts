// What a server says in a conversation, piece by piece as it comes, put together to replies (RFC 5321 §4.2.1).
import { StringDecoder } from 'node:string_decoder';

/** Octets that may wait to be read. No server has this much to say. */
const MOST_OCTETS = 65_536;
/** Ends a reply whose first line had a hyphen behind its code. */
const LAST = /^[2-5]\d\d(?: |$)/;

/** Every piece is looked at once, however small it is: a server that sends one octet at a time costs no more than others. */
export class ReplyReader {
  readonly #decoder = new StringDecoder('utf8');
  /** Of the line that has not ended yet. */
  #pieces: string[] = [];
  /** Of the reply that has not ended yet. */
  #lines: string[] = [];
  readonly #replies: string[] = [];
  #octets = 0;

  /** Whether more waits than any server has to say. */
  get isTooMuch(): boolean {
    return this.#octets > MOST_OCTETS;
  }

  push(piece: Buffer): void {
    this.#octets += piece.length;
    const [first = '', ...others] = this.#decoder.write(piece).split('\n');
    this.#pieces.push(first);
    for (const text of others) {
      this.#line(this.#pieces.join('').replace(/\r$/, ''));
      this.#pieces = [text];
    }
  }

  /**
   * The next reply that is whole, its lines joined by LF; null when there is none. A line without a code is a reply by itself, and no
   * SMTP; inside a reply it is text of that: some servers put words of their own there.
   */
  take(): string | null {
    const reply = this.#replies.shift();
    if (reply === undefined) return null;
    if (this.#replies.length === 0) this.#octets = 0;
    return reply;
  }

  #line(line: string): void {
    const [first] = this.#lines;
    const isLast = first === undefined ? !/^\d{3}-/.test(line) : endsReply(line, first.slice(0, 3));
    this.#lines.push(line);
    if (!isLast) return;
    this.#replies.push(this.#lines.join('\n'));
    this.#lines = [];
  }
}

/** Some servers leave the space after the code out: with the reply's own code that is its last line, too. */
function endsReply(line: string, code: string): boolean {
  return LAST.test(line) || (line.startsWith(code) && !/^[\d-]/.test(line.slice(3)));
}
