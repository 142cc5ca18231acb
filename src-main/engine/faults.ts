// Faults of Mailward's own: exceptions that nobody foresaw. Logged, counted, shown; the process goes on.
//
// Why it goes on: what was accepted is on disk before its sender hears 250, written by a thread of its own, and what servers
// took is noted as they say so; none of it rests on the memory of the thread that failed. Ending the process would take the
// office's mail away until somebody, or a supervisor, starts it again, and would hand a way to do so to whoever finds an
// input that fails. What may be left behind is something that stands still: a message that is not tried again, a screen
// that does not move. So it is said, everywhere, until Mailward has been started anew.
import type { Fault } from '../../shared/overview.ts';

/** Of the faults of one minute this many are logged with where they came from; further ones are only counted. */
const LOGGED_A_MINUTE = 10;
const MINUTE = 60_000;
/** Characters of an error's own words that are shown. */
const LONGEST = 300;

export class Faults {
  readonly #trouble: (words: string) => void;
  readonly #changed: () => void;
  #fault: Fault | null = null;
  #minute = 0;
  #logged = 0;

  constructor(trouble: (words: string) => void, changed: () => void) {
    this.#trouble = trouble;
    this.#changed = changed;
  }

  /** All since the start in one; null when there was none. */
  get present(): Fault | null {
    return this.#fault;
  }

  /** Takes note of an exception that nobody foresaw. Never throws. */
  note(error: unknown, now = Date.now()): void {
    this.#fault = {
      count: (this.#fault?.count ?? 0) + 1,
      since: this.#fault?.since ?? now,
      lastAt: now,
      words: wordsOf(error),
    };
    const minute = Math.floor(now / MINUTE);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#logged = 0;
    }
    this.#logged++;
    try {
      if (this.#logged <= LOGGED_A_MINUTE) this.#trouble(`a fault inside Mailward: ${traceOf(error)}`);
      else if (this.#logged === LOGGED_A_MINUTE + 1)
        this.#trouble('further faults of this minute are counted, not logged');
      this.#changed();
    } catch {
      // A log that cannot be written, of all things, must not be the next fault.
    }
  }
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

function wordsOf(error: unknown): string {
  try {
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return words.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, LONGEST);
  } catch {
    // Whatever can be thrown may throw in its turn when it is asked what it is.
    return 'something that cannot be put into words';
  }
}

function traceOf(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? wordsOf(error);
}
