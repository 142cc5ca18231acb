// The servers of one way's route, in order, each with its open connections, its own back-off, and its gate.
import type { Clock } from '../../clock/clock.ts';
import { byPriority, type Destination, type Route } from '../../../shared/domain.ts';
import { meaningOf } from '../smtp/reply-meaning.ts';
import { destinationPause } from './retry-schedule.ts';
import { SessionPool } from '../smtp/pool.ts';
import { DestinationFailed, Session, type SessionOptions } from '../smtp/session.ts';
import type { Throttle, Throttles } from '../smtp/throttle.ts';

/** An idle connection is kept this long for the next message, ms. */
const IDLE_MS = 3_000;
/** A server that gave a message its answer so lately (ms) is well, as far as another message can tell. */
const WELL_MS = 600_000;
/** After so many messages in a row whose answer was lost a server is paused: it may keep what it does not answer, and would get it again. */
const LOST_IN_A_ROW = 3;

export interface DestinationState {
  destination: Destination;
  group: number;
  failures: number;
  /** Tried again after this; by the steady clock. */
  pausedUntil: number;
  throttle: Throttle;
  /** The last messages over which the connection ended, in a row: none got its answers between. */
  unanswered: number[];
  /** The last message that got its answers, whatever they were. */
  answered: { id: number; at: number } | null;
}

/**
 * Whose doing it is that a connection ended over a message. `message`: this one's, for the server answers others; `server`: nothing else
 * can be said any more; `unclear`: it is the first, and may be either's.
 */
export type Blame = 'message' | 'server' | 'unclear';

/** Leave to try one message at one destination. Ended exactly once. */
export interface Permit {
  place: DestinationState;
  /** By the steady clock. */
  startedAt: number;
  recipients: number;
}

/** The server takes no more connections at present: the message is tried again in a moment, as if nothing had been. */
export class NoConnectionNow extends Error {
  constructor() {
    super('the server takes no more connections at present');
  }
}

export interface DestinationsOptions {
  clock: Clock;
  session: () => SessionOptions;
  throttles: Throttles;
  /** Messages over one connection before it is closed, and connections to one server at a time, at most. */
  limits: () => { messagesPerConnection: number; concurrency: number };
}

export class Destinations {
  #states: DestinationState[];
  readonly #options: DestinationsOptions;
  readonly #inUse = new Set<Session>();
  readonly #pool: SessionPool;

  constructor(route: Route, options: DestinationsOptions) {
    this.#options = options;
    this.#pool = new SessionPool(options.clock, IDLE_MS);
    this.#states = this.#toStates(route);
  }

