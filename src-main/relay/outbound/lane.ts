// What goes out by one way: which messages are tried now, and over how many connections. What one attempt is, delivery.ts says; where
// it leads and what it means, the way does (way.ts).
//
// Messages that just arrived go out from memory while there is room; all others are looked for on disk, oldest due first. What is
// ready and not begun is given back whenever somebody wants it (claims.ts), or the way is closed: it never left the disk.
import { steadyOf, type Clock, type Timer } from '../../clock/clock.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import type { DueMessage, Spool } from '../spool/spool.ts';
import type { Claims, ClaimHolder } from './claims.ts';
import type { Delivery, ClaimedMessage } from './delivery.ts';
import { Destinations, type DestinationsOptions, type Permit } from './destinations.ts';
import type { Throttle } from '../smtp/throttle.ts';
import type { Way } from './way.ts';

/** Messages kept in memory, ready to go, and the octets of their content; the rest waits on disk. */
const MOST_READY = 1000;
const MOST_READY_BYTES = 32 * 1024 * 1024;
/** As many while the server cannot be reached: a thousand would be read for nothing, at every try. */
const FEW_READY = 20;
/** Fewer than this ready: time to look on disk for more. */
const LOW_WATER = 200;
/** Pause after the spool could not be read, or an attempt failed for a reason of our own, ms. */
const LOOK_AGAIN_MS = 2_000;
/** Shortest time between two looks into the spool, ms. */
const LOOKS_APART_MS = 50;
/** Lanes that wait for the same server wake up to so much later, at random, ms: none is always too late. */
const FAIRNESS_MS = 5;
/** How long a stop waits for attempts under way, and then for what became of those that were cut off, ms. */
const GRACE_MS = 10_000;
const WRITTEN_MS = 2_000;

export interface LaneParts {
  clock: Clock;
  spool: Pick<Spool, 'db'>;
  claims: Claims;
  delivery: Delivery;
  /** How servers are reached. */
  access: DestinationsOptions;
  events: Publisher<RelayEvents>;
}

export class Lane implements ClaimHolder {
  readonly #way: Way;
  readonly #parts: LaneParts;
  readonly #clock: Clock;
  readonly #destinations: Destinations;
  #ready: ClaimedMessage[] = [];
  #readyBytes = 0;
  #running = 0;
  #looking = false;
  #moreOnDisk = true;
  #lookTimer: Timer | null = null;
  /** When the next look is planned for, and when the last one was, by the steady clock. */
  #lookAt = Number.POSITIVE_INFINITY;
  #lookedAt = 0;
  #pumpTimer: Timer | null = null;
  #closed = false;
  #drained: (() => void) | null = null;
  readonly #onFree = () => this.#pump();
  readonly #onGiven = () => this.wake();

  constructor(way: Way, parts: LaneParts) {
    this.#way = way;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#destinations = new Destinations(way.route(), parts.access);
  }

  /** The way's route, or whether it may go, was changed. */
  wayChanged(): void {
    this.#destinations.setRoute(this.#way.route());
    if (!this.#way.mayGo()) this.#setAside();
    this.wake();
  }

  /** A message just arrived. It goes out from memory when there is room; otherwise it is found on disk later. */
  arrived(message: DueMessage, content: Buffer | null): void {
    const bytes = content?.length ?? 0;
    const room = this.#ready.length < MOST_READY && this.#readyBytes + bytes <= MOST_READY_BYTES;
    // While older mail waits on disk, a newer message does not overtake it.
    const claim =
      this.#closed || !this.#isOpen || !room || this.#moreOnDisk
        ? null
        : this.#parts.claims.tryTake(message.id, positionsOf(message), this);
    if (!claim) {
      this.#moreOnDisk = true;
      this.#plan();
      return;
    }
    this.#ready.push({ message, content, claim });
    this.#readyBytes += bytes;
    this.#pump();
  }

  /** Something may be due now: look. */
  wake(): void {
    this.#moreOnDisk = true;
    this.#plan();
  }

  /** Forgets that servers failed, and tries them now: somebody wants to know. */
  resetBackoff(): void {
    this.#destinations.resetBackoff();
    this.wake();
  }

  /**
   * Offers one message at once, whatever the way's state and the server's pause: it is how the server is asked. False when it could not
   * be, because somebody has the message or the server takes no more connections.
   */
  async tryNow(message: DueMessage): Promise<boolean> {
    const claim = this.#closed ? null : this.#parts.claims.tryTake(message.id, positionsOf(message), this);
    if (!claim) return false;
    this.#destinations.resetBackoff();
    const permit = this.#destinations.permit(
      this.#clock.steady(),
      message.recipients.length,
      () => undefined,
    );
    if ('at' in permit) {
      this.#parts.claims.give(claim);
      return false;
    }
    await this.#run({ message, content: null, claim }, permit);
    return true;
  }

