// Looks at a message's header section as it streams by: how often it has been relayed, and whether it is ASCII.
import { isAscii } from 'node:buffer';

/** Octets of a `Received:` field that are looked at for our own name. */
const LONGEST_FIELD = 1024;
const CR = 13;
const LF = 10;
const received = 'received:';

/** Fed with pieces of any size; linear in their length, and keeps at most one field. */
export class HeaderScan {
  /** `Received:` fields. */
  hops = 0;
  /** Those that we wrote ourselves. */
  own = 0;
  /** An octet above 127 is in the header section. */
  international = false;
  readonly #mark: string;
  #ended = false;
  /** The line so far, up to what is of interest, and how long it really is. */
  #line = Buffer.allocUnsafe(LONGEST_FIELD);
  #length = 0;
  /** The present `Received:` field, unfolded; null in any other field. */
  #field: string | null = null;

  /** @param hostname our own name, as `receivedField` writes it. */
  constructor(hostname: string) {
    this.#mark = `by ${hostname} (mailward) `.toLowerCase();
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(piece: Buffer): void {
    let from = 0;
    while (!this.#ended && from < piece.length) {
      const end = piece.indexOf(LF, from);
      const to = end < 0 ? piece.length : end + 1;
      const part = piece.subarray(from, to);
      if (!this.international && !isAscii(part)) this.international = true;
      if (this.#length < LONGEST_FIELD) part.copy(this.#line, this.#length);
      this.#length += part.length;
      if (end < 0) return;
      this.#endOfLine();
      from = to;
    }
  }

  /** The message is over, with or without a body. */
  end(): void {
    if (!this.#ended) this.#endOfField();
    this.#ended = true;
  }

  #endOfLine(): void {
    const line = this.#line.subarray(0, Math.min(this.#length, LONGEST_FIELD));
    const empty = this.#length === 1 || (this.#length === 2 && line[0] === CR);
    const folded = line[0] === 32 || line[0] === 9;
    if (folded) {
      if (this.#field !== null && this.#field.length < LONGEST_FIELD) this.#field += line.toString('latin1');
    } else {
      this.#endOfField();
      if (line.subarray(0, received.length).toString('latin1').toLowerCase() === received) {
        this.hops++;
        this.#field = line.toString('latin1');
      }
    }
    this.#length = 0;
    if (empty) this.#ended = true;
  }

  #endOfField(): void {
    if (this.#field?.toLowerCase().replace(/\s+/g, ' ').includes(this.#mark)) this.own++;
    this.#field = null;
  }
}
