// When the overview is made anew: soon after a change, twice a second at most, and now and then on its own.
import type { Overview } from '../../shared/overview.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import { Emitter, type Publisher } from '../events/emitter.ts';
import type { EngineEvents } from './events.ts';
import { Latest } from './live-feeds.ts';

/** Two a second: what a person can read. */
const INTERVAL_MS = 500;
/** Figures "per minute" and ages move on their own: the overview is made anew this often even when nothing happens. */
const AT_LEAST_MS = 5_000;

export class LiveOverview {
  readonly latest = new Latest<Overview>();
  readonly #compose: () => Overview;
  readonly #made: Emitter<{ made: Overview }>;
  #value: Overview;
  readonly #clock: Clock;
  readonly #round: Timer;
  /** Set while a change waits to be shown. */
  #soon: Timer | null = null;
  /** By a clock that never jumps. */
  #madeAt: number;
  #closed = false;

  constructor(compose: () => Overview, clock: Clock, events: Publisher<EngineEvents>) {
    this.#made = new Emitter((error) =>
      events.emit('fault', { part: 'process', what: 'what follows the overview failed', error }),
    );
    this.#clock = clock;
    this.#madeAt = clock.steady();
    this.#compose = compose;
    this.#value = compose();
    this.#round = clock.every(AT_LEAST_MS, () => this.refresh());
  }

  get value(): Overview {
    return this.#value;
  }

  on(listener: (overview: Overview) => void): () => void {
    return this.#made.on('made', listener);
  }

  /** Something changed: it is made anew soon. */
  changed(): void {
    if (this.#closed || this.#soon) return;
    const wait = Math.max(0, this.#madeAt + INTERVAL_MS - this.#clock.steady());
    this.#soon = this.#clock.after(wait, () => this.refresh());
  }

  /** Makes it anew at once: somebody asks who has just changed something. */
  refresh(): void {
    if (this.#closed) return;
    this.#soon?.cancel();
    this.#soon = null;
    this.#value = this.#compose();
    this.#madeAt = this.#clock.steady();
    this.#round.restart();
    this.latest.set(this.#value);
    this.#made.emit('made', this.#value);
  }

  close(): void {
    this.#closed = true;
    this.#round.cancel();
    this.#soon?.cancel();
  }
}
