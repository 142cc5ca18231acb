// A machine's clocks, which a test sets, stops and lets run on.
import type { TimeSources } from '../../src-main/clock/watched.ts';

/** They go on with the real ones. Timers are the real ones: time that is let pass wakes nobody. */
export class LabTime implements TimeSources {
  #ahead = 0;
  #passed = 0;
  #slept = 0;
  #boots = 0;
  #since = 0;

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