  /** Takes a new route; places that stay keep their connections. */
  setRoute(route: Route): void {
    const old = this.#states;
    const same = (a: Destination, b: Destination) => JSON.stringify(a) === JSON.stringify(b);
    this.#states = this.#toStates(route).map((place) => {
      const before = old.find((one) => same(one.destination, place.destination));
      if (!before) return place;
      before.group = place.group;
      return before;
    });
    for (const place of old) if (!this.#states.includes(place)) this.#pool.close(place.destination);
  }

  /** When some destination may be tried (by the steady clock): in the past when one may be tried now. */
  get pausedUntil(): number {
    return Math.min(...this.#states.map((place) => place.pausedUntil));
  }

  /** What is known of the destination that mail goes to now. */
  get throttle(): Throttle | null {
    const now = this.#options.clock.steady();
    return (this.#states.find((place) => place.pausedUntil <= now) ?? this.#states[0])?.throttle ?? null;
  }

  /** Forgets all back-off: an admin wants to know now. */
  resetBackoff(): void {
    for (const place of this.#states) {
      place.pausedUntil = 0;
      place.failures = 0;
      place.throttle.tryNow();
    }
  }

  /**
   * Leave to try a message now, or when to ask again (by the steady clock; Infinity: `onFree` will be called). Of the destinations
   * that are not paused, those that come first in the route share the mail; one that is slow is waited for, not passed by.
   * @param not passed by if there is another: the message broke the connection to it.
   */
  permit(
    now: number,
    recipients: number,
    onFree: () => void,
    not?: DestinationState,
  ): Permit | { at: number } {
    const { concurrency } = this.#options.limits();
    const usable = this.#states.filter(
      (place) =>
        (place !== not || this.#states.length === 1) &&
        place.pausedUntil <= now &&
        // One message finds out whether a server that failed is back; the others do not wait for that.
        !(place.failures > 0 && place.throttle.running > 0 && this.#states.length > 1),
    );
    const first = usable[0];
    if (!first) {
      const [waiting] = this.#states;
      if (waiting && this.pausedUntil <= now) waiting.throttle.readyAt(false, 0, onFree);
      return { at: this.pausedUntil <= now ? Number.POSITIVE_INFINITY : this.pausedUntil };
    }
    let best: { place: DestinationState; at: number } | null = null;
    for (const place of usable) {
      if (place.group !== first.group) break;
      place.throttle.bound(concurrency);
      const at = place.throttle.readyAt(!this.#pool.has(place.destination), concurrency, onFree);
      const better =
        best === null ||
        (at <= now && best.at <= now ? place.throttle.running < best.place.throttle.running : at < best.at);
      if (better) best = { place, at };
    }
    if (!best || best.at > now) return { at: best?.at ?? Number.POSITIVE_INFINITY };
    const { place } = best;
    place.throttle.start(now, recipients, !this.#pool.has(place.destination));
    return { place, startedAt: now, recipients };
  }

  /** The attempt is over. `asked`: whether the server was offered the message. */
  end(permit: Permit, asked: boolean): void {
    permit.place.throttle.end(permit.recipients, asked);
  }

  /**
   * A connection to the permit's destination, a kept one if there is any. Throws `DestinationFailed`; the destination is
   * paused then, unless it is there and only takes no more connections at present.
   * @param fresh leaves kept connections alone: one of them just turned out dead.
   */
  async open(permit: Permit, fresh: boolean): Promise<Session> {
    const { place } = permit;
    const kept = fresh ? null : this.#pool.take(place.destination);
    if (kept) {
      kept.startTranscript();
      this.#inUse.add(kept);
      return kept;
    }
    const { clock } = this.#options;
    const startedAt = clock.steady();
    if (fresh && !place.throttle.another(startedAt)) throw new NoConnectionNow();
    try {
      const session = await Session.open(place.destination, this.#options.session());
      place.throttle.opened(clock.steady(), startedAt);
      this.#inUse.add(session);
      return session;
    } catch (error) {
      if (!(error instanceof DestinationFailed)) throw error;
      if (error.stage === 'starttls') {
        // The server is there and took the connection; only this route wants more of it than it gives.
        place.throttle.opened(clock.steady(), startedAt);
        this.#pause(place);
        throw error;
      }
      const { cause } = meaningOf(error.reply, error.stage);
      const saidSo = cause === 'rate-limited' || (cause === 'server-busy' && error.reply.code === 421);
      const othersOpen = this.#pool.has(place.destination) || place.throttle.running > 1;
      if (!place.throttle.notOpened(clock.steady(), startedAt, saidSo, othersOpen)) this.failed(permit);
      throw error;
    }
  }

  /** The server answered for all of a message's recipients, be it with refusals. */
  answered({ place }: Permit, id: number): void {
    place.unanswered = [];
    place.answered = { id, at: this.#options.clock.steady() };
  }

  /**
   * The connection ended over a message. The server is paused, unless it is the message's doing; and when the message may have arrived
   * (`lost`), only after several: none is sent again for the pause's sake.
   */
  broke(permit: Permit, id: number, lost: boolean): Blame {
    const { place } = permit;
    const { answered } = place;
    place.unanswered = [...place.unanswered.slice(1 - LOST_IN_A_ROW), id];
    const isOnlyOne = new Set(place.unanswered).size === 1;
    if (isOnlyOne && answered && answered.id !== id && this.#options.clock.steady() - answered.at < WELL_MS)
      return 'message';
    if (!lost || place.unanswered.length >= LOST_IN_A_ROW) this.failed(permit);
    return place.unanswered.length === 1 ? 'unclear' : 'server';
  }

  /** Ends the conversations that are under way: Mailward stops. */
  abandon(): void {
    for (const session of this.#inUse) session.abandon('Mailward was stopped');
  }

  /** The destination took a message: it is well. */
  worked({ place }: Permit): void {
    place.failures = 0;
    place.pausedUntil = 0;
  }

  /** The server ended the conversation, or refuses everything, in a way that says: not now. */
  failed({ place }: Permit): void {
    if (this.#pause(place)) place.throttle.failed();
  }

  /** Whether another destination may take what this permit's did not. */
  hasOther({ place }: Permit): boolean {
    const now = this.#options.clock.steady();
    return this.#states.some((other) => other !== place && other.pausedUntil <= now && other.failures === 0);
  }

  /** Ends a connection that is good for nothing any more. */
  drop(session: Session): void {
    this.#inUse.delete(session);
    session.close();
  }

  /** Gives a connection back after a message. */
  release(session: Session): void {
    this.#inUse.delete(session);
    const place = this.#stateOf(session);
    if (!place || !session.usable || session.sent >= this.#options.limits().messagesPerConnection) {
      session.close();
      return;
    }
    this.#pool.keep(session);
  }

  close(): void {
    this.#pool.close();
  }

  #toStates(route: Route): DestinationState[] {
    return byPriority(route).flatMap((destinations, group) =>
      destinations.map((destination) => ({
        destination,
        group,
        failures: 0,
        pausedUntil: 0,
        throttle: this.#options.throttles.of(destination),
        unanswered: [],
        answered: null,
      })),
    );
  }

  #stateOf(session: Session): DestinationState | undefined {
    return this.#states.find((place) => place.destination === session.destination);
  }

  /** Many connections that fail together are one failure: false when it is paused already. */
  #pause(place: DestinationState): boolean {
    const now = this.#options.clock.steady();
    if (place.pausedUntil > now) return false;
    place.failures++;
    place.pausedUntil = now + destinationPause(place.failures, Math.random);
    return true;
  }
}
