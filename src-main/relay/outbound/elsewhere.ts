// The way out for bounces to domains that are not ours: a lane for each while it has mail, its route found in DNS.
import type { Clock } from '../../clock/clock.ts';
import { modeSchema, type Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Directory } from '../policy/directory.ts';
import type { NewMessage, RecipientOutcome, Spool } from '../spool/spool.ts';
import type { DestinationsOptions } from './destinations.ts';
import { findExchange, type ExchangeOptions } from './exchange.ts';
import type { LaneEvents } from './lane-events.ts';
import { Lane } from './lane.ts';

/** Domains that are delivered to at the same time; where more have mail they take turns, for servers that are away keep theirs for days. */
const MOST_LANES = 20;
/** A route out of DNS is good for this long, ms. */
const ROUTE_FOR = 1_800_000;
/** A name that DNS could not say is asked again after this, ms. */
const LOOK_UP_AGAIN = 600_000;
const DAY = 86_400_000;

export interface ElsewhereOptions {
  clock: Clock;
  spool: Spool;
  directory: Directory;
  settings: () => Settings;
  /** How servers are reached. */
  out: () => DestinationsOptions;
  events: Omit<LaneEvents, 'stopped' | 'home'>;
  exchange: ExchangeOptions;
  /** Messages whose fate was settled without an attempt. */
  changed: (ids: number[]) => void;
}

/** A stranger's domain has no mode that could be changed. */
const notOurs = { stopped: () => undefined, home: () => undefined };

interface Way {
  lane: Lane | null;
  /** By the steady clock. */
  lookUpAt: number;
  busy: boolean;
}

export class Elsewhere {
  readonly #options: ElsewhereOptions;
  readonly #ways = new Map<string, Way>();
  /** When a domain that has mail was last given a way, by the steady clock. */
  readonly #servedAt = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** A bounce was put into the spool. */
  accepted(message: NewMessage): void {
    for (const { domain, state } of message.recipients)
      if (state === 'queued' && !this.#options.directory.get(domain)) void this.#serve(domain);
  }

  /** Looks for bounces that wait, at the start and from time to time. */
  async look(): Promise<void> {
    if (this.#closed) return;
    await this.#serveWaiting();
    this.#plan();
  }

  #plan(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.look(), LOOK_UP_AGAIN);
  }

  async #serveWaiting(): Promise<void> {
    const { spool, directory, events } = this.#options;
    try {
      const waiting = new Set(await spool.db.read('bounceDomains'));
      for (const [name, way] of this.#ways) {
        if (waiting.has(name) && !directory.get(name)) continue;
        if (!way.busy) await this.drop(name);
      }
      for (const name of this.#servedAt.keys()) if (!waiting.has(name)) this.#servedAt.delete(name);
      const servedAt = (name: string) => this.#servedAt.get(name) ?? 0;
      const names = [...waiting].filter((name) => !directory.get(name));
      const next = names.filter((name) => !this.#ways.has(name)).sort((a, b) => servedAt(a) - servedAt(b));
      await this.#makeRoom(next.length);
      for (const name of next) await this.#serve(name);
      for (const name of names) if (this.#ways.has(name)) await this.#serve(name);
    } catch (error) {
      events.trouble(`waiting bounces cannot be looked for: ${(error as Error).message}`);
    }
  }

  /** Those that have had a place longest, and use it for nothing now, make room for so many others: what they could not deliver is on disk. */
  async #makeRoom(wanted: number): Promise<void> {
    for (const [name, way] of this.#ways) {
      if (MOST_LANES - this.#ways.size >= Math.min(wanted, MOST_LANES)) return;
      if (!way.busy && way.lane?.isIdle !== false) await this.drop(name);
    }
  }

  /** An admin wants to know now. */
  wake(): void {
    for (const way of this.#ways.values()) way.lane?.wake(true);
    void this.look();
  }

  /** The clock jumped by `by` ms (negative: back), just now. */
  clockJumped(by: number): void {
    for (const way of this.#ways.values()) way.lane?.clockJumped(by);
  }

  /** What waits was planned anew after a jump of the clock. */
  replanned(): void {
    for (const way of this.#ways.values()) way.lane?.wake();
    void this.look();
  }

  /** Whether a domain's lane has a bounce in hand. */
  isBusy(domain: string, id: number): boolean {
    return this.#ways.get(domain)?.lane?.isBusy(id) ?? false;
  }

  /** The domain is ours now, or has no more mail. */
  async drop(name: string): Promise<void> {
    const way = this.#ways.get(name);
    this.#ways.delete(name);
    await way?.lane?.close();
  }

  async #serve(name: string): Promise<void> {
    let way = this.#ways.get(name);
    if (!way) {
      // The rest is found by the next look.
      if (this.#ways.size >= MOST_LANES) return;
      way = { lane: null, lookUpAt: 0, busy: false };
      this.#ways.set(name, way);
      this.#servedAt.set(name, this.#options.clock.steady());
    }
    if (way.busy || this.#closed) return;
    if (way.lane && this.#options.clock.steady() < way.lookUpAt) {
      way.lane.wake();
      return;
    }
    way.busy = true;
    try {
      await this.#findWay(name, way);
    } catch (error) {
      this.#options.events.trouble(`the way to ${name} cannot be found: ${(error as Error).message}`);
    } finally {
      way.busy = false;
    }
  }

  async #findWay(name: string, way: Way): Promise<void> {
    const { spool, settings, out, events, exchange } = this.#options;
    const found = await findExchange(name, exchange);
    if (this.#closed || this.#ways.get(name) !== way) return;
    if (found.kind === 'route') {
      way.lookUpAt = this.#options.clock.steady() + ROUTE_FOR;
      const domain: Domain = {
        name,
        createdAt: 0,
        profile: { expiresAt: null, selectors: [] },
        route: found.route,
        mode: modeSchema.parse({ name: 'deliver', since: 0, reason: '', reroute: null }),
      };
      if (way.lane) way.lane.update(domain);
      else {
        way.lane = new Lane(domain, spool, settings, out(), { ...events, ...notOurs });
        way.lane.wake();
      }
      return;
    }
    if (way.lane) return;
    await this.#settle(name, found.reply, found.kind === 'never');
    this.#ways.delete(name);
  }

  /** No server to ask: what waits is refused for good, or waits until it is too old. */
  async #settle(domain: string, reply: Reply, forGood: boolean): Promise<void> {
    const { clock, spool, settings, events, changed } = this.#options;
    const now = clock.now();
    const ids = new Set<number>();
    for (const { id, position, since } of await spool.db.write('queuedTo', domain)) {
      const tooOld = events.givesUp() && now - since > settings().delivery.expireDays * DAY;
      const result: RecipientOutcome = {
        position,
        cause: 'other',
        reply,
        state: forGood ? 'refused' : tooOld ? 'expired' : 'queued',
        nextAt: forGood || tooOld ? null : now + LOOK_UP_AGAIN,
        counted: true,
      };
      await spool.db.write('settle', { messageId: id, results: [result], attempt: null });
      ids.add(id);
    }
    changed([...ids]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await Promise.all([...this.#ways.values()].map(async (way) => way.lane?.close()));
  }
}
