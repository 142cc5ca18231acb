// How much mail waits, by domain: counted in the database, so that it is exact, and no more often than that is cheap.
import type { Database } from '../storage/database.ts';
import type { WaitingMail } from './overview.ts';

const AT_MOST_EVERY = 1_000;
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
  readonly #changed: () => void;
  #counts = new Map<string, WaitingMail>();
  #timer: NodeJS.Timeout | null = null;
  #stale = false;
  #counting = false;
  #notBefore = 0;
  #closed = false;

  constructor(db: Database, changed: () => void) {
    this.#db = db;
    this.#changed = changed;
  }

  of(domain: string): WaitingMail {
    return this.#counts.get(domain) ?? noMail();
  }

  /** Something changed: count again soon. */
  stale(): void {
    this.#stale = true;
    if (this.#timer || this.#counting || this.#closed) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        void this.refresh();
      },
      Math.max(0, this.#notBefore - performance.now()),
    );
  }

  async refresh(): Promise<void> {
    if (this.#counting || this.#closed) return;
    this.#counting = true;
    this.#stale = false;
    const began = performance.now();
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
      const now = performance.now();
      this.#notBefore = now + Math.max(AT_MOST_EVERY, (now - began) * REST_FACTOR);
    }
    this.#changed();
    if (this.#stale) this.stale();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }
}
