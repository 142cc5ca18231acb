// A machine's clocks, which a test sets, stops and lets run on.
import { realTimers } from '../../src-main/clock/timers.ts';
import type { TimeSources } from '../../src-main/clock/watched.ts';

/** They go on with the real ones. Timers are the real ones: time that is let pass wakes nobody, and deadlines may be put off. */
export class LabTime implements TimeSources {
  #ahead: number;
  #passed = 0;
  #slept = 0;
  #boots = 0;
  #since = 0;

  readonly timers: TimeSources['timers'];

  /**
   * @param startsAt what the clock says first, UTC ms.
   * @param patience how many times as long everybody waits for answers: a busy machine may take longer than is meant.
   */
  constructor({ startsAt = Date.now(), patience = 1 }: { startsAt?: number; patience?: number } = {}) {
    this.#ahead = startsAt - Date.now();
    const { after, every, deadline } = realTimers;
    this.timers = { after, every, deadline: (ms, act) => deadline(ms * patience, act) };
  }

  readonly wall = (): number => Date.now() + this.#passed + this.#slept + this.#ahead;
  readonly steady = (): number => performance.timeOrigin + performance.now() + this.#passed;
  readonly uptime = (): number => performance.now() + this.#passed + this.#slept - this.#since;
  readonly boot = (): string => `boot ${this.#boots}`;

  /** Somebody sets the clock, this far forward (or back), ms. */
  set(by: number): void {
    this.#ahead += by;
  }

  /** Time passes, ms. */
  pass(ms: number): void {
    this.#passed += ms;
  }

  /** The machine sleeps, ms. */
  sleep(ms: number): void {
    this.#slept += ms;
  }

  /** The machine is started anew: nobody knows how long it was off. */
  reboot(): void {
    this.#boots++;
    this.#since = performance.now() + this.#passed + this.#slept;
  }
}
