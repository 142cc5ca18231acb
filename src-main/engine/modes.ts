// What a domain's mail does now: changed by an admin, by the clock, or by Mailward when the server stops taking the mail.
import { causeWords, type Cause } from '../../shared/cause.ts';
import type { Domain, Mode } from '../../shared/domain.ts';
import type { Actor } from '../../shared/journal.ts';
import type { MessageState, Reply } from '../../shared/message.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Settings } from '../../shared/settings.ts';
import { MAILWARD } from './asking.ts';
import type { Domains } from './domains.ts';
import type { EngineEvents } from './events.ts';
import type { QueueActions } from './queue-actions.ts';

const LONGEST_REASON = 500;
/** An end time is looked at again after this at the latest, ms: it goes by a clock that may creep away from the one that waits. */
const LONGEST_WAIT_MS = 600_000;

export interface ModesParts {
  clock: Clock;
  directory: Directory;
  scheduler: Scheduler;
  settings: () => Settings;
  domains: Domains;
  actions: QueueActions;
  events: Publisher<EngineEvents>;
}

export class Modes {
  readonly #parts: ModesParts;
  readonly #timers = new Map<string, Timer>();
  /** Domains whose mode is being changed by Mailward: news that come meanwhile are old. */
  readonly #changing = new Set<string>();
  #closed = false;

  constructor(parts: ModesParts) {
    this.#parts = parts;
  }

  /** The clock jumped by `by` ms (negative: back): end times are an admin's, and meant by the right clock. */
  clockJumped(by: number): void {
    this.#goByClock(by).catch((error: unknown) =>
      this.#parts.events.emit('fault', {
        part: 'modes',
        what: 'not everything goes by the corrected clock yet',
        error,
      }),
    );
  }

  async #goByClock(by: number): Promise<void> {
    const now = this.#parts.clock.now();
    for (const domain of this.#parts.directory.all()) {
      // Nothing has been so since a time to come.
      if (domain.mode.since > now)
        await this.#parts.domains.change(
          { ...domain, mode: { ...domain.mode, since: domain.mode.since + by } },
          MAILWARD,
        );
      this.#watch(domain);
    }
  }

  /** Takes up end times that were set before a restart; those that passed meanwhile end now. */
  start(): void {
    for (const domain of this.#parts.directory.all()) this.#watch(domain);
  }

  /** The machine slept, and timers may not have: end times that passed meanwhile end now. */
  woke(): void {
    this.start();
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** Sets the mode, and brings the domain's waiting mail in line with it. */
  async set(domain: Domain, mode: Mode, by: Actor): Promise<Domain> {
    const changed = await this.#parts.domains.change({ ...domain, mode }, by);
    this.#watch(changed);
    const states = (...all: MessageState[]) => ({ domain: domain.name, states: all });
    if (mode.name === 'hold') await this.#parts.actions.act('hold', states('queued'), 'mode');
    else {
      await this.#parts.actions.act('release', states('held'), 'mode');
      this.#parts.scheduler.wake(domain.name, true);
    }
    return changed;
  }

  /** A domain's server stopped taking its mail: hold it. */
  stopped(name: string, cause: Cause, reply: Reply): void {
    const domain = this.#parts.directory.get(name);
    if (!domain || domain.mode.name === 'hold') return;
    const said =
      reply.code === 0 ? '' : `: ${reply.code} ${reply.enhanced ?? ''} ${reply.text}`.replace(/ +/g, ' ');
    this.#byItself(domain, {
      ...delivering(this.#parts.clock),
      name: 'hold',
      reason: `your server ${causeWords[cause].server}${said}`.slice(0, LONGEST_REASON),
      // A reroute that does not work is held as it is, so that the mail goes on there when it does.
      reroute: domain.mode.reroute,
      setBy: 'mailward',
    });
  }

  /** The server of a domain that Mailward holds takes its mail again. */
  recovered(name: string): void {
    const domain = this.#parts.directory.get(name);
    if (domain?.mode.name !== 'hold' || domain.mode.setBy !== 'mailward') return;
    if (this.#parts.settings().autoHold.deliverAgain)
      this.#byItself(domain, goOn(domain.mode, this.#parts.clock));
    else if (domain.mode.homeSince === null)
      this.#byItself(domain, { ...domain.mode, homeSince: this.#parts.clock.now() });
  }

  #byItself(domain: Domain, mode: Mode): void {
    if (this.#closed || this.#changing.has(domain.name)) return;
    this.#changing.add(domain.name);
    this.set(domain, mode, MAILWARD)
      .catch((error: unknown) =>
        this.#parts.events.emit('fault', {
          part: 'modes',
          domain: domain.name,
          what: `the mode of ${domain.name} could not be changed`,
          error,
        }),
      )
      .finally(() => this.#changing.delete(domain.name));
  }

  #watch({ name, mode }: Domain): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
    if (mode.until === null || this.#closed) return;
    const { clock, directory } = this.#parts;
    const wait = Math.min(Math.max(0, mode.until - clock.now()), LONGEST_WAIT_MS);
    const ends = clock.after(wait, () => {
      const domain = directory.get(name);
      const end = domain?.mode.until ?? null;
      if (!domain || end === null) return;
      if (end > clock.now()) this.#watch(domain);
      else
        this.#byItself(domain, {
          ...delivering(clock),
          setBy: 'mailward',
          reason: 'the time set was over',
        });
    });
    this.#timers.set(name, ends);
  }
}

/** Mode `deliver`, from now on. */
export function delivering(clock: Clock): Mode {
  return {
    name: 'deliver',
    since: clock.now(),
    reason: '',
    reroute: null,
    until: null,
    setBy: 'admin',
    homeSince: null,
  };
}

/** After a hold by itself mail takes the way that it took before. */
function goOn(mode: Mode, clock: Clock): Mode {
  return {
    ...delivering(clock),
    name: mode.reroute === null ? 'deliver' : 'reroute',
    reroute: mode.reroute,
    setBy: 'mailward',
    reason: 'the server takes mail for the domain again',
  };
}
