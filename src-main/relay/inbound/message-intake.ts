// One message between DATA and its reply: the size, the header, the line ends and the hops are judged while it passes to the sink.
import type { Reply } from '../../../shared/message.ts';
import { reply } from './command.ts';
import type { DataReader } from './data-reader.ts';
import { FirstLine } from './first-line.ts';
import { headerTooLarge } from './header-limits.ts';
import type { HeaderScan } from './header-scan.ts';
import type { MessageSink } from './transaction.ts';

/** Twice the size limit: past that a client that ignores SIZE is cut off instead of listened to. */
const PATIENCE_WITH_OVERSIZE = 2;
/** Pieces of fewer octets are put together before they are passed on: each would take some hundred octets of memory besides its own. */
const SMALL = 512;
const TOGETHER = 16_384;
/** Most messages begin with one small piece and no second one. */
const FIRST_ROOM = 1_024;
/** Our own trace fields in a message that comes to us again: it goes in circles between us and someone. */
const OWN_TRACES = 2;

export class MessageIntake {
  readonly scan: HeaderScan;
  /** Octets, dot-stuffing removed. */
  received = 0;
  readonly #sink: MessageSink;
  readonly #limits: { size: number; received: number };
  readonly #cutOff: (reply: Reply) => void;
  readonly #firstLine = new FirstLine();
  #dropped = false;
  /** Small pieces, put together. */
  #crumbs: Buffer | null = null;
  #crumbsLength = 0;

  /** @param cutOff ends the connection with a reply. */
  constructor(
    sink: MessageSink,
    scan: HeaderScan,
    limits: { size: number; received: number },
    cutOff: (reply: Reply) => void,
  ) {
    this.scan = scan;
    this.#sink = sink;
    this.#limits = limits;
    this.#cutOff = cutOff;
  }

  /** A promise holds the client back. */
  take(reader: DataReader, octets: Buffer): Promise<void> | undefined {
    const content = this.#firstLine.take(octets);
    this.#look(reader, content);
    if (this.received > this.#limits.size * PATIENCE_WITH_OVERSIZE) {
      this.#cutOff(reply(552, '5.3.4', tooLarge(this.#limits.size)));
      return undefined;
    }
    return this.#dropped ? undefined : this.#pass(content);
  }

  /** The last of it. `refused` is true when the message is refused for its form, and the sink was not asked. */
  async end(reader: DataReader, octets: Buffer): Promise<{ reply: Reply; refused: boolean }> {
    const taken = this.#firstLine.take(octets);
    const rest = this.#firstLine.end();
    const content = rest.length === 0 ? taken : Buffer.concat([taken, rest]);
    this.#look(reader, content);
    this.scan.end();
    const refusal = this.#refusal(reader);
    if (refusal) {
      this.#drop();
      return { reply: refusal, refused: true };
    }
    await this.#passCrumbs();
    await this.#sink.content.write(content);
    const form = { eightBit: reader.eightBit, headerInternational: this.scan.international };
    return { reply: await this.#sink.end(form), refused: false };
  }

  /** It will be refused: what is here of it, and what still comes, is not kept. */
  #drop(): void {
    if (!this.#dropped) this.#sink.abort();
    this.#dropped = true;
    this.#crumbs = null;
  }

  #pass(content: Buffer): Promise<void> | undefined {
    if (content.length >= SMALL) {
      const before = this.#passCrumbs();
      return this.#sink.content.write(content) ?? before;
    }
    const before = this.#crumbsLength + content.length > TOGETHER ? this.#passCrumbs() : undefined;
    this.#crumbs = roomFor(this.#crumbs, this.#crumbsLength, content.length);
    this.#crumbsLength += content.copy(this.#crumbs, this.#crumbsLength);
    return before;
  }

  #passCrumbs(): Promise<void> | undefined {
    const crumbs = this.#crumbs?.subarray(0, this.#crumbsLength);
    this.#crumbs = null;
    this.#crumbsLength = 0;
    return crumbs && this.#sink.content.write(crumbs);
  }

  #look(reader: DataReader, content: Buffer): void {
    this.received += content.length;
    this.scan.push(content);
    if (this.received > this.#limits.size || reader.bareLineEnd || this.scan.excess !== null) this.#drop();
  }

  #refusal(reader: DataReader): Reply | null {
    if (this.received > this.#limits.size) return reply(552, '5.3.4', tooLarge(this.#limits.size));
    if (reader.bareLineEnd) {
      return reply(550, '5.6.0', 'Bare CR or LF is not allowed');
    }
    if (this.scan.excess !== null) return headerTooLarge(this.scan.excess);
    if (this.scan.hops > this.#limits.received) {
      return reply(554, '5.4.6', `Mail loop: too many hops (${this.scan.hops} Received header fields)`);
    }
    if (this.scan.own >= OWN_TRACES) {
      return reply(554, '5.4.6', `Mail loop: the message has passed here ${this.scan.own} times`);
    }
    return null;
  }
}

/** The crumbs so far, in a buffer that has room for `more` octets. */
function roomFor(crumbs: Buffer | null, length: number, more: number): Buffer {
  const needed = length + more;
  if (crumbs !== null && needed <= crumbs.length) return crumbs;
  const larger = Buffer.allocUnsafe(Math.max(FIRST_ROOM, Math.min(TOGETHER, 2 * needed)));
  crumbs?.copy(larger, 0, 0, length);
  return larger;
}

export function tooLarge(limit: number): string {
  return `Message is larger than ${limit} octets`;
}
