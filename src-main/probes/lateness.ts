// How late this process itself is: what a busy machine adds to every time that a check measures, and takes from every wait of it.
// The network and this process live in real time, whatever the engine's clock says: so do all waits here.
import type { Timer } from '../clock/clock.ts';
import { systemClock } from '../clock/watched.ts';

/** How often the heart beats while anybody looks at it, ms. */
const BEAT_MS = 20;
/** Timers are never exact, ms. */
const TOLERANCE_MS = 5;
/** However late this process is, no wait takes longer than this many times what was meant. */
const MOST_TIMES = 3;

/**
 * A timer that is to fire every few milliseconds: by how much it is late is how long this process could not look, because its
 * event loop was held up or the machine gave it no turn.
 */
class Heart {
  #lookers = 0;
  #timer: Timer | null = null;
  #due = 0;
  #lost = 0;
  /** By how much the beat before the events that are handled now was late, ms. */
  #before = 0;

  /** Beats until released. */
  hold(): () => void {
    this.#lookers += 1;
    if (this.#lookers === 1) this.#schedule();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#lookers -= 1;
      if (this.#lookers === 0) this.#timer?.cancel();
    };
  }

  /** All lateness so far, ms; what is overdue right now included. Means something as a difference only. */
  get lost(): number {
    return this.#lost + (this.#lookers === 0 ? 0 : this.#overdue());
  }

  /** How long before now this process could not look, ms: what is handled now may have come at any time since. */
  get gap(): number {
    return this.#before + (this.#lookers === 0 ? 0 : this.#overdue());
  }

  #overdue(): number {
    const late = systemClock.steady() - this.#due;
    return late > TOLERANCE_MS ? late : 0;
  }

  #schedule(): void {
    this.#due = systemClock.steady() + BEAT_MS;
    const beat = () => {
      const late = this.#overdue();
      this.#lost += late;
      this.#schedule();
      if (late === 0) return;
      // Timers come before what has arrived meanwhile, and that before this.
      this.#before = late;
      setImmediate(() => (this.#before = 0));
    };
    // Nobody's process lives on for this.
    this.#timer = systemClock.after(BEAT_MS, beat).unref();
  }
}

const heart = new Heart();

export interface Elapsed {
  /** What the other side took at least, ms. */
  ms: number;
  /** How long this process could not look before it saw the end, ms: the other side took no more than both together. */
  lateMs: number;
}

/** Begins to measure; what is returned ends it, to be called as soon as the awaited event is handled. */
export function stopwatch(): () => Elapsed {
  const release = heart.hold();
  const began = systemClock.steady();
  return () => {
    const passed = systemClock.steady() - began;
    const lateMs = Math.min(heart.gap, passed);
    release();
    return { ms: passed - lateMs, lateMs };
  };
}

/**
 * Calls `late` after a wait of so many ms during which this process was able to look: what it was late is waited for in
 * addition, up to three times as long in all. What has arrived by then is handled first.
 * @returns ends the wait.
 */
export function patiently(ms: number, late: () => void): () => void {
  const release = heart.hold();
  const began = systemClock.steady();
  const lost = heart.lost;
  let timer: Timer | null = null;
  let ended = false;
  const look = () => {
    const passed = systemClock.steady() - began;
    const left = Math.min(ms - (passed - (heart.lost - lost)), ms * MOST_TIMES - passed);
    if (left > 1) {
      timer = systemClock.deadline(left, look);
      return;
    }
    setImmediate(() => {
      if (ended) return;
      end();
      late();
    });
  };
  const end = () => {
    ended = true;
    timer?.cancel();
    release();
  };
  timer = systemClock.deadline(ms, look);
  return end;
}

/** A signal that is aborted after such a wait. To be disposed of when it is not needed any more. */
export function patientSignal(ms: number): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const end = patiently(ms, () => controller.abort(new DOMException('no answer in time', 'TimeoutError')));
  return { signal: controller.signal, [Symbol.dispose]: end };
}
