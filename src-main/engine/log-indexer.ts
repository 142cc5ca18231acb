// Keeps the message log's search index close behind the mail, without ever being in its way.
import type { Clock, Timer } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import { StorageError, type Database } from '../storage/database.ts';
import { errorWords } from '../events/fault.ts';
import type { EngineEvents } from './events.ts';

/** A message is left alone for so long after its arrival, ms: by then most are delivered, and are indexed once and not twice. */
const SETTLING_MS = 5_000;
const PAUSE_MS = 2_000;
/** Messages in one go: short enough that no arriving mail notices. */
const SLICE = 100;

export class LogIndexer {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #events: Publisher<EngineEvents>;
  #timer: Timer | null = null;
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #closed = false;
  /** Once is enough: if it is damaged again, the damage is elsewhere. */
  #rebuilt = false;

  constructor(db: Database, clock: Clock, events: Publisher<EngineEvents>) {
    this.#db = db;
    this.#clock = clock;
    this.#events = events;
  }

  start(): void {
    this.#timer = this.#clock.every(PAUSE_MS, () => {
      if (this.#isWorking) return;
      this.#isWorking = true;
      this.#working = this.#work().finally(() => {
        this.#isWorking = false;
      });
    });
  }

  async #work(): Promise<void> {
    try {
      // Each slice queues behind the mail's own writes, and the next is asked for when it is done.
      while (!this.#closed) {
        const now = this.#clock.now();
        const slice = { before: now - SETTLING_MS, now, limit: SLICE };
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
    const fault = (what: string, error: unknown) =>
      this.#events.emit('fault', { part: 'search', what, error });
    if (failing === null || this.#rebuilt) {
      fault("the message log's search falls behind", error);
      return;
    }
    this.#rebuilt = true;
    const words = `the message log's search index is damaged (${errorWords(error)}); it is made anew from the messages, and finds little until that is done`;
    this.#events.emit('note', { part: 'search', words });
    await this.#db
      .write('rebuildSearch')
      .catch((again: unknown) => fault('the search index cannot be made anew', again));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#working;
  }
}
