// The servers of one way's route, in order, each with its open connections, its own back-off, and its gate.
import type { Clock, Timer } from '../../clock/clock.ts';
import { byPriority, type Destination, type Route } from '../../../shared/domain.ts';
import { meaningOf } from './reply.ts';
import { destinationPause } from './retry.ts';
import { DestinationFailed, Session, type SessionOptions } from './session.ts';
import type { Throttle, Throttles } from './throttle.ts';

/** An idle connection is kept this long for the next message, ms. */
const IDLE_MS = 3_000;
/** A server that gave a message its answer so lately (ms) is well, as far as another message can tell. */
const WELL_MS = 600_000;
/** After so many messages in a row whose answer was lost a server is paused: it may keep what it does not answer, and would get it again. */
const LOST_IN_A_ROW = 3;

export interface Place {
  destination: Destination;
  group: number;
  idle: { session: Session; since: number }[];
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
export interface Turn {
  place: Place;
  /** By the steady clock. */
  startedAt: number;
  recipients: number;
}

/** The server takes no more connections at present: the message is tried again in a moment, as if nothing had been. */
export class NotNow extends Error {
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
  #places: Place[];
  readonly #options: DestinationsOptions;
  readonly #inUse = new Set<Session>();
  #sweep: Timer | null = null;

  constructor(route: Route, options: DestinationsOptions) {
    this.#options = options;
    this.#places = this.#toPlaces(route);
  }

  /** Takes a new route; places that stay keep their connections. */
  setRoute(route: Route): void {
    const old = this.#places;
    const same = (a: Destination, b: Destination) => JSON.stringify(a) === JSON.stringify(b);
    this.#places = this.#toPlaces(route).map((place) => {
      const before = old.find((one) => same(one.destination, place.destination));
      if (!before) return place;
      before.group = place.group;
      return before;
    });
    for (const place of old) if (!this.#places.includes(place)) closeAll(place);
  }

