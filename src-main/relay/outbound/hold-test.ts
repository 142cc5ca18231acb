// While Mailward holds a domain's mail by itself, a held message is offered now and then: nothing else tells as surely whether the server
// takes mail again.
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Mode } from '../../../shared/domain.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import type { Spool } from '../spool/spool.ts';
import type { Lane } from './lane.ts';

export interface HoldTestParts {
  clock: Clock;
  spool: Pick<Spool, 'db'>;
  settings: () => Settings;
  events: Publisher<RelayEvents>;
}

export class HoldTest {
  readonly #domain: string;
  readonly #lane: Lane;
  readonly #parts: HoldTestParts;
  #mode: Mode | null = null;
  #timer: Timer | null = null;
  /** The held message that was offered last. */
  #testedId = 0;

  constructor(domain: string, lane: Lane, parts: HoldTestParts) {
    this.#domain = domain;
    this.#lane = lane;
    this.#parts = parts;
  }

  /** The domain's mode, as it is now: the next test is counted from here. */
  modeIs(mode: Mode): void {
    this.#mode = mode;
    this.#plan();
  }

  close(): void {
    this.#mode = null;
    this.#timer?.cancel();
  }

  #plan(): void {
    this.#timer?.cancel();
    const mode = this.#mode;
    if (mode?.name !== 'hold' || mode.setBy !== 'mailward' || mode.homeSince !== null) return;
    const { clock, settings } = this.#parts;
    this.#timer = clock.after(settings().autoHold.testSeconds * 1000, () => void this.#test());
  }

  async #test(): Promise<void> {
    const { spool, events } = this.#parts;
    try {
      // Another each time, oldest first: some message may be refused, or break the connection, for its own sake.
      const message = await spool.db.read('nextHeld', { domain: this.#domain, after: this.#testedId });
      this.#testedId = message?.id ?? 0;
      // The hold may have ended while the disk was asked.
      if (message && this.#mode?.name === 'hold') await this.#lane.tryNow(message);
    } catch (error) {
      const what = `the held mail of ${this.#domain} could not be tested`;
      events.emit('fault', { part: 'delivery', domain: this.#domain, what, error });
    }
    this.#plan();
  }
}
