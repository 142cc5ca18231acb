// What a domain's mail does now: changed by an admin, by the clock, or by Mailward when the server stops taking the mail.
import { causeWords, type Cause } from '../../shared/cause.ts';
import type { Selection } from '../../shared/contract/index.ts';
import type { Domain, Mode } from '../../shared/domain.ts';
import type { MessageState, Reply } from '../../shared/message.ts';
import type { Clock } from '../clock/clock.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Action } from '../storage/operations/actions.ts';

/** Timers overflow at 2^31 ms. */
const LONGEST_TIMER = 86_400_000;
const LONGEST_REASON = 500;

export interface ModesParts {
  clock: Clock;
  directory: Directory;
  scheduler: Scheduler;
  settings: () => Settings;
  /** Writes a domain down and tells whoever must know. */
  change: (domain: Domain) => Promise<Domain>;
  act: (action: Action, selection: Selection, heldBy: 'mode') => Promise<number>;
  trouble: (words: string) => void;
}

export class Modes {
  readonly #parts: ModesParts;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Domains whose mode is being changed by Mailward: news that come meanwhile are old. */
  readonly #changing = new Set<string>();
  #closed = false;

  constructor(parts: ModesParts) {
    this.#parts = parts;
  }

  /** The clock jumped by `by` ms (negative: back): end times are an admin's, and meant by the right clock. */
  async clockJumped(by: number): Promise<void> {
    const now = this.#parts.clock.now();
    for (const domain of this.#parts.directory.all()) {
      // Nothing has been so since a time to come.
      if (domain.mode.since > now)
        await this.#parts.change({ ...domain, mode: { ...domain.mode, since: domain.mode.since + by } });
      this.#watch(domain);
    }
  }

  /** Takes up end times that were set before a restart; those that passed meanwhile end now. */
  start(): void {
    for (const domain of this.#parts.directory.all()) this.#watch(domain);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Sets the mode, and brings the domain's waiting mail in line with it. */
  async set(domain: Domain, mode: Mode): Promise<Domain> {
    const changed = await this.#parts.change({ ...domain, mode });
    this.#watch(changed);
    const states = (...all: MessageState[]) => ({ domain: domain.name, states: all });
    if (mode.name === 'hold') await this.#parts.act('hold', states('queued'), 'mode');
    else {
      await this.#parts.act('release', states('held'), 'mode');
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
  home(name: string): void {
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
    this.set(domain, mode)
      .catch((error: unknown) =>
        this.#parts.trouble(`the mode of ${domain.name} could not be changed: ${(error as Error).message}`),
      )
      .finally(() => this.#changing.delete(domain.name));
  }

  #watch({ name, mode }: Domain): void {
    const timer = this.#timers.get(name);
    if (timer) clearTimeout(timer);
    this.#timers.delete(name);
    if (mode.until === null || this.#closed) return;
    const left = mode.until - this.#parts.clock.now();
    this.#timers.set(
      name,
      setTimeout(
        () => {
          const domain = this.#parts.directory.get(name);
          const end = domain?.mode.until ?? null;
          if (!domain || end === null) return;
          if (end > this.#parts.clock.now()) this.#watch(domain);
          else
            this.#byItself(domain, {
              ...delivering(this.#parts.clock),
              setBy: 'mailward',
              reason: 'the time set was over',
            });
        },
        Math.min(LONGEST_TIMER, Math.max(0, left)),
      ),
    );
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
