// The way to a protected domain's own server: by the domain's route, as its mode has it, and held by itself when the server takes no more.
import type { Domain, Route } from '../../../shared/domain.ts';
import type { WayKey } from '../../storage/operations/spool.ts';
import { HoldTest, type HoldTestParts } from './hold-test.ts';
import { Lane, type LaneParts } from './lane.ts';
import { isAboutServer } from '../smtp/reply-meaning.ts';
import { ServerWatch } from './server-watch.ts';
import type { Way, WayOutcome } from './way.ts';

export class DomainWay implements Way {
  readonly name: string;
  readonly key: WayKey;
  readonly expires = true;
  readonly teaches = true;
  readonly server: ServerWatch;
  readonly lane: Lane;
  readonly #parts: LaneParts & HoldTestParts;
  readonly #test: HoldTest;
  #domain: Domain;

  constructor(domain: Domain, parts: LaneParts & HoldTestParts) {
    this.name = domain.name;
    this.key = { domain: domain.name };
    this.#domain = domain;
    this.#parts = parts;
    this.server = new ServerWatch(parts.clock, () => parts.events.emit('serverState', { domain: this.name }));
    this.lane = new Lane(this, parts);
    this.#test = new HoldTest(domain.name, this.lane, parts);
    this.#test.modeIs(domain.mode);
  }

  readonly route = (): Route => routeOf(this.#domain);

  readonly mayGo = (): boolean => this.#domain.mode.name !== 'hold';

  /** The domain's route or mode was changed. */
  update(domain: Domain): void {
    this.#domain = domain;
    this.server.startAnew();
    this.#test.modeIs(domain.mode);
    this.lane.wayChanged();
  }

  /** The clock jumped by `by` ms (negative: back), just now. */
  clockJumped(by: number): void {
    this.server.clockJumped(by);
    this.lane.clockJumped();
  }

  async close(): Promise<void> {
    this.#test.close();
    await this.lane.close();
  }

  readonly onOutcome = ({ message, state, results, answers, refusing }: WayOutcome): void => {
    const { events, settings } = this.#parts;
    events.emit('settled', { message, state, results, domain: this.name });
    const { mode } = this.#domain;
    if (mode.name === 'hold') {
      const isHome = !refusing && answers.some(({ meaning }) => !isAboutServer(meaning));
      if (mode.setBy === 'mailward' && isHome) events.emit('recovered', { domain: this.name });
      return;
    }
    const trouble = this.server.worthHolding(refusing, settings().autoHold);
    if (trouble) events.emit('stopped', { domain: this.name, cause: trouble.cause, reply: trouble.reply });
  };
}

/** Where a domain's mail goes in its present mode. */
export function routeOf(domain: Domain): Route {
  return domain.mode.name === 'reroute' && domain.mode.reroute ? domain.mode.reroute : domain.route;
}
