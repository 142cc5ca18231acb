// Changes of MX records that an admin makes at the DNS host: begun here, watched on every name server and resolver until nobody can have
// the old records any more, and kept over restarts.
import type { ChangeDirection, MxChange, StillComes } from '../../shared/mx-change.ts';
import { pauseBefore } from '../../shared/propagation.ts';
import { MINUTE_MS } from '../../shared/time.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import { afterLook, afterNothing } from '../diagnosis/mx-change.ts';
import type { Publisher } from '../events/emitter.ts';
import type { MxSpread } from '../probes/dns/mx-spread.ts';
import type { Database } from '../storage/database.ts';
import type { Actor } from '../../shared/journal.ts';
import { WORLD } from './asking.ts';
import type { EngineEvents } from './events.ts';

/** Longest pause between two looks, ms: while somebody is at it, and when hours have passed and it may be given up. */
const OFTEN_MS = 15_000;
const SELDOM_MS = 10 * MINUTE_MS;
/** How long after it was begun somebody is likely to be at it, ms. */
const FRESH_MS = 120 * MINUTE_MS;

export interface MxChangesParts {
  clock: Clock;
  db: Database;
  events: Publisher<EngineEvents>;
  /** Asks everybody which records they have. */
  spread: (domain: string, signal: AbortSignal) => Promise<MxSpread>;
}

interface Watched {
  change: MxChange;
  timer: Timer | null;
  looking: Promise<void> | null;
}

export class MxChanges {
  readonly #parts: MxChangesParts;
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new AbortController();
  #isStarted = false;

  constructor(parts: MxChangesParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    for (const change of await this.#parts.db.read('mxChanges'))
      this.#watched.set(change.domain, { change, timer: null, looking: null });
  }

  /** From here on what is not over is looked at again and again. */
  start(): void {
    this.#isStarted = true;
    for (const watched of this.#watched.values()) this.#plan(watched, 0);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('Mailward is stopping'));
    for (const { timer } of this.#watched.values()) timer?.cancel();
    await Promise.all([...this.#watched.values()].map(({ looking }) => looking ?? Promise.resolve()));
  }

  /** The domain's latest; null: none. */
  of(domain: string): MxChange | null {
    return this.#watched.get(domain)?.change ?? null;
  }

  /** Watches a change from now on, in place of the one before; the first look is over when this returns. */
  async begin(
    wanted: Pick<MxChange, 'domain' | 'wanted' | 'before' | 'beforeTtl'> & { direction: ChangeDirection },
    by: Actor,
  ): Promise<MxChange> {
    const { clock, db, events } = this.#parts;
    const change: MxChange = {
      ...{ ...wanted, startedAt: clock.now(), stage: 'to-do', lookedAt: null, trouble: '', items: [] },
      ...{ sinceAll: null, until: null, doneAt: null },
    };
    await db.write('putMxChange', change);
    await this.#forget(change.domain);
    const watched: Watched = { change, timer: null, looking: null };
    this.#watched.set(change.domain, watched);
    events.emit('mxChange', { change, before: null, by });
    await this.#look(watched);
    return watched.change;
  }

  /** Looks now. Null: no change of this domain is known. */
  async look(domain: string): Promise<MxChange | null> {
    const watched = this.#watched.get(domain);
    if (watched === undefined) return null;
    await this.#look(watched);
    return watched.change;
  }

  /** Nobody watches it any more. @returns whether there was one. */
  async end(domain: string, by: Actor): Promise<boolean> {
    const before = this.of(domain);
    if (before === null) return false;
    await this.#parts.db.write('dropMxChange', domain);
    await this.#forget(domain);
    this.#parts.events.emit('mxChange', { change: null, before, by });
    return true;
  }

  async domainRemoved(domain: string): Promise<void> {
    await this.#forget(domain);
    await this.#parts.db.write('dropMxChange', domain);
  }

  /** Mail that has come since all name servers have the new records. */
  stillComes({ domain, sinceAll }: MxChange): Promise<StillComes> {
    return sinceAll === null
      ? Promise.resolve({ messages: 0, senders: 0, lastAt: null })
      : this.#parts.db.read('stillComes', { domain, since: sinceAll });
  }

  async #forget(domain: string): Promise<void> {
    const watched = this.#watched.get(domain);
    this.#watched.delete(domain);
    watched?.timer?.cancel();
    await watched?.looking;
  }

  #look(watched: Watched): Promise<void> {
    watched.timer?.cancel();
    watched.looking ??= this.#ask(watched)
      .catch((error: unknown) => {
        const { domain } = watched.change;
        const what = `how far the change of the MX records of ${domain} is cannot be kept`;
        this.#parts.events.emit('fault', { part: 'checks', domain, what, error });
      })
      .finally(() => {
        watched.looking = null;
        this.#plan(watched);
      });
    return watched.looking;
  }

  async #ask(watched: Watched): Promise<void> {
    const { clock, db, events, spread } = this.#parts;
    const before = watched.change;
    const seen = await spread(before.domain, this.#closing.signal);
    // It was ended, or another took its place, while it was looked at.
    if (this.#watched.get(before.domain) !== watched || this.#closing.signal.aborted) return;
    watched.change =
      seen.status === 'seen' ? afterLook(before, seen) : afterNothing(before, clock.now(), seen.reason);
    if (watched.change.stage !== before.stage)
      events.emit('mxChange', { change: watched.change, before, by: WORLD });
    await db.write('putMxChange', watched.change);
  }

  /** Whoever gives the old records up next is asked then. */
  #plan(watched: Watched, atLeast?: number): void {
    const { change } = watched;
    if (!this.#isStarted || this.#closing.signal.aborted || change.stage === 'done') return;
    if (this.#watched.get(change.domain) !== watched) return;
    const { clock } = this.#parts;
    const now = clock.now();
    const most = now - change.startedAt < FRESH_MS ? OFTEN_MS : SELDOM_MS;
    const untils = [...change.items.map(({ until }) => until), change.until];
    const wait =
      atLeast ??
      pauseBefore(
        untils.filter((until) => until === null || until > now),
        now,
        most,
      );
    watched.timer?.cancel();
    watched.timer = clock.after(wait, () => void this.#look(watched));
  }
}
