// Counts what passes, by domain and minute: the figures of the home screen. Kept in memory, filled from the log at start.
import type { Minute } from '../../shared/overview.ts';
import { MINUTE_MS } from '../../shared/time.ts';

export type Counted = 'accepted' | 'delivered' | 'deferred' | 'refused' | 'rejected';

const KEPT_MINUTES = 60;

interface Recent {
  /** Sums for each second of the last minute, in a ring. */
  seconds: { at: number; counts: Record<Counted, number> }[];
  lastAt: Partial<Record<Counted, number>>;
}

const none = (): Record<Counted, number> => ({
  accepted: 0,
  delivered: 0,
  deferred: 0,
  refused: 0,
  rejected: 0,
});

export class Meter {
  readonly #domains = new Map<string, Recent>();
  readonly #minutes = new Map<number, Record<Counted, number>>();

  /** Counts one message (or one recipient's outcome) of a domain at `now` (UTC ms). */
  count(domain: string, what: Counted, now: number): void {
    this.#minute(now)[what]++;
    let recent = this.#domains.get(domain);
    if (!recent) {
      recent = { seconds: [], lastAt: {} };
      this.#domains.set(domain, recent);
    }
    const second = Math.floor(now / 1000);
    const index = second % 60;
    let slot = recent.seconds[index];
    if (slot?.at !== second) {
      slot = { at: second, counts: none() };
      recent.seconds[index] = slot;
    }
    slot.counts[what]++;
    recent.lastAt[what] = now;
  }

  /** Adds what the log knows of the time before the start. */
  fill(at: number, what: Counted, count: number): void {
    this.#minute(at)[what] += count;
  }

  /** How many in the 60 s before `now`. */
  perMinute(domain: string, what: Counted, now: number): number {
    const second = Math.floor(now / 1000);
    return (this.#domains.get(domain)?.seconds ?? []).reduce(
      (sum, slot) => (slot.at > second - 60 && slot.at <= second ? sum + slot.counts[what] : sum),
      0,
    );
  }

  /** The clock jumped by `by` ms (negative: back): what was a minute ago is a minute ago still. */
  clockJumped(by: number): void {
    const [minutes, seconds] = [Math.round(by / MINUTE_MS) * MINUTE_MS, Math.round(by / 1000)];
    const counted = [...this.#minutes];
    this.#minutes.clear();
    for (const [at, counts] of counted) this.#minutes.set(at + minutes, counts);
    for (const recent of this.#domains.values()) {
      const slots = recent.seconds.filter(Boolean);
      recent.seconds = [];
      for (const { at, counts } of slots) {
        const second = at + seconds;
        recent.seconds[second % 60] = { at: second, counts };
      }
      for (const [what, at] of Object.entries(recent.lastAt)) recent.lastAt[what as Counted] = at + by;
    }
  }

  lastAt(domain: string, what: Counted): number | null {
    return this.#domains.get(domain)?.lastAt[what] ?? null;
  }

  /** The last 60 minutes, oldest first. */
  minutes(now: number): Minute[] {
    const last = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    return Array.from({ length: KEPT_MINUTES }, (_, index) => {
      const at = last - (KEPT_MINUTES - 1 - index) * MINUTE_MS;
      return { at, ...(this.#minutes.get(at) ?? none()) };
    });
  }

  #minute(now: number): Record<Counted, number> {
    const at = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    let counts = this.#minutes.get(at);
    if (!counts) {
      counts = none();
      this.#minutes.set(at, counts);
      for (const old of this.#minutes.keys())
        if (old < at - KEPT_MINUTES * MINUTE_MS) this.#minutes.delete(old);
    }
    return counts;
  }
}
