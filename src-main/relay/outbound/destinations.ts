// The servers of one domain's route, in order, each with its open connections and its own back-off.
import type { Destination } from '../../../shared/domain.ts';
import { destinationPause } from './retry.ts';
import { DestinationFailed, Session, type SessionOptions } from './session.ts';

/** Messages over one connection before it is closed: servers do not like endless ones. */
const MOST_PER_CONNECTION = 100;
/** An idle connection is kept this long for the next message, ms. */
const IDLE = 3_000;

interface Place {
  destination: Destination;
  idle: Session[];
  failures: number;
  /** UTC ms; tried again after this. */
  pausedUntil: number;
}

export class Destinations {
  #places: Place[];
  readonly #options: () => SessionOptions;
  #sweep: NodeJS.Timeout | null = null;

  constructor(route: readonly Destination[], options: () => SessionOptions) {
    this.#places = route.map(toPlace);
    this.#options = options;
  }

  /** Takes a new route; places that stay keep their connections. */
  setRoute(route: readonly Destination[]): void {
    const old = this.#places;
    const same = (a: Destination, b: Destination) => JSON.stringify(a) === JSON.stringify(b);
    this.#places = route.map(
      (destination) => old.find((place) => same(place.destination, destination)) ?? toPlace(destination),
    );
    for (const place of old) if (!this.#places.includes(place)) closeAll(place);
  }

  /** When some destination may be tried (UTC ms): in the past when one may be tried now. */
  get pausedUntil(): number {
    return Math.min(...this.#places.map((place) => place.pausedUntil));
  }

  /** Forgets all back-off: an admin wants to know now. */
  forgive(): void {
    for (const place of this.#places) {
      place.pausedUntil = 0;
      place.failures = 0;
    }
  }

  /**
   * A connection to the first destination that can be had, in the route's order. Throws the last `DestinationFailed`.
   * @param fresh leaves kept connections alone: one of them just turned out dead.
   */
  async open(fresh: boolean): Promise<Session> {
    const now = Date.now();
    let failure: DestinationFailed | null = null;
    const usable = this.#places.filter((place) => place.pausedUntil <= now);
    // With all of them paused (a retry by hand came between) the first one is asked anyway.
    for (const place of usable.length > 0 ? usable : this.#places.slice(0, 1)) {
      if (!fresh) {
        for (let kept = place.idle.pop(); kept; kept = place.idle.pop()) {
          if (kept.usable) {
            kept.startTranscript();
            return kept;
          }
        }
      }
      try {
        const session = await Session.open(place.destination, this.#options());
        place.failures = 0;
        place.pausedUntil = 0;
        return session;
      } catch (error) {
        if (!(error instanceof DestinationFailed)) throw error;
        this.#pause(place);
        failure = error;
      }
    }
    if (failure) throw failure;
    throw new Error('the route has no destination');
  }

  /** The server ended the conversation in a way that says: not now. */
  failed(session: Session): void {
    const place = this.#placeOf(session);
    if (place) this.#pause(place);
  }

  /** Gives a connection back after a message. */
  release(session: Session): void {
    const place = this.#placeOf(session);
    if (!place || !session.usable || session.sent >= MOST_PER_CONNECTION) {
      session.close();
      return;
    }
    place.idle.push(session);
    this.#sweep ??= setTimeout(() => {
      this.#sweep = null;
      this.closeIdle();
    }, IDLE);
  }

  closeIdle(): void {
    for (const place of this.#places) closeAll(place);
  }

  close(): void {
    if (this.#sweep) clearTimeout(this.#sweep);
    this.#sweep = null;
    this.closeIdle();
  }

  #placeOf(session: Session): Place | undefined {
    return this.#places.find((place) => place.destination === session.destination);
  }

  #pause(place: Place): void {
    // Many connections that fail together are one failure.
    if (place.pausedUntil > Date.now()) return;
    place.failures++;
    place.pausedUntil = Date.now() + destinationPause(place.failures, Math.random);
  }
}

function toPlace(destination: Destination): Place {
  return { destination, idle: [], failures: 0, pausedUntil: 0 };
}

function closeAll(place: Place): void {
  for (const session of place.idle.splice(0)) session.close();
}
