// All other ways that mail is sent on, by route; and who has which message in hand, so that no two send it at once.
import type { Route } from '../../../shared/domain.ts';
import { detourRouteText, type DetouredMessage } from '../../storage/operations/detours.ts';
import { Detour, type DetourParts } from './detour.ts';
import type { DestinationsOptions } from './destinations.ts';

/** How long a stop waits for attempts under way, ms. */
const GRACE = 10_000;
/** And for what became of those it cut off to be written, ms. */
const WRITTEN = 2_000;
/** How long a change waits for the attempt under way, ms. */
const PATIENCE = 10_000;
/** Pause before the routes that could not be read are read again, ms. */
const READ_AGAIN = 2_000;

export interface DetoursOptions extends Omit<DetourParts, 'out' | 'take' | 'giveBack'> {
  /** How servers are reached. */
  out: () => DestinationsOptions;
  /** Whether the way out of one of these domains has the message in hand. */
  isBusy: (domain: string, id: number) => boolean;
}

export class Detours {
  readonly #options: DetoursOptions;
  readonly #ways = new Map<string, Detour>();
  /** Messages that are being offered to a server. */
  readonly #inHand = new Set<number>();
  /** Messages that are being changed, and by how many. */
  readonly #apart = new Map<number, number>();
  readonly #ended = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;
  #running = false;

  constructor(options: DetoursOptions) {
    this.#options = options;
  }

  /** Takes up what was on its way before a restart. */
  start(): void {
    this.#running = true;
    void this.#look(false);
  }

  /** Mail was set on another way, or is to be tried now; the back-off of the servers there is forgotten. */
  wake(): void {
    void this.#look(true);
  }

  /** When a route may be tried (UTC ms); 0 when nothing stands in the way. */
  pausedUntil(route: Route): number {
    return this.#ways.get(detourRouteText(route))?.pausedUntil ?? 0;
  }

  /**
   * Makes a change to messages while none of them is taken up here. Those that are being offered to a server are
   * waited for, `PATIENCE` ms at most when `wait` is set; what is in hand then is left out of `change` and returned as `busy`.
   */
  async apart<T>(
    ids: readonly number[],
    wait: boolean,
    change: (free: number[]) => Promise<T>,
  ): Promise<{ value: T; busy: number[] }> {
    const all = new Set(ids);
    for (const id of all) this.#apart.set(id, (this.#apart.get(id) ?? 0) + 1);
    this.#forget(all);
    try {
      if (wait) await this.#untilFree(all);
      const busy = ids.filter((id) => this.#inHand.has(id));
      return { value: await change(ids.filter((id) => !this.#inHand.has(id))), busy };
    } finally {
      for (const id of all) {
        const left = (this.#apart.get(id) ?? 1) - 1;
        if (left > 0) this.#apart.set(id, left);
        else this.#apart.delete(id);
      }
      this.#forget(all);
      for (const way of this.#ways.values()) way.wake(false);
    }
  }

  /** Waits for attempts under way, so that their outcome is written; starts no more. */
  async close(): Promise<void> {
    this.#running = false;
    if (this.#timer) clearTimeout(this.#timer);
    for (const way of this.#ways.values()) way.close();
    await this.#untilFree(this.#inHand, GRACE);
    for (const way of this.#ways.values()) way.abandon();
    await this.#untilFree(this.#inHand, WRITTEN);
  }

  #forget(ids: ReadonlySet<number>): void {
    for (const way of this.#ways.values()) way.forget(ids);
  }

  async #look(forgive: boolean): Promise<void> {
    if (!this.#running) return;
    const { spool, trouble } = this.#options;
    try {
      const routes = new Set(await spool.db.read('detourRoutes'));
      if (!this.#isRunning()) return;
      for (const [route, way] of this.#ways) {
        if (routes.has(route) || !way.isIdle) continue;
        way.close();
        this.#ways.delete(route);
      }
      for (const route of routes) {
        let way = this.#ways.get(route);
        if (!way) {
          way = new Detour(route, this.#parts());
          this.#ways.set(route, way);
        }
        way.wake(forgive);
      }
    } catch (error) {
      trouble(`what is sent another way cannot be read: ${(error as Error).message}`);
      if (this.#timer) clearTimeout(this.#timer);
      if (this.#isRunning()) this.#timer = setTimeout(() => void this.#look(forgive), READ_AGAIN);
    }
  }

  /** Asked after an await, when it may have changed. */
  #isRunning(): boolean {
    return this.#running;
  }

  #parts(): DetourParts {
    return {
      ...this.#options,
      out: this.#options.out(),
      take: (message) => this.#take(message),
      giveBack: ({ id }) => {
        this.#inHand.delete(id);
        for (const ended of this.#ended) ended();
      },
    };
  }

  /**
   * A lane that still has the message was told of it before it was set on this way, for lanes never take what is held; what it reads
   * it reads by the same thread in turn, so that by the time we know of the detour the lane has said what it has in hand.
   */
  #take(message: DetouredMessage): boolean {
    const { id, recipients } = message;
    if (this.#inHand.has(id) || this.#apart.has(id)) return false;
    if (recipients.some(({ domain }) => this.#options.isBusy(domain, id))) return false;
    this.#inHand.add(id);
    return true;
  }

  async #untilFree(ids: ReadonlySet<number>, most = PATIENCE): Promise<void> {
    const isBusy = () => [...ids].some((id) => this.#inHand.has(id));
    if (!isBusy()) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#ended.delete(check);
        resolve();
      };
      const timer = setTimeout(end, most);
      const check = () => {
        if (!isBusy()) end();
      };
      this.#ended.add(check);
    });
  }
}
