// When the overview is made anew: soon after a change, twice a second at most, and now and then on its own.
import type { Overview } from '../../shared/overview.ts';
import { Latest } from './live.ts';

/** Two a second: what a person can read. */
const INTERVAL = 500;
/** Figures "per minute" and ages move on their own: the overview is made anew this often even when nothing happens. */
const AT_LEAST = 5_000;

export class LiveOverview {
  readonly latest = new Latest<Overview>();
  readonly #compose: () => Overview;
  readonly #listeners = new Set<(overview: Overview) => void>();
  #value: Overview;
  #timer: NodeJS.Timeout | null = null;
  /** When it was made, and when it will be made anew: by a clock that never jumps. */
  #madeAt = performance.now();
  #dueAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(compose: () => Overview) {
    this.#compose = compose;
    this.#value = compose();
  }

  get value(): Overview {
    return this.#value;
  }

  on(listener: (overview: Overview) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something changed: it is made anew soon. */
  changed(): void {
    const soon = Math.max(performance.now(), this.#madeAt + INTERVAL);
    if (soon < this.#dueAt) this.#plan(soon);
  }

  /** Makes it anew at once: somebody asks who has just changed something. */
  refresh(): void {
    if (this.#closed) return;
    this.#value = this.#compose();
    this.#madeAt = performance.now();
    this.latest.set(this.#value);
    for (const listener of this.#listeners) listener(this.#value);
    this.#plan(this.#madeAt + AT_LEAST);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #plan(at: number): void {
    if (this.#closed) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => this.refresh(), Math.max(0, at - performance.now()));
  }
}
