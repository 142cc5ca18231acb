// The way to a protected domain's own server: by the domain's route, as its mode has it, and held by itself when the server takes no more.
import type { Cause } from '../../../shared/cause.ts';
import type { Domain, Route } from '../../../shared/domain.ts';
import type { MessageState, Reply } from '../../../shared/message.ts';
import type { WayKey } from '../../storage/operations/spool.ts';
import type { DueMessage, RecipientOutcome } from '../spool/spool.ts';
import { HoldTest, type HoldTestParts } from './hold-test.ts';
import { Lane, type LaneParts } from './lane.ts';
import { isAboutServer } from './reply.ts';
import { ServerWatch } from './server-watch.ts';
import type { Way, WayOutcome } from './way.ts';

/** What a domain's way tells. */
export interface DomainWayEvents {
  settled: (message: DueMessage, state: MessageState, results: RecipientOutcome[], domain: string) => void;
  health: (domain: string) => void;
  /** The server stopped taking this domain's mail; asked for by the settings (`autoHold`). Said again at every attempt. */
  stopped: (domain: string, cause: Cause, reply: Reply) => void;
  /** Held by Mailward: the server took a held message, or refused it for the message's own sake. */
  home: (domain: string) => void;
}

export class DomainWay implements Way {
  readonly name: string;
  readonly key: WayKey;
  readonly expires = true;
  readonly teaches = true;
  readonly server: ServerWatch;
  readonly lane: Lane;
  readonly #parts: HoldTestParts;
  readonly #events: DomainWayEvents;
  readonly #test: HoldTest;
  #domain: Domain;

  constructor(domain: Domain, parts: LaneParts & HoldTestParts, events: DomainWayEvents) {
    this.name = domain.name;
    this.key = { domain: domain.name };
    this.#domain = domain;
    this.#parts = parts;
    this.#events = events;
    this.server = new ServerWatch(parts.clock, () => events.health(this.name));
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
    this.#events.settled(message, state, results, this.name);
    const { mode } = this.#domain;
    if (mode.name === 'hold') {
      const isHome = !refusing && answers.some(({ meaning }) => !isAboutServer(meaning));
      if (mode.setBy === 'mailward' && isHome) this.#events.home(this.name);
      return;
    }
    const trouble = this.server.worthHolding(refusing, this.#parts.settings().autoHold);
    if (trouble) this.#events.stopped(this.name, trouble.cause, trouble.reply);
  };
}

/** Where a domain's mail goes in its present mode. */
export function routeOf(domain: Domain): Route {
  return domain.mode.name === 'reroute' && domain.mode.reroute ? domain.mode.reroute : domain.route;
}
