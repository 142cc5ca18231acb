// Where domains' mail went before Mailward stood in front of it: read from DNS when a domain comes into care, and kept as the way back.
import type { MxLook, MxRead, WayBack } from '../../shared/mx-reading.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/time.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import { meaningOfMx } from '../diagnosis/mx-meaning.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';
import { MAILWARD } from './asking.ts';
import type { EngineEvents } from './events.ts';

/** What could not be read is read again after so long, ms. */
const AGAIN_MS = HOUR_MS;
/** What somebody saw counts for what they decide upon it for so long, ms. */
const FRESH_MS = 5 * MINUTE_MS;
const MOST_LOOKED = 100;

export interface WayBacksParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  events: Publisher<EngineEvents>;
  /** Reads a domain's MX records from its name servers. */
  readMx: (domain: string, signal: AbortSignal) => Promise<MxRead>;
}

export interface Looked {
  read: MxRead;
  look: MxLook;
}

export class WayBacks {
  readonly #parts: WayBacksParts;
  readonly #closing = new AbortController();
  /** Domains whose records name Mailward: they tell no way back, however often they are read. */
  readonly #hopeless = new Set<string>();
  readonly #looked = new Map<string, { at: number; read: MxRead }>();
  #timer: Timer | null = null;
  #round: Promise<void> | null = null;
  #isStarted = false;

  constructor(parts: WayBacksParts) {
    this.#parts = parts;
  }

  /** What a domain's MX records are now, and what they mean. Keeps nothing for good. Does not fail. */
  async look(domain: string): Promise<Looked> {
    const read = await this.#parts.readMx(domain, this.#closing.signal);
    const now = this.#parts.clock.steady();
    for (const [name, { at }] of this.#looked) if (now - at > FRESH_MS) this.#looked.delete(name);
    if (read.status === 'read' && this.#looked.size < MOST_LOOKED)
      this.#looked.set(domain, { at: now, read });
    return meant(domain, read);
  }

  /** What a look at the domain showed a moment ago: what somebody saw before they decided. Null: nobody looked. */
  looked(domain: string): Looked | null {
    const { at, read } = this.#looked.get(domain) ?? { at: -Infinity, read: null };
    this.#looked.delete(domain);
    return read === null || this.#parts.clock.steady() - at > FRESH_MS ? null : meant(domain, read);
  }

  /** The one that is kept; null: none. */
  of(domain: string): Promise<WayBack | null> {
    return this.#parts.db.read('wayBack', domain);
  }

  /**
   * Keeps what was read when a domain came into care, unless it leads to Mailward or could not be read. A domain that comes back into care
   * may have had other servers meanwhile: what is read then takes the place of what was kept before.
   */
  async keepRead(domain: string, read: MxRead, isNew: boolean): Promise<void> {
    if (read.status !== 'read' || this.#closing.signal.aborted) return;
    if (read.own.length > 0) {
      this.#hopeless.add(domain);
      return;
    }
    const wayBack: WayBack = { keptAt: this.#parts.clock.now(), origin: 'read', reading: read.reading };
    if (await this.#parts.db.write('keepWayBack', { domain, wayBack, replaces: isNew }))
      this.#parts.events.emit('wayBackKept', { domain, before: null, wayBack, by: MAILWARD });
  }

  /** What an admin says that the records were takes the place of whatever was kept. */
  async set(domain: string, wayBack: WayBack, by: EngineEvents['wayBackKept']['by']): Promise<WayBack> {
    const before = await this.of(domain);
    await this.#parts.db.write('keepWayBack', { domain, wayBack, replaces: true });
    this.#parts.events.emit('wayBackKept', { domain, before, wayBack, by });
    return wayBack;
  }

  /** From here on the records of domains that have no way back are read, one domain after the other. */
  start(): void {
    this.#isStarted = true;
    this.#look();
  }

  /** A domain is new: where its records were not read for its route, they are read now. */
  domainAdded(): void {
    if (this.#isStarted) this.#look();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('Mailward is stopping'));
    this.#timer?.cancel();
    await this.#round;
  }

  #look(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#round !== null) {
      // A domain that came while others are read is found by the next round.
      void this.#round.then(() => this.#look());
      return;
    }
    this.#timer?.cancel();
    this.#round = this.#readLacking()
      .catch((error: unknown) => {
        const what = 'the MX records that domains could go back to cannot be kept';
        this.#parts.events.emit('fault', { part: 'checks', what, error });
        return true;
      })
      .then((again) => {
        this.#round = null;
        if (again && !this.#closing.signal.aborted)
          this.#timer = this.#parts.clock.after(AGAIN_MS, () => this.#look());
      });
  }

  /** @returns whether a domain is left whose records may be read another time. */
  async #readLacking(): Promise<boolean> {
    const { db, directory } = this.#parts;
    const lacking = (await db.read('withoutWayBack')).filter((name) => !this.#hopeless.has(name));
    let left = false;
    for (const domain of lacking) {
      if (this.#closing.signal.aborted) return false;
      if (directory.get(domain) === undefined) continue;
      const read = await this.#parts.readMx(domain, this.#closing.signal);
      await this.keepRead(domain, read, false);
      left ||= read.status !== 'read';
    }
    return left;
  }
}

function meant(domain: string, read: MxRead): Looked {
  const reading = read.status === 'read' ? read.reading : null;
  return { read, look: { reading, meaning: meaningOfMx(domain, read) } };
}
