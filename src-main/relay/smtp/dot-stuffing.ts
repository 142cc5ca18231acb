// A message as it goes over the wire after DATA: dots doubled at the beginning of lines, and the line that ends it.

const CR = 13;
const LF = 10;
const DOT = 46;
const stuffed = Buffer.from('.');
const lineAndDot = Buffer.from('\r\n.');

/** Pieces up to this many octets are copied together with what is added: one write is cheaper than the copy. */
const COPIED = 65_536;

/**
 * Fed with a message's pieces in order. The spool holds CRLF line ends only: a message with any other is refused at ingress
 * (inbound/data-reader.ts), and our own are written with CRLF.
 */
export class Stuffing {
  /** The last two octets so far; a message begins like a line. */
  #before = CR;
  #last = LF;

  /** A piece with its dots doubled; the final line too when it is the last. */
  piece(content: Buffer, last: boolean): Buffer[] {
    const out: Buffer[] = [];
    let from = 0;
    // A dot that begins this piece, or CR LF before it that the last piece ended with.
    if (content[0] === DOT && this.#before === CR && this.#last === LF) out.push(stuffed);
    else if (content[0] === LF && content[1] === DOT && this.#last === CR) {
      out.push(content.subarray(0, 1), stuffed);
      from = 1;
    }
    for (let at = content.indexOf(lineAndDot, from); at >= 0; at = content.indexOf(lineAndDot, from)) {
      out.push(content.subarray(from, at + 2), stuffed);
      from = at + 2;
    }
    out.push(from === 0 ? content : content.subarray(from));
    this.#remember(content);
    if (last) {
      const whole = this.#before === CR && this.#last === LF;
      out.push(Buffer.from(whole ? '.\r\n' : '\r\n.\r\n'));
    }
    return content.length <= COPIED && out.length > 1 ? [Buffer.concat(out)] : out;
  }

  #remember(content: Buffer): void {
    if (content.length === 0) return;
    this.#before = content.at(-2) ?? this.#last;
    this.#last = content.at(-1) ?? this.#last;
  }
}
