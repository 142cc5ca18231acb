// Open connections to servers that nobody uses just now: kept for the next message or question, and closed when none comes.
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Destination } from '../../../shared/domain.ts';
import type { Session } from './session.ts';

interface Kept {
  session: Session;
  /** By the steady clock. */
  since: number;
}

export class SessionPool {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #kept = new Map<Destination, Kept[]>();
  #sweep: Timer | null = null;

  /** @param idleMs a connection that nobody used for this long is closed. */
  constructor(clock: Clock, idleMs: number) {
    this.#clock = clock;
    this.#idleMs = idleMs;
  }

  /** Whether there is one to this destination that can be used. */
  has(destination: Destination): boolean {
    return this.#kept.get(destination)?.some(({ session }) => session.usable) === true;
  }

  /** The one that was used last; null when there is none that can be used. */
  take(destination: Destination): Session | null {
    const kept = this.#kept.get(destination) ?? [];
    for (let last = kept.pop(); last; last = kept.pop()) if (last.session.usable) return last.session;
    return null;
  }

  /** Keeps one that may be used again. */
  keep(session: Session): void {
    const { destination } = session;
    const kept = this.#kept.get(destination) ?? [];
    this.#kept.set(destination, kept);
    kept.push({ session, since: this.#clock.steady() });
    this.#sweep ??= this.#clock.after(this.#idleMs, () => this.#closeIdle()).unref();
  }

  /** Closes those to one destination, or all. What is in use is nobody's here. */
  close(destination?: Destination): void {
    for (const [to, kept] of this.#kept) {
      if (destination !== undefined && to !== destination) continue;
      for (const { session } of kept) session.close();
      this.#kept.delete(to);
    }
    if (this.#kept.size > 0) return;
    this.#sweep?.cancel();
    this.#sweep = null;
  }

  #closeIdle(): void {
    this.#sweep = null;
    const before = this.#clock.steady() - this.#idleMs;
    for (const [to, kept] of this.#kept) {
      for (const { session, since } of kept) if (since <= before) session.close();
      const left = kept.filter(({ since }) => since > before);
      if (left.length > 0) this.#kept.set(to, left);
      else this.#kept.delete(to);
    }
    if (this.#kept.size > 0)
      this.#sweep = this.#clock.after(this.#idleMs / 2, () => this.#closeIdle()).unref();
  }
}
