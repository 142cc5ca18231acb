// A way beside the domains' own, with its lane: to a server that an admin sent mail to (reroutes.ts), or to a stranger's, for bounces
// (bounce-routes.ts). No mode holds it back, and what is said there teaches nothing about our recipients.
import type { Route } from '../../../shared/domain.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { WayKey } from '../../storage/operations/spool.ts';
import type { RelayEvents } from '../events.ts';
import { Lane, type LaneParts } from './lane.ts';
import { ServerWatch } from './server-watch.ts';
import type { Way, WayOutcome } from './way.ts';

export interface SideWayOptions {
  name: string;
  key: WayKey;
  route: Route;
  expires: boolean;
  /** The domain under which an outcome is told; null where it is no domain's. */
  settlesFor: string | null;
}

export class SideWay implements Way {
  readonly name: string;
  readonly key: WayKey;
  readonly expires: boolean;
  readonly teaches = false;
  readonly server: ServerWatch;
  readonly lane: Lane;
  readonly #settlesFor: string | null;
  readonly #events: Publisher<RelayEvents>;
  #route: Route;

  constructor({ name, key, route, expires, settlesFor }: SideWayOptions, parts: LaneParts) {
    this.name = name;
    this.key = key;
    this.expires = expires;
    this.#route = route;
    this.#settlesFor = settlesFor;
    this.#events = parts.events;
    this.server = new ServerWatch(parts.clock);
    this.lane = new Lane(this, parts);
  }

  readonly route = (): Route => this.#route;

  readonly mayGo = (): boolean => true;

  readonly onOutcome = ({ message, state, results }: WayOutcome): void =>
    this.#events.emit('settled', { message, state, results, domain: this.#settlesFor });

  /** The way leads elsewhere now: what was known of its servers is forgotten. */
  routeIs(route: Route): void {
    this.#route = route;
    this.server.startAnew();
    this.lane.wayChanged();
  }

  /** The clock jumped by `by` ms (negative: back), just now: what waits is looked for when the lane is woken. */
  clockJumped(by: number): void {
    this.server.clockJumped(by);
    this.lane.clockJumped();
  }
}
