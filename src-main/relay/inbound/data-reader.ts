// Reads the message after DATA: removes dot-stuffing, finds the end, and notices what RFC 5321 forbids.
import { isAscii } from 'node:buffer';

/**
 * Only `CRLF.CRLF` ends the data (RFC 5321 §4.1.1.4). A CR or LF that stands alone is never a line end: passing one on,
 * or taking it for one, is how messages are smuggled through relays. It is noticed, and the whole message is refused.
 */
type State =
  /** At the first octet of a line. */
  | 'line-start'
  /** After a dot at the first place of a line. */
  | 'dot'
  /** After that dot and a CR: the end, if LF comes. */
  | 'dot-cr'
  /** Inside a line. */
  | 'text'
  /** After a CR inside a line. */
  | 'cr';

const CR = 13;
const LF = 10;
const DOT = 46;

export interface DataChunk {
  /** Message octets of this chunk, dot-stuffing removed. */
  content: Buffer;
  /** What came after the end of data; null while the end has not come. */
  rest: Buffer | null;
}

export class DataReader {
  #state: State = 'line-start';
  /** A CR without LF or an LF without CR was seen. */
  bareLineEnd = false;
  /** An octet above 127 was seen. */
  eightBit = false;

  /** Takes the next octets from the wire. Linear in their number, whatever they are. */
  read(chunk: Buffer): DataChunk {
    // Pieces are copied into one buffer, not kept as views: a message of nothing but dots has one piece a line.
    const out = Buffer.allocUnsafe(chunk.length + 2);
    let written = 0;
    let from = 0;
    let at = 0;
    let nextCr = -2;
    let nextLf = -2;
    const length = chunk.length;
    const keep = (upTo: number) => {
      if (upTo > from) written += chunk.copy(out, written, from, upTo);
    };

    while (at < length) {
      const octet = chunk[at];
      switch (this.#state) {
        case 'line-start':
          if (octet === DOT) {
            keep(at);
            from = at + 1;
            at++;
            this.#state = 'dot';
          } else this.#state = 'text';
          break;
        case 'dot':
          if (octet === CR) {
            // Held back until the next octet shows whether this is the end.
            from = at + 1;
            at++;
            this.#state = 'dot-cr';
          } else this.#state = 'text';
          break;
        case 'dot-cr':
          if (octet === LF) {
            return { content: this.#finish(out, written), rest: chunk.subarray(at + 1) };
          }
          out[written++] = CR;
          this.bareLineEnd = true;
          this.#state = 'text';
          break;
        case 'cr':
          if (octet === LF) {
            at++;
            this.#state = 'line-start';
          } else {
            this.bareLineEnd = true;
            this.#state = 'text';
          }
          break;
        case 'text': {
          if (nextCr < at && nextCr !== -1) nextCr = chunk.indexOf(CR, at);
          if (nextLf < at && nextLf !== -1) nextLf = chunk.indexOf(LF, at);
          if (nextCr === -1 && nextLf === -1) {
            at = length;
          } else if (nextCr === -1 || (nextLf !== -1 && nextLf < nextCr)) {
            this.bareLineEnd = true;
            at = nextLf + 1;
          } else {
            at = nextCr + 1;
            this.#state = 'cr';
          }
          break;
        }
      }
    }
    keep(length);
    return { content: this.#finish(out, written), rest: null };
  }

  #finish(out: Buffer, written: number): Buffer {
    const content = out.subarray(0, written);
    if (!this.eightBit && !isAscii(content)) this.eightBit = true;
    return content;
  }
}
