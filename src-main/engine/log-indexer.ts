// Keeps the message log's search index close behind the mail, without ever being in its way.
import type { Clock } from '../clock/clock.ts';
import { StorageError, type Database } from '../storage/database.ts';

/** A message is left alone for so long after its arrival, ms: by then most are delivered, and are indexed once and not twice. */
const SETTLING = 5_000;
const PAUSE = 2_000;
/** Messages in one go: short enough that no arriving mail notices. */
const SLICE = 100;

export class LogIndexer {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #trouble: (words: string) => void;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #closed = false;
  /** Once is enough: if it is damaged again, the damage is elsewhere. */
  #rebuilt = false;

  constructor(db: Database, clock: Clock, trouble: (words: string) => void) {
    this.#db = db;
    this.#clock = clock;
    this.#trouble = trouble;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#working = this.#work().finally(() => {
        if (!this.#closed) this.start();
      });
    }, PAUSE);
  }

  async #work(): Promise<void> {
    try {
      // Each slice queues behind the mail's own writes, and the next is asked for when it is done.
      while (!this.#closed) {
        const now = this.#clock.now();
        const slice = { before: now - SETTLING, now, limit: SLICE };
        if ((await this.#db.write('indexLog', slice)) === 0) break;
      }
    } catch (error) {
      if (!this.#closed) await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<void> {
    const failing = error instanceof StorageError ? error.failing : null;
    // What ails the storage as a whole is told by whoever watches it.
    if (failing !== null && failing !== 'search') return;
    const words = (error as Error).message;
    if (failing === null || this.#rebuilt) {
      this.#trouble(`the message log's search falls behind: ${words}`);
      return;
    }
    this.#rebuilt = true;
    this.#trouble(
      `the message log's search index is damaged (${words}); it is made anew from the messages, and finds little until that is done`,
    );
    await this.#db
      .write('rebuildSearch')
      .catch((again: unknown) =>
        this.#trouble(`the search index cannot be made anew: ${(again as Error).message}`),
      );
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }
}
