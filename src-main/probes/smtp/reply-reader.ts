// What a server says in a conversation, piece by piece as it comes, put together to replies (RFC 5321 §4.2.1).
import type { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { ReplyLines, type RawReply } from '../../../shared/replies/reply-lines.ts';

/** Characters that may wait to be read. No server has this much to say. */
const MOST = 65_536;
/** Characters of a greeting that show which protocol it is. */
const START = 20;

/** Every piece is looked at once, however small it is: a server that sends one octet at a time costs no more than others. */
export class ReplyReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #lines = new ReplyLines();
  readonly #replies: RawReply[] = [];
  /** Of the line that has not ended yet. */
  #pieces: string[] = [];
  /** How the reply begins that has not ended yet. */
  #start = '';
  /** Characters of that line, and of the replies that nobody has taken yet. */
  #begun = 0;
  #waiting = 0;

  push(piece: Buffer): void {
    const [first = '', ...others] = this.#decoder.write(piece).split('\n');
    this.#begin(first);
    for (const text of others) {
      const heard = this.#lines.take(this.#pieces.join('').replace(/\r$/, ''));
      this.#pieces = [];
      this.#begun = 0;
      if (this.#lines.open === '') this.#start = '';
      this.#begin(text);
      if (heard === null) continue;
      this.#replies.push(heard);
      this.#waiting += heard.text.length;
    }
  }

  /** The next reply that is whole; null when there is none. */
  take(): RawReply | null {
    const heard = this.#replies.shift() ?? null;
    this.#waiting -= heard?.text.length ?? 0;
    return heard;
  }

  /** What has come and was not taken: the next reply, else what there is of it. */
  get next(): string {
    return this.#replies[0]?.text ?? this.open;
  }

  /** What has come of a reply that has not ended. */
  get open(): string {
    return `${this.#lines.open}${this.#pieces.join('')}`.trim();
  }

  /** How that begins: its first characters. */
  get start(): string {
    return this.#start;
  }

  /** Whether more waits than any server has to say. */
  get isTooMuch(): boolean {
    return this.#begun + this.#lines.open.length + this.#waiting > MOST;
  }

  #begin(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    this.#begun += text.length;
    if (this.#lines.open === '' && this.#start.length < START)
      this.#start = `${this.#start}${text}`.slice(0, START);
  }
}