  /** The clock jumped, just now: what is ready is looked for anew when the disk has been told. */
  clockJumped(): void {
    this.#setAside();
  }

  takeBack(ids: ReadonlySet<number>): void {
    const stay: ClaimedMessage[] = [];
    for (const job of this.#ready) {
      if (ids.has(job.message.id)) this.#parts.claims.give(job.claim);
      else stay.push(job);
    }
    if (stay.length === this.#ready.length) return;
    this.#ready = stay;
    this.#readyBytes = stay.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
    this.wake();
  }

  /** No attempt is under way. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Nothing is under way, ready or being looked for. */
  get isUnused(): boolean {
    return this.#running === 0 && this.#ready.length === 0 && !this.#looking;
  }

  /** When the way may be tried, by the steady clock: in the past when now. */
  get pausedUntil(): number {
    return this.#destinations.pausedUntil;
  }

  /** What is known of the server that mail goes to now: how much it bears. */
  get throttle(): Throttle | null {
    return this.#destinations.throttle;
  }

  /**
   * Starts nothing more and waits for attempts under way, `GRACE_MS` at most. What is cut off then is still queued on disk, and what
   * may have arrived is noted so: it does not go out again with the next start.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#lookTimer?.cancel();
    this.#pumpTimer?.cancel();
    this.#setAside();
    await this.#untilDrained(GRACE_MS);
    if (this.#running > 0) {
      this.#destinations.abandon();
      await this.#untilDrained(WRITTEN_MS);
    }
    this.#destinations.close();
  }

  async #untilDrained(most: number): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(most, resolve);
      this.#drained = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  get #isOpen(): boolean {
    return this.#way.mayGo() && this.#destinations.pausedUntil <= this.#clock.steady();
  }

  /** Plans a look into the spool at `at` (by the steady clock), or sooner if one is planned; not before the pause is over. */
  #plan(at = 0): void {
    if (this.#closed || !this.#way.mayGo()) return;
    const now = this.#clock.steady();
    const due = Math.max(at, now, this.#destinations.pausedUntil, this.#lookedAt + LOOKS_APART_MS);
    if (this.#lookTimer && this.#lookAt <= due) return;
    this.#lookTimer?.cancel();
    this.#lookAt = due;
    this.#lookTimer = this.#clock.after(due - now, () => void this.#look());
  }

  /** Gives what is ready back to the disk, where it never left. */
  #setAside(): void {
    for (const { claim } of this.#ready.splice(0)) this.#parts.claims.give(claim);
    this.#readyBytes = 0;
    this.#moreOnDisk = true;
  }

  #pump(): void {
    if (this.#closed || !this.#isOpen) this.#setAside();
    if (this.#closed) return;
    for (let job = this.#ready[0]; job; job = this.#ready[0]) {
      const now = this.#clock.steady();
      const permit = this.#destinations.permit(now, job.message.recipients.length, this.#onFree, job.not);
      if ('at' in permit) {
        if (Number.isFinite(permit.at)) this.#pumpAgain(permit.at - now);
        break;
      }
      this.#ready.shift();
      this.#readyBytes -= job.content?.length ?? 0;
      void this.#run(job, permit);
    }
    if (this.#moreOnDisk && this.#ready.length < LOW_WATER) this.#plan();
  }

  #pumpAgain(wait: number): void {
    this.#pumpTimer?.cancel();
    const due = Math.ceil(wait) + Math.random() * FAIRNESS_MS;
    this.#pumpTimer = this.#clock.after(Math.max(1, due), () => this.#pump());
  }

  async #look(): Promise<void> {
    this.#lookTimer = null;
    this.#lookAt = Number.POSITIVE_INFINITY;
    if (this.#closed || !this.#way.mayGo()) return;
    this.#moreOnDisk ||= this.#looking;
    if (this.#looking) return;
    if (!this.#isOpen) {
      this.#plan();
      return;
    }
    // With enough in hand, what this look was planned for is looked for when that is used up.
    this.#moreOnDisk ||= this.#ready.length >= LOW_WATER;
    if (this.#ready.length >= LOW_WATER) return;
    this.#lookedAt = this.#clock.steady();
    this.#moreOnDisk = false;
    this.#looking = true;
    const look = this.#parts.claims.look();
    const isAway = this.#way.server.condition.trouble?.cause === 'connection-failed';
    // What is in hand is still due on disk.
    const limit = (isAway ? FEW_READY : MOST_READY) + this.#ready.length + this.#running;
    try {
      const { messages, nextAt } = await this.#parts.spool.db.read('due', {
        way: this.#way.key,
        now: this.#clock.now(),
        limit,
      });
      let isBlocked = true;
      for (const message of messages) {
        const claim = look.tryTake(message.id, positionsOf(message), this);
        isBlocked &&= claim === 'taken';
        if (claim === 'own') continue;
        if (claim === 'stale') this.#moreOnDisk = true;
        else if (claim === 'taken') this.#parts.claims.whenFree(message.id, this.#onGiven);
        else this.#ready.push({ message, content: null, claim });
      }
      // Behind what all is in other hands nothing is seen until one of those comes free.
      if (messages.length === limit && !isBlocked) this.#moreOnDisk = true;
      if (nextAt !== null) this.#plan(steadyOf(this.#clock, nextAt));
    } catch (error) {
      this.#moreOnDisk = true;
      this.#lookedAt = this.#clock.steady() + LOOK_AGAIN_MS;
      this.#fault(`cannot read what is queued for ${this.#way.name}`, error);
    } finally {
      look.end();
      this.#looking = false;
    }
    this.#pump();
  }

  async #run(job: ClaimedMessage, permit: Permit): Promise<void> {
    this.#running++;
    job.claim.begun = true;
    let again = false;
    try {
      const attempted = await this.#parts.delivery.attempt(
        this.#way,
        job,
        permit,
        this.#destinations,
        () => this.#closed,
      );
      again = attempted === 'again';
      if (attempted !== 'again' && attempted.nextAt !== null)
        this.#plan(steadyOf(this.#clock, attempted.nextAt));
    } catch (error) {
      this.#fault('a delivery attempt went wrong', error, job.message.id);
      // The message is due still: not again at once, for the server may have taken it.
      this.#lookedAt = this.#clock.steady() + LOOK_AGAIN_MS;
      this.#moreOnDisk = true;
    } finally {
      this.#running--;
      this.#done(job, again);
      if (this.#closed && this.#running === 0) this.#drained?.();
      this.#pump();
    }
  }

  #fault(what: string, error: unknown, messageId?: number): void {
    const { key } = this.#way;
    this.#parts.events.emit('fault', {
      part: 'delivery',
      ...('domain' in key ? { domain: key.domain } : {}),
      ...(messageId === undefined ? {} : { messageId }),
      what,
      error,
    });
  }

  #done(job: ClaimedMessage, again: boolean): void {
    // Changed while it was being offered, it may be another's by now: the disk says.
    if (again && !this.#closed && this.#isOpen && !job.claim.outOfDate) {
      job.claim.begun = false;
      this.#ready.unshift(job);
      this.#readyBytes += job.content?.length ?? 0;
      return;
    }
    if (again || job.claim.outOfDate) this.#moreOnDisk = true;
    this.#parts.claims.give(job.claim);
  }
}

function positionsOf({ recipients }: DueMessage): number[] {
  return recipients.map(({ position }) => position);
}
