// A clock that goes only when the test says so, with timers of its own: days pass in the time that what happens in them takes.
import type { Clock, Timer } from '../../src-main/clock/clock.ts';

interface Planned {
  at: number;
  act: () => void;
}

export class FakeClock implements Clock {
  readonly #startedAt: number;
  #passed = 1_000_000;
  #planned: Planned[] = [];

  /** @param startedAt what the clock says first, UTC ms. */
  constructor(startedAt = Date.UTC(2026, 2, 1)) {
    this.#startedAt = startedAt;
  }

  readonly now = (): number => this.zero() + this.#passed;

  readonly steady = (): number => this.#passed;

  readonly zero = (): number => this.#startedAt - 1_000_000;

  readonly after = (ms: number, act: () => void): Timer => {
    const planned = { at: this.#passed + Math.max(0, ms), act };
    this.#planned.push(planned);
    return { cancel: () => (this.#planned = this.#planned.filter((one) => one !== planned)) };
  };

  /** When the next timer goes off, ms from now; null when none will. */
  get next(): number | null {
    const at = Math.min(...this.#planned.map((one) => one.at));
    return Number.isFinite(at) ? at - this.#passed : null;
  }

  /** Lets `ms` pass. Timers go off in their order, each at its time. */
  pass(ms: number): void {
    const end = this.#passed + ms;
    for (;;) {
      const [first] = this.#planned.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!first) break;
      this.#planned = this.#planned.filter((one) => one !== first);
      this.#passed = Math.max(this.#passed, first.at);
      first.act();
    }
    this.#passed = end;
  }
}