  /** When some destination may be tried (by the steady clock): in the past when one may be tried now. */
  get pausedUntil(): number {
    return Math.min(...this.#places.map((place) => place.pausedUntil));
  }

  /** What is known of the destination that mail goes to now. */
  get throttle(): Throttle | null {
    const now = this.#options.clock.steady();
    return (this.#places.find((place) => place.pausedUntil <= now) ?? this.#places[0])?.throttle ?? null;
  }

  /** Forgets all back-off: an admin wants to know now. */
  resetBackoff(): void {
    for (const place of this.#places) {
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
  turn(now: number, recipients: number, onFree: () => void, not?: Place): Turn | { at: number } {
    const { concurrency } = this.#options.limits();
    const usable = this.#places.filter(
      (place) =>
        (place !== not || this.#places.length === 1) &&
        place.pausedUntil <= now &&
        // One message finds out whether a server that failed is back; the others do not wait for that.
        !(place.failures > 0 && place.throttle.running > 0 && this.#places.length > 1),
    );
    const first = usable[0];
    if (!first) {
      const [waiting] = this.#places;
      if (waiting && this.pausedUntil <= now) waiting.throttle.readyAt(false, 0, onFree);
      return { at: this.pausedUntil <= now ? Number.POSITIVE_INFINITY : this.pausedUntil };
    }
    let best: { place: Place; at: number } | null = null;
    for (const place of usable) {
      if (place.group !== first.group) break;
      place.throttle.bound(concurrency);
      const at = place.throttle.readyAt(!hasKept(place), concurrency, onFree);
      const better =
        best === null ||
        (at <= now && best.at <= now ? place.throttle.running < best.place.throttle.running : at < best.at);
      if (better) best = { place, at };
    }
    if (!best || best.at > now) return { at: best?.at ?? Number.POSITIVE_INFINITY };
    const { place } = best;
    place.throttle.start(now, recipients, !hasKept(place));
    return { place, startedAt: now, recipients };
  }

  /** The attempt is over. `asked`: whether the server was offered the message. */
  end(turn: Turn, asked: boolean): void {
    turn.place.throttle.end(turn.recipients, asked);
  }

  /**
   * A connection to the turn's destination, a kept one if there is any. Throws `DestinationFailed`; the destination is
   * paused then, unless it is there and only takes no more connections at present.
   * @param fresh leaves kept connections alone: one of them just turned out dead.
   */
  async open(turn: Turn, fresh: boolean): Promise<Session> {
    const { place } = turn;
    if (!fresh) {
      for (let kept = place.idle.pop(); kept; kept = place.idle.pop()) {
        if (kept.session.usable) {
          kept.session.startTranscript();
          this.#inUse.add(kept.session);
          return kept.session;
        }
      }
    }
    const { clock } = this.#options;
    const startedAt = clock.steady();
    if (fresh && !place.throttle.another(startedAt)) throw new NotNow();
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
      const othersOpen = hasKept(place) || place.throttle.running > 1;
      if (!place.throttle.notOpened(clock.steady(), startedAt, saidSo, othersOpen)) this.failed(turn);
      throw error;
    }
  }

  /** The server answered for all of a message's recipients, be it with refusals. */
  answered({ place }: Turn, id: number): void {
    place.unanswered = [];
    place.answered = { id, at: this.#options.clock.steady() };
  }

  /**
   * The connection ended over a message. The server is paused, unless it is the message's doing; and when the message may have arrived
   * (`lost`), only after several: none is sent again for the pause's sake.
   */
  broke(turn: Turn, id: number, lost: boolean): Blame {
    const { place } = turn;
    const { answered } = place;
    place.unanswered = [...place.unanswered.slice(1 - LOST_IN_A_ROW), id];
    const isOnlyOne = new Set(place.unanswered).size === 1;
    if (isOnlyOne && answered && answered.id !== id && this.#options.clock.steady() - answered.at < WELL_MS)
      return 'message';
    if (!lost || place.unanswered.length >= LOST_IN_A_ROW) this.failed(turn);
    return place.unanswered.length === 1 ? 'unclear' : 'server';
  }

  /** Ends the conversations that are under way: Mailward stops. */
  abandon(): void {
    for (const session of this.#inUse) session.abandon('Mailward was stopped');
  }

  /** The destination took a message: it is well. */
  worked({ place }: Turn): void {
    place.failures = 0;
    place.pausedUntil = 0;
  }

  /** The server ended the conversation, or refuses everything, in a way that says: not now. */
  failed({ place }: Turn): void {
    if (this.#pause(place)) place.throttle.failed();
  }

  /** Whether another destination may take what this turn's did not. */
  hasOther({ place }: Turn): boolean {
    const now = this.#options.clock.steady();
    return this.#places.some((other) => other !== place && other.pausedUntil <= now && other.failures === 0);
  }

  /** Ends a connection that is good for nothing any more. */
  drop(session: Session): void {
    this.#inUse.delete(session);
    session.close();
  }

  /** Gives a connection back after a message. */
  release(session: Session): void {
    this.#inUse.delete(session);
    const place = this.#placeOf(session);
    if (!place || !session.usable || session.sent >= this.#options.limits().messagesPerConnection) {
      session.close();
      return;
    }
    place.idle.push({ session, since: this.#options.clock.steady() });
    this.#sweep ??= this.#options.clock.after(IDLE_MS, () => this.#closeIdle());
  }

  close(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    for (const place of this.#places) closeAll(place);
  }

  /** Closes what nobody used for `IDLE_MS` ms; what is in use stays, because each connection opened counts at the server. */
  #closeIdle(): void {
    this.#sweep = null;
    const now = this.#options.clock.steady();
    let left = false;
    for (const place of this.#places) {
      const [old, recent] = [
        place.idle.filter(({ since }) => now - since >= IDLE_MS),
        place.idle.filter(({ since }) => now - since < IDLE_MS),
      ];
      for (const { session } of old) session.close();
      place.idle = recent;
      left ||= recent.length > 0;
    }
    if (left) this.#sweep = this.#options.clock.after(IDLE_MS / 2, () => this.#closeIdle());
  }

  #toPlaces(route: Route): Place[] {
    return byPriority(route).flatMap((destinations, group) =>
      destinations.map((destination) => ({
        destination,
        group,
        idle: [],
        failures: 0,
        pausedUntil: 0,
        throttle: this.#options.throttles.of(destination),
        unanswered: [],
        answered: null,
      })),
    );
  }

  #placeOf(session: Session): Place | undefined {
    return this.#places.find((place) => place.destination === session.destination);
  }

  /** Many connections that fail together are one failure: false when it is paused already. */
  #pause(place: Place): boolean {
    const now = this.#options.clock.steady();
    if (place.pausedUntil > now) return false;
    place.failures++;
    place.pausedUntil = now + destinationPause(place.failures, Math.random);
    return true;
  }
}

function hasKept(place: Place): boolean {
  return place.idle.some(({ session }) => session.usable);
}

function closeAll(place: Place): void {
  for (const { session } of place.idle.splice(0)) session.close();
}
