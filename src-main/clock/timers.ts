// The system's timers, for waits of any length.
import type { Timer, Timers } from './clock.ts';
import { DAY_MS } from '../../shared/time.ts';

/** A timer of the system overflows at 2^31 ms, and goes off at once: longer waits are waited a day at a time. */
const LONGEST_MS = DAY_MS;

export const realTimers: Timers = {
  after: (ms, act) => (ms > LONGEST_MS ? new LongTimer(ms, act) : new ShortTimer(ms, act)),
  every: (ms, act) => new ShortTimer(ms, act, true),
  deadline: (ms, act) => realTimers.after(ms, act),
};

class ShortTimer implements Timer {
  readonly #ms: number;
  readonly #act: () => void;
  readonly #comesRound: boolean;
  #timer: NodeJS.Timeout;
  #cancelled = false;
  #unreferenced = false;

  constructor(ms: number, act: () => void, comesRound = false) {
    this.#ms = ms;
    this.#act = act;
    this.#comesRound = comesRound;
    this.#timer = this.#start();
  }

  readonly cancel = (): void => {
    this.#cancelled = true;
    clearTimeout(this.#timer);
  };

  restart(): void {
    // A system's timer that was cleared cannot be had back.
    if (!this.#cancelled) {
      this.#timer.refresh();
      return;
    }
    this.#cancelled = false;
    this.#timer = this.#start();
    if (this.#unreferenced) this.#timer.unref();
  }

  unref(): this {
    this.#unreferenced = true;
    this.#timer.unref();
    return this;
  }

  #start(): NodeJS.Timeout {
    return this.#comesRound ? setInterval(this.#act, this.#ms) : setTimeout(this.#act, this.#ms);
  }
}

class LongTimer implements Timer {
  readonly #ms: number;
  readonly #act: () => void;
  #left = 0;
  #timer!: NodeJS.Timeout;
  #unreferenced = false;

  constructor(ms: number, act: () => void) {
    this.#ms = ms;
    this.#act = act;
    this.restart();
  }

  readonly cancel = (): void => {
    clearTimeout(this.#timer);
  };

  restart(): void {
    clearTimeout(this.#timer);
    this.#left = this.#ms;
    this.#wait();
  }

  unref(): this {
    this.#unreferenced = true;
    this.#timer.unref();
    return this;
  }

  #wait(): void {
    const now = Math.min(this.#left, LONGEST_MS);
    this.#left -= now;
    this.#timer = setTimeout(() => (this.#left > 0 ? this.#wait() : this.#act()), now);
    if (this.#unreferenced) this.#timer.unref();
  }
}
