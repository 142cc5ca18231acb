// The ways to strangers' mail servers, for bounces: one for each domain while it has mail, its route found in DNS.
import type { Timer } from '../../clock/clock.ts';
import type { Route } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Directory } from '../policy/directory.ts';
import type { NewMessage, RecipientOutcome } from '../spool/spool.ts';
import { findMailExchangers, type MxLookupOptions } from './mx-lookup.ts';
import type { LaneParts } from './lane.ts';
import { SideWay } from './side-way.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** Domains that are delivered to at the same time; where more have mail they take turns, for servers that are away keep theirs for days. */
const MOST_WAYS = 20;
/** A route out of DNS is good for this long, ms. */
const ROUTE_FOR_MS = 1_800_000;
/** A name that DNS could not say is asked again after this, ms. */
const LOOK_UP_AGAIN_MS = 600_000;

export interface BounceRoutesParts extends LaneParts {
  directory: Directory;
  settings: () => Settings;
  /** Whether mail is given up when it has waited too long: not while the clock may be wrong. */
  givesUp: () => boolean;
  exchange: MxLookupOptions;
}

function bounceWay(domain: string, route: Route, parts: LaneParts): SideWay {
  const key = { bouncesTo: domain };
  return new SideWay({ name: domain, key, route, expires: true, settlesFor: domain }, parts);
}

/** A domain's place among those that are delivered to. */
interface BounceDomain {
  /** Null until DNS has said where it leads. */
  way: SideWay | null;
  /** When DNS is asked again, by the steady clock. */
  lookUpAt: number;
  busy: boolean;
}

export class BounceRoutes {
  readonly #parts: BounceRoutesParts;
  readonly #berths = new Map<string, BounceDomain>();
  /** When a domain that has mail was last given a way, by the steady clock. */
  readonly #servedAt = new Map<string, number>();
  #timer: Timer | null = null;
  #closed = false;

  constructor(parts: BounceRoutesParts) {
    this.#parts = parts;
  }

  /** A bounce was put into the spool. */
  accepted(message: NewMessage): void {
    for (const { domain, state } of message.recipients)
      if (state === 'queued' && !this.#parts.directory.get(domain)) void this.#serve(domain);
  }

  /** Looks for bounces that wait, at the start and from time to time. */
  async look(): Promise<void> {
    if (this.#closed) return;
    await this.#serveWaiting();
    this.#plan();
  }

  #plan(): void {
    this.#timer?.cancel();
    if (!this.#closed) this.#timer = this.#parts.clock.after(LOOK_UP_AGAIN_MS, () => void this.look());
  }

  async #serveWaiting(): Promise<void> {
    const { spool, directory, events } = this.#parts;
    try {
      const waiting = new Set(await spool.db.read('bounceDomains'));
      for (const [name, { busy }] of this.#berths) {
        if (waiting.has(name) && !directory.get(name)) continue;
        if (!busy) await this.drop(name);
      }
      for (const name of this.#servedAt.keys()) if (!waiting.has(name)) this.#servedAt.delete(name);
      const servedAt = (name: string) => this.#servedAt.get(name) ?? 0;
      const names = [...waiting].filter((name) => !directory.get(name));
      const next = names.filter((name) => !this.#berths.has(name)).sort((a, b) => servedAt(a) - servedAt(b));
      await this.#makeRoom(next.length);
      for (const name of next) await this.#serve(name);
      for (const name of names) if (this.#berths.has(name)) await this.#serve(name);
    } catch (error) {
      events.emit('fault', { part: 'bounces', what: 'waiting bounces cannot be looked for', error });
    }
  }

  /** Those that have had a place longest, and use it for nothing now, make room for so many others: what they could not deliver is on disk. */
  async #makeRoom(wanted: number): Promise<void> {
    for (const [name, { way, busy }] of this.#berths) {
      if (MOST_WAYS - this.#berths.size >= Math.min(wanted, MOST_WAYS)) return;
      if (!busy && way?.lane.isIdle !== false) await this.drop(name);
    }
  }

  /** An admin wants to know now. */
  wake(): void {
    for (const { way } of this.#berths.values()) way?.lane.resetBackoff();
    void this.look();
  }

  /** The clock jumped by `by` ms (negative: back), just now. */
  clockJumped(by: number): void {
    for (const { way } of this.#berths.values()) way?.clockJumped(by);
  }

  /** What waits was planned anew after a jump of the clock. */
  replanned(): void {
    for (const { way } of this.#berths.values()) way?.lane.wake();
    void this.look();
  }

  /** The domain is ours now, or has no more mail. */
  async drop(name: string): Promise<void> {
    const berth = this.#berths.get(name);
    this.#berths.delete(name);
    await berth?.way?.lane.close();
  }

  async #serve(name: string): Promise<void> {
    let berth = this.#berths.get(name);
    if (!berth) {
      // The rest is found by the next look.
      if (this.#berths.size >= MOST_WAYS) return;
      berth = { way: null, lookUpAt: 0, busy: false };
      this.#berths.set(name, berth);
      this.#servedAt.set(name, this.#parts.clock.steady());
    }
    if (berth.busy || this.#closed) return;
    if (berth.way && this.#parts.clock.steady() < berth.lookUpAt) {
      berth.way.lane.wake();
      return;
    }
    berth.busy = true;
    try {
      await this.#findRoute(name, berth);
    } catch (error) {
      const what = `the way to ${name} cannot be found`;
      this.#parts.events.emit('fault', { part: 'bounces', domain: name, what, error });
    } finally {
      berth.busy = false;
    }
  }

  async #findRoute(name: string, berth: BounceDomain): Promise<void> {
    const found = await findMailExchangers(name, this.#parts.exchange);
    if (this.#closed || this.#berths.get(name) !== berth) return;
    if (found.kind === 'route') {
      berth.lookUpAt = this.#parts.clock.steady() + ROUTE_FOR_MS;
      if (berth.way) berth.way.routeIs(found.route);
      else {
        berth.way = bounceWay(name, found.route, this.#parts);
        berth.way.lane.wake();
      }
      return;
    }
    if (berth.way) return;
    await this.#settle(name, found.reply, found.kind === 'never');
    this.#berths.delete(name);
  }

  /** No server to ask: what waits is refused for good, or waits until it is too old. */
  async #settle(domain: string, reply: Reply, forGood: boolean): Promise<void> {
    const { clock, spool, settings, givesUp, events } = this.#parts;
    const now = clock.now();
    const ids = new Set<number>();
    for (const { id, position, since } of await spool.db.write('queuedTo', domain)) {
      const tooOld = givesUp() && now - since > settings().delivery.expireDays * DAY_MS;
      const result: RecipientOutcome = {
        position,
        waySince: null,
        cause: 'other',
        reply,
        state: forGood ? 'refused' : tooOld ? 'expired' : 'queued',
        nextAt: forGood || tooOld ? null : now + LOOK_UP_AGAIN_MS,
        counted: true,
      };
      await spool.db.write('settle', { messageId: id, results: [result], attempt: null });
      ids.add(id);
    }
    events.emit('changed', { ids: [...ids] });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all([...this.#berths.values()].map(async ({ way }) => way?.lane.close()));
  }
}
