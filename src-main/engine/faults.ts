// Faults of Mailward's own: what a part could not do, and exceptions that nobody foresaw. Logged, counted, shown; the process goes on.
//
// Why it goes on: what was accepted is on disk before its sender hears 250, written by a thread of its own, and what servers
// took is noted as they say so; none of it rests on the memory of the thread that failed. Ending the process would take the
// office's mail away until somebody, or a supervisor, starts it again, and would hand a way to do so to whoever finds an
// input that fails. What may be left behind is something that stands still: a message that is not tried again, a screen
// that does not move. So it is said, everywhere, until Mailward has been started anew.
import type { FaultSummary as ShownFault } from '../../shared/overview.ts';
import type { Clock } from '../clock/clock.ts';
import { errorWords, faultWords, type Fault, type Log, type Part } from '../events/fault.ts';
import { StorageError } from '../storage/database.ts';
import { MINUTE_MS } from '../../shared/time.ts';

/** Of the faults of one kind this many are logged in a minute; further ones are only counted. */
const LOGGED_A_MINUTE = 10;
/** Kinds that are told apart, of one part in one minute; all others of that part are one. */
const MOST_KINDS = 20;
const REST = '';

export class Faults {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #counts = new Map<Part, number>();
  #shown: ShownFault | null = null;
  #minute = 0;
  /** How many of each kind there were in this minute, by part. */
  readonly #kinds = new Map<Part, Map<string, number>>();

  constructor(log: Log, clock: Pick<Clock, 'now'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** All since the start in one; null when there was none. */
  get present(): ShownFault | null {
    return this.#shown;
  }

  /** How many there were in each part since the start. */
  get counts(): ReadonlyMap<Part, number> {
    return this.#counts;
  }

  /** Takes note of a fault. Never throws. */
  take(fault: Fault): void {
    const now = this.#clock.now();
    this.#counts.set(fault.part, (this.#counts.get(fault.part) ?? 0) + 1);
    // What ails the storage as a whole is shown by whoever watches it, with what to do.
    const isStorage = fault.error instanceof StorageError && fault.error.failing !== null;
    if (!isStorage) {
      this.#shown = {
        count: (this.#shown?.count ?? 0) + 1,
        since: this.#shown?.since ?? now,
        lastAt: now,
        words: fault.part === 'process' ? errorWords(fault.error) : faultWords(fault),
      };
    }
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#kinds.clear();
    }
    const { kind, count } = this.#ofKind(fault);
    try {
      if (count <= LOGGED_A_MINUTE) this.#log.fault(fault);
      else if (count === LOGGED_A_MINUTE + 1) {
        const words = `${kind === REST ? 'further faults of other kinds' : `${fault.what}: further faults of this kind`} are counted in this minute, not logged`;
        this.#log.note({ part: fault.part, words });
      }
    } catch {
      // A log that cannot be written, of all things, must not be the next fault.
    }
  }

  /** How many there were of a fault's kind in this minute: what somebody outside can cause again and again must hide nothing else. */
  #ofKind(fault: Fault): { kind: string; count: number } {
    const kinds = this.#kinds.get(fault.part) ?? new Map<string, number>();
    this.#kinds.set(fault.part, kinds);
    // Ids, ports and sizes make no other kind.
    const own = faultWords(fault).replace(/\d+/g, '#');
    const kind = kinds.has(own) || kinds.size < MOST_KINDS ? own : REST;
    const count = (kinds.get(kind) ?? 0) + 1;
    kinds.set(kind, count);
    return { kind, count };
  }
}

/** An exception that nobody foresaw, of whatever part of this process. */
export function unforeseen(error: unknown): Fault {
  return { part: 'process', what: 'a fault inside Mailward', error };
}

/**
 * Catches what no other part of this process has caught, instead of letting it end the process, until the returned function is
 * called.
 */
export function catchFaults(note: (error: unknown) => void): () => void {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  return () => {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  };
}
