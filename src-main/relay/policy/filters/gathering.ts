// A message on its way from the wire to the spool: kept back while the filters may want all of it, passed on once it is too large.
import type { Deposit } from '../../spool/spool.ts';
import { headerEnd } from './results-header.ts';

/** What all messages that are being gathered may take together, octets. */
const MOST_TOGETHER = 256 * 1024 * 1024;
/** Octets given to the spool at a time. */
const PIECE = 262_144;
const LOOK_AGAIN = 4096;

let together = 0;

/** Octets that are kept back now, over all connections. */
export function gathered(): number {
  return together;
}

export class GatheredContent {
  readonly #deposit: Deposit;
  readonly #trace: Buffer;
  readonly #limit: number;
  /** Makes what is stored in place of the header section as it came. */
  readonly #edit: (header: Buffer) => Buffer;
  #parts: Buffer[] | null = [];
  #size = 0;
  #lookAgainAt = 0;

  /** @param trace our own field, on top of the message. @param limit octets to keep back at most; a larger message is passed on without being looked at. */
  constructor(deposit: Deposit, trace: Buffer, limit: number, edit: (header: Buffer) => Buffer) {
    this.#deposit = deposit;
    this.#trace = trace;
    this.#limit = limit;
    this.#edit = edit;
  }

  write(content: Buffer): Promise<void> | undefined {
    if (!this.#parts) return this.#deposit.write(content);
    this.#parts.push(content);
    this.#size += content.length;
    together += content.length;
    if ((this.#size <= this.#limit && together <= MOST_TOGETHER) || this.#size < this.#lookAgainAt)
      return undefined;
    // Too much to keep back: from the first moment that the header is whole it only passes through. That it has an end is seen to
    // while it comes (../../inbound/header-scan.ts), for forged fields are taken out of all of it.
    const whole = this.#take();
    const end = headerEnd(whole);
    if (end < 0) {
      this.#keep(whole);
      // A header that comes in crumbs is not put together anew with each of them.
      this.#lookAgainAt = this.#size + Math.max(LOOK_AGAIN, this.#size / 2);
      return undefined;
    }
    return this.#pass(whole, end, EMPTY);
  }

  /** The whole message as it came; null when it was too large to keep back. */
  whole(): Buffer | null {
    if (!this.#parts) return null;
    const whole = this.#take();
    this.#keep(whole);
    return this.#size <= this.#limit ? whole : null;
  }

  /** Gives the spool what was kept back, with `fields` above our trace. Of a message that passed through, all is there already. */
  async store(fields: Buffer): Promise<void> {
    if (!this.#parts) return;
    const whole = this.#take();
    const end = headerEnd(whole);
    await this.#pass(whole, end < 0 ? whole.length : end, fields);
  }

  drop(): void {
    this.#letGo();
  }

  #take(): Buffer {
    const parts = this.#letGo();
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts);
  }

  #letGo(): Buffer[] {
    const parts = this.#parts ?? [];
    together -= parts.reduce((sum, part) => sum + part.length, 0);
    this.#parts = null;
    return parts;
  }

  #keep(whole: Buffer): void {
    this.#parts = [whole];
    together += whole.length;
  }

  async #pass(whole: Buffer, end: number, fields: Buffer): Promise<void> {
    const header = this.#edit(whole.subarray(0, end));
    const waits = [fields, this.#trace, header].map((part) => this.#deposit.write(part));
    // Each is ordered behind the one before, whether or not it is waited for: only memory asks for patience.
    for (let at = end; at < whole.length; at += PIECE)
      waits.push(this.#deposit.write(whole.subarray(at, at + PIECE)));
    for (const wait of waits) await wait;
  }
}

const EMPTY = Buffer.alloc(0);
