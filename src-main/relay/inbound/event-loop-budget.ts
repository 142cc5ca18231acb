// Shares the turns of the event loop among all connections: however many send at once, no turn takes long.
import { systemClock } from '../../clock/watched.ts';

/** Time that reading commands and messages may take in one turn, ms. Deliveries, timers and the user interface wait so long at most. */
const LONGEST_TURN_MS = 10;

export class EventLoopBudget {
  readonly #now: () => number;
  readonly #nextTurn: (work: () => void) => void;
  #began = 0;
  #open = false;
  #waiting: (() => void)[] = [];

  constructor(now = systemClock.steady, nextTurn: (work: () => void) => void = setImmediate) {
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Is there time left for more in this turn? Then do it; else hand it to `later`. */
  get hasTime(): boolean {
    if (!this.#open) this.#begin();
    // Who came first goes first.
    return this.#waiting.length === 0 && this.#now() - this.#began < LONGEST_TURN_MS;
  }

  /** Runs `work` in a turn that has time for it, in the order of asking. */
  later(work: () => void): void {
    this.#waiting.push(work);
    if (!this.#open) this.#begin();
  }

  #begin(): void {
    this.#open = true;
    this.#began = this.#now();
    this.#nextTurn(() => this.#end());
  }

  #end(): void {
    this.#open = false;
    if (this.#waiting.length === 0) return;
    this.#begin();
    const waiting = this.#waiting;
    this.#waiting = [];
    let done = 0;
    // At least one: whoever waits comes on, however slow the machine is.
    do waiting[done++]?.();
    while (done < waiting.length && this.#now() - this.#began < LONGEST_TURN_MS);
    this.#waiting = [...waiting.slice(done), ...this.#waiting];
  }
}

/** All connections of this process share its one event loop. */
export const eventLoopBudget = new EventLoopBudget();
