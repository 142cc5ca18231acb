// Other servers than the domains' own: a way for each route that an admin sent mail by.
//
// What is on a reroute never expires and teaches nothing about the domain's recipients; its server's trouble is not the domain's, and a
// hold of the domain neither stops it nor lets it go. Its retry schedule begins anew there. The server is judged by the rules that hold for a
// domain's own: after three messages in a row that it refuses for a reason of its own it is paused.
import { utcOf, type Timer } from '../../clock/clock.ts';
import type { Route } from '../../../shared/domain.ts';
import { readRoute, routeText } from '../../storage/operations/ways.ts';
import type { ClaimHolder } from './claims.ts';
import type { LaneParts } from './lane.ts';
import { SideWay } from './side-way.ts';

/** Pause before the routes that could not be read are read again, ms. */
const READ_AGAIN_MS = 2_000;

function rerouteWay(routeKey: string, parts: LaneParts): SideWay {
  const route = readRoute(routeKey);
  const name = route.map(({ host, port }) => `${host}:${port}`).join(', ');
  return new SideWay({ name, key: { route: routeKey }, route, expires: false, settlesFor: null }, parts);
}

export class Reroutes {
  readonly #parts: LaneParts;
  /** By their routes' texts. */
  readonly #ways = new Map<string, SideWay>();
  #timer: Timer | null = null;
  #isRunning = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Takes up what was on its way before a restart. */
  start(): void {
    this.#isRunning = true;
    void this.#look(false);
  }

  /** Mail was rerouted, or is to be tried now; the back-off of the servers there is forgotten. */
  wake(): void {
    void this.#look(true);
  }

  /** The clock jumped by `by` ms (negative: back), just now: what waits is looked for when `wake` is called. */
  clockJumped(by: number): void {
    for (const way of this.#ways.values()) way.clockJumped(by);
  }

  /** When a route may be tried (UTC ms); 0 when nothing stands in the way. */
  pausedUntil(route: Route): number {
    const way = this.#ways.get(routeText(route));
    return way ? utcOf(this.#parts.clock, way.lane.pausedUntil) : 0;
  }

  /** Whether mail that this one has in hand is on a reroute. */
  isAmong(holder: ClaimHolder): boolean {
    return [...this.#ways.values()].some(({ lane }) => lane === holder);
  }

  /** Waits for attempts under way, so that their outcome is written; starts no more. */
  async close(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.cancel();
    await Promise.all([...this.#ways.values()].map(({ lane }) => lane.close()));
  }

  /** Asked after an await, when it may have changed. */
  #isClosed(): boolean {
    return !this.#isRunning;
  }

  async #look(resetBackoff: boolean): Promise<void> {
    if (!this.#isRunning) return;
    const { clock, spool, events } = this.#parts;
    try {
      const routes = new Set(await spool.db.read('wayRoutes'));
      if (this.#isClosed()) return;
      for (const [route, { lane }] of this.#ways) {
        if (routes.has(route) || !lane.isUnused) continue;
        void lane.close();
        this.#ways.delete(route);
      }
      for (const route of routes) {
        const way = this.#ways.get(route) ?? rerouteWay(route, this.#parts);
        this.#ways.set(route, way);
        if (resetBackoff) way.lane.resetBackoff();
        else way.lane.wake();
      }
    } catch (error) {
      events.emit('fault', { part: 'delivery', what: 'what is rerouted cannot be read', error });
      this.#timer?.cancel();
      if (!this.#isClosed()) this.#timer = clock.after(READ_AGAIN_MS, () => void this.#look(resetBackoff));
    }
  }
}
