// The spool: a message is here, on disk, before the sending server is told 250; and stays until its fate is settled.
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import type { MessageState } from '../../../shared/message.ts';
import type {
  AttemptOutcome,
  RecipientOutcome,
  NewMessage,
  NewRecipient,
  DueMessage,
} from '../../storage/operations/spool.ts';
import type { Learned, Lesson } from '../../storage/operations/recipients.ts';
import { StorageError, type Database } from '../../storage/database.ts';
import { IdSource } from '../../storage/ids.ts';
import { Receipts } from './receipts.ts';

export type { DueMessage, Learned, Lesson, NewMessage, NewRecipient, RecipientOutcome };

/** Content is stored in pieces of this many octets, so that memory holds one piece of a message and not all of it. */
const PIECE = 262_144;

/**
 * A small buffer is a view of a pool that many share, and what goes to another thread takes all the memory it is a view of along:
 * sixteen times as much as a short message has.
 */
const ownsItsMemory = (data: Buffer) => data.buffer.byteLength === data.length;

function joined(parts: readonly Buffer[], length: number): Buffer {
  const data = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const part of parts) at += part.copy(data, at);
  return data;
}

/** What `accept` needs besides the content. */
export type Envelope = Omit<NewMessage, 'id' | 'size' | 'lastPiece'>;

/** A message that is arriving. */
export class Deposit {
  readonly id: number;
  readonly #db: Database;
  #parts: Buffer[] = [];
  #held = 0;
  #size = 0;
  #pieces = 0;
  #first: Buffer | null = null;
  #failure: Error | null = null;
  #dropped = false;

  constructor(db: Database, id: number) {
    this.#db = db;
    this.id = id;
  }

  get size(): number {
    return this.#size;
  }

  /** The first octets of the message, as far as they have come; at least the first piece of a long one. */
  head(): Buffer {
    if (this.#first) return this.#first;
    const head = this.#take();
    if (head.length > 0) this.#parts = [head];
    this.#held = head.length;
    return head;
  }

  /** Takes content. A promise asks the caller to wait until a piece is on disk; it never rejects: `accept` does. */
  write(content: Buffer): Promise<void> | undefined {
    if (content.length === 0 || this.#dropped || this.#failure) return undefined;
    this.#parts.push(content);
    this.#held += content.length;
    this.#size += content.length;
    if (this.#held < PIECE) return undefined;
    const piece = this.#take();
    this.#first ??= piece;
    return this.#store(piece);
  }

  async #store(data: Buffer): Promise<void> {
    try {
      await this.#db.write('addPiece', { messageId: this.id, piece: this.#pieces++, data });
      // Dropped while the piece was on its way: it must not stay behind.
      if (this.#dropped) await this.#db.write('discardPieces', this.id);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  #take(): Buffer {
    const [only] = this.#parts;
    const data =
      this.#parts.length === 1 && only && ownsItsMemory(only) ? only : joined(this.#parts, this.#held);
    this.#parts = [];
    this.#held = 0;
    return data;
  }

  /**
   * Makes the message ours. When it resolves, message and envelope are on disk; when it throws (`StorageFull`,
   * `StorageError`) nothing of it is stored. Returns the content when it is small enough to be in memory still, and what was learned from it.
   */
  async accept(envelope: Envelope): Promise<{ content: Buffer | null; learned: Learned | null }> {
    try {
      if (this.#failure) throw this.#failure;
      const whole = this.#pieces === 0;
      const data = this.#take();
      const learned = await this.#db.write('accept', {
        ...envelope,
        id: this.id,
        size: this.#size,
        lastPiece: { piece: this.#pieces, data },
      });
      return { content: whole ? data : null, learned };
    } catch (error) {
      // It may have been written all the same, to files that are gone or by a thread that died before it could say so.
      this.#takeBack(error);
      throw error;
    }
  }

  #takeBack(error: unknown): void {
    const isUnsure =
      error instanceof StorageError && (error.failing === 'files' || error.failing === 'ended');
    if (!isUnsure) {
      this.drop();
      return;
    }
    this.#dropped = true;
    this.#parts = [];
    this.#db.write('withdraw', this.id).catch(() => undefined);
  }

  /** Forgets what was written. */
  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#parts = [];
    if (this.#pieces > 0) this.#db.write('discardPieces', this.id).catch(() => undefined);
  }
}

export class Spool {
  readonly db: Database;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #receipts: Receipts;

  private constructor(db: Database, clock: Clock, highest: number, receipts: Receipts) {
    this.db = db;
    this.#clock = clock;
    this.#ids = new IdSource(highest);
    this.#receipts = receipts;
  }

  /** Opens the spool on a database: removes what a crash left half-received, and writes down what it left half-told. */
  static async open(db: Database, dataDir: string, clock: Clock): Promise<Spool> {
    await db.write('removeOrphans');
    const { receipts, left } = Receipts.open(join(dataDir, 'receipts'));
    await Promise.all(
      left.map((outcome) =>
        db.write('settle', outcome).catch((error: unknown) => {
          // A note that fits nothing any more keeps nobody from starting; a disk that fails does.
          if (error instanceof StorageError && error.failing === null) return;
          throw error;
        }),
      ),
    );
    receipts.forgetLeft();
    return new Spool(db, clock, await db.write('highestId'), receipts);
  }

  /** Writes down what became of an attempt. It is on disk when the promise resolves; throws when it cannot be. */
  async settle(outcome: AttemptOutcome): Promise<{ state: MessageState; learned: Learned | null }> {
    this.#receipts.note(outcome);
    const settled = await this.db.write('settle', outcome);
    this.#receipts.settled(outcome);
    return settled;
  }

  /** After the last outcome is written. */
  close(): void {
    this.#receipts.close();
  }

  deposit(): Deposit {
    return new Deposit(this.db, this.#ids.next(this.#clock.now()));
  }

  /** Writes a transaction that was refused at the door into the log; nothing is stored of its content. */
  async logRejected(envelope: Envelope, size: number): Promise<number> {
    const id = this.#ids.next(this.#clock.now());
    await this.db.write('accept', { ...envelope, id, size, lastPiece: null });
    return id;
  }

  /**
   * A stored message's content, piece by piece. Throws when it does not come to `size` octets: the message was deleted
   * while it was read, and half a message must never pass for a whole one.
   */
  async *content(messageId: number, size: number): AsyncGenerator<Uint8Array, void, undefined> {
    let read = 0;
    for (let index = 0; read < size; index++) {
      const piece = await this.db.read('piece', { messageId, index });
      if (piece === null) throw new Error('the stored content is not complete');
      read += piece.length;
      yield piece;
    }
  }
}
