// How much mail waits, by domain: counted in the database, so that it is exact, and no more often than that is cheap.
import type { Domain } from '../../shared/domain.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Database } from '../storage/database.ts';
import type { WaitingMail } from '../../shared/overview.ts';
import type { EngineEvents } from './events.ts';

const AT_MOST_EVERY_MS = 1_000;
/** With a million waiting messages a count takes a while; then it is done more rarely. */
const REST_FACTOR = 20;

const nothing = () => ({ count: 0, bytes: 0, oldestAt: null });
const noMail = (): WaitingMail => ({
  queued: nothing(),
  held: nothing(),
  rerouted: 0,
  quarantined: nothing(),
  failed: nothing(),
});

export class WaitingCounts {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #events: Publisher<EngineEvents>;
  #counts = new Map<string, WaitingMail>();
  #timer: Timer | null = null;
  #stale = false;
  #counting = false;
  #notBefore = 0;
  #closed = false;

  constructor(db: Database, clock: Clock, events: Publisher<EngineEvents>) {
    this.#db = db;
    this.#clock = clock;
    this.#events = events;
  }

  of(domain: string): WaitingMail {
    return this.#counts.get(domain) ?? noMail();
  }

  /** Recipients of these domains whose mail does not go out by itself, as last counted. */
  staying(domains: readonly Domain[]): { held: number; quarantined: number } {
    const sum = { held: 0, quarantined: 0 };
    for (const { name } of domains) {
      const { held, rerouted, quarantined } = this.of(name);
      sum.held += held.count - rerouted;
      sum.quarantined += quarantined.count;
    }
    return sum;
  }

  /** Something changed: count again soon. */
  stale(): void {
    this.#stale = true;
    if (this.#timer || this.#counting || this.#closed) return;
    this.#timer = this.#clock.after(Math.max(0, this.#notBefore - this.#clock.steady()), () => {
      this.#timer = null;
      void this.refresh();
    });
  }

  async refresh(): Promise<void> {
    if (this.#counting || this.#closed) return;
    this.#counting = true;
    this.#stale = false;
    const began = this.#clock.steady();
    try {
      const counts = new Map<string, WaitingMail>();
      const of = (domain: string) => {
        const mail = counts.get(domain) ?? noMail();
        counts.set(domain, mail);
        return mail;
      };
      const [waiting, rerouted] = await Promise.all([this.#db.read('waiting'), this.#db.read('wayCounts')]);
      for (const { domain, count } of rerouted) of(domain).rerouted = count;
      for (const row of waiting) {
        const mail = of(row.domain);
        const kind =
          row.state === 'queued' || row.state === 'held' || row.state === 'quarantined'
            ? row.state
            : 'failed';
        const before = mail[kind];
        mail[kind] = {
          count: before.count + row.count,
          bytes: before.bytes + row.bytes,
          oldestAt: before.oldestAt === null ? row.oldestAt : Math.min(before.oldestAt, row.oldestAt),
        };
      }
      this.#counts = counts;
    } catch {
      // The reader is closing, or its next answer will do: figures on screen are not worth an alarm.
      this.#stale = true;
    } finally {
      this.#counting = false;
      const now = this.#clock.steady();
      this.#notBefore = now + Math.max(AT_MOST_EVERY_MS, (now - began) * REST_FACTOR);
    }
    this.#events.emit('counted', null);
    if (this.#stale) this.stale();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
