// Looks at a message's header section as it streams by: how often it has been relayed, whether it is ASCII, and whether it is too large.
import { isAscii } from 'node:buffer';
import { smtpName } from '../../../shared/names.ts';
import { headerLimits, type HeaderExcess } from './header-limits.ts';

/** Octets of a `Received:` field that are looked at for our own name. */
const LONGEST_FIELD = 1024;
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const received = 'received:';

/** Fed with pieces of any size; linear in their length, and keeps at most one line and one field. */
export class HeaderScan {
  /** `Received:` fields. */
  hops = 0;
  /** Those that we wrote ourselves. */
  own = 0;
  /** An octet above 127 is in the header section. */
  international = false;
  /** Which limit it has gone past; nothing is looked at after that. */
  excess: HeaderExcess | null = null;
  readonly #mark: string;
  #ended = false;
  #octets = 0;
  #lines = 0;
  #fieldOctets = 0;
  #fieldLines = 0;
  /** A line that began in an earlier piece: its first octets, and how long it really is. */
  readonly #line = Buffer.allocUnsafe(LONGEST_FIELD);
  #length = 0;
  /** The present `Received:` field, unfolded; null in any other field. */
  #field: string | null = null;

  /** @param hostname our own name, as `receivedField` writes it. */
  constructor(hostname: string) {
    this.#mark = `by ${smtpName(hostname)} (mailward) `.toLowerCase();
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(piece: Buffer): void {
    let from = 0;
    while (!this.#ended && this.excess === null && from < piece.length) {
      const end = piece.indexOf(LF, from);
      const to = end < 0 ? piece.length : end + 1;
      if (end >= 0 && this.#length === 0) this.#lineIs(piece.subarray(from, to), to - from);
      else {
        if (this.#length < LONGEST_FIELD) piece.copy(this.#line, this.#length, from, to);
        this.#length += to - from;
        if (end < 0) this.#measure(this.#length, isFolded(this.#line));
        else this.#lineIs(this.#line.subarray(0, Math.min(this.#length, LONGEST_FIELD)), this.#length);
      }
      from = to;
    }
    if (!this.international && from > 0 && !isAscii(piece.subarray(0, from))) this.international = true;
  }

  /** The message is over, with or without a body. */
  end(): void {
    if (!this.#ended) this.#endOfField();
    this.#ended = true;
  }

  /** @param line the whole line, or the beginning of a long one. @param length octets of it all. */
  #lineIs(line: Buffer, length: number): void {
    if (isFolded(line)) {
      if (this.#field !== null && this.#field.length < LONGEST_FIELD) this.#field += line.toString('latin1');
    } else {
      this.#endOfField();
      if (line.toString('latin1', 0, received.length).toLowerCase() === received) {
        this.hops++;
        this.#field = line.toString('latin1', 0, LONGEST_FIELD);
      }
    }
    this.#length = 0;
    if (length === 1 || (length === 2 && line[0] === CR)) {
      this.#ended = true;
      return;
    }
    this.#measure(length, true);
    this.#octets += length;
    this.#lines++;
    this.#fieldOctets += length;
    this.#fieldLines++;
    if (this.#lines > headerLimits.lines) this.excess ??= 'lines';
    if (this.#fieldLines > headerLimits.fieldLines) this.excess ??= 'fieldLines';
  }

  /** A line is this long, or so far; `belongs` to the present field, or begins another. */
  #measure(length: number, belongs: boolean): void {
    if (this.#octets + length > headerLimits.octets) this.excess ??= 'octets';
    if ((belongs ? this.#fieldOctets : 0) + length > headerLimits.fieldOctets) this.excess ??= 'fieldOctets';
  }

  #endOfField(): void {
    if (this.#field?.toLowerCase().replace(/\s+/g, ' ').includes(this.#mark)) this.own++;
    this.#field = null;
    this.#fieldOctets = 0;
    this.#fieldLines = 0;
  }
}

function isFolded(line: Buffer): boolean {
  return line[0] === SPACE || line[0] === TAB;
}
