// The scheduler: each protected domain's way out, and the chores that come round by the clock.
import type { Timer } from '../../clock/clock.ts';
import type { Domain } from '../../../shared/domain.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Directory } from '../policy/directory.ts';
import type { DueMessage, NewMessage } from '../spool/spool.ts';
import { DomainWay } from './domain-way.ts';
import type { LaneParts } from './lane.ts';
import { longestPause } from './retry-schedule.ts';
import type { ServerCondition } from './server-watch.ts';
import type { ThrottleFigures } from '../smtp/throttle.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** How often expired and out-of-date mail is looked for, ms. */
const CHORES_EVERY_MS = 600_000;
/** Old log rows looked at in one go. */
const FORGET_SLICE = 500;

export interface SchedulerParts extends LaneParts {
  directory: Directory;
  settings: () => Settings;
  /** When a sender is to be told of what is given up now, UTC ms. */
  bounceAt: () => number;
  /** Whether mail is given up when it has waited too long: not while the clock may be wrong. */
  givesUp: () => boolean;
  /** Whether what is past its time is forgotten: the same. */
  forgets: () => boolean;
  /** What else comes round by the clock. */
  chores: () => Promise<void>;
}

export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #ways = new Map<string, DomainWay>();
  #chores: Timer | null = null;
  #closed = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  start(): void {
    for (const domain of this.#parts.directory.all()) this.domainChanged(domain);
    const round = () => {
      if (this.#closed) return;
      this.#chores = this.#parts.clock.after(CHORES_EVERY_MS, () => void this.#doChores().finally(round));
    };
    void this.#doChores().finally(round);
  }

  /** A domain is new, or its route or mode was changed. */
  domainChanged(domain: Domain): void {
    const way = this.#ways.get(domain.name);
    if (way) {
      way.update(domain);
      return;
    }
    const created = new DomainWay(domain, this.#parts);
    this.#ways.set(domain.name, created);
    created.lane.wake();
  }

  async domainRemoved(name: string): Promise<void> {
    const way = this.#ways.get(name);
    this.#ways.delete(name);
    await way?.close();
  }

  /** A message was accepted: off it goes, to each of its domains. */
  accepted(message: NewMessage, content: Buffer | null): void {
    const { recipients, receivedAt } = message;
    const due = new Map<string, DueMessage['recipients']>();
    const domains = new Set<string>();
    for (const [position, { address, domain, state }] of recipients.entries()) {
      domains.add(domain);
      if (state !== 'queued') continue;
      const one = { position, address, attempts: 0, deferrals: 0, queuedSince: receivedAt, waySince: null };
      const others = due.get(domain);
      if (others) others.push(one);
      else due.set(domain, [one]);
    }
    for (const [domain, ofDomain] of due) {
      this.#ways.get(domain)?.lane.arrived(
        {
          id: message.id,
          sender: message.sender,
          subject: message.subject,
          size: message.size,
          receivedAt,
          clientAddress: message.clientAddress,
          body8bit: message.body8bit,
          smtpUtf8: message.smtpUtf8,
          recipients: ofDomain,
          recipientCount: recipients.length,
          firstRecipients: recipients.slice(0, 3).map((one) => one.address),
          domains: [...domains],
        },
        content,
      );
    }
  }

  /** Looks for due mail of a domain now, or of all (null). `resetBackoff` forgets that servers failed: somebody asked for a retry. */
  wake(domain: string | null, resetBackoff: boolean): void {
    for (const { name, lane } of this.#ways.values()) {
      if (domain !== null && name !== domain) continue;
      if (resetBackoff) lane.resetBackoff();
      else lane.wake();
    }
  }

  /** The clock jumped by `by` ms (negative: back), just now: what waits is looked for when `wake` is called. */
  clockJumped(by: number): void {
    for (const way of this.#ways.values()) way.clockJumped(by);
  }

  condition(domain: string): ServerCondition | null {
    return this.#ways.get(domain)?.server.condition ?? null;
  }

  /** How much the domain's server bears, as far as it is known. */
  pace(domain: string): ThrottleFigures | null {
    return this.#ways.get(domain)?.lane.throttle?.figures() ?? null;
  }

  /** Waits for attempts under way, so that their outcome is written; starts no more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#chores?.cancel();
    await Promise.all([...this.#ways.values()].map((way) => way.close()));
  }

  async #doChores(): Promise<void> {
    const { clock, spool, directory, settings, events, chores } = this.#parts;
    try {
      const now = clock.now();
      const { expireDays, retrySeconds } = settings().delivery;
      const before = now - expireDays * DAY_MS;
      const latest = now + longestPause(retrySeconds);
      for (const { name } of directory.all()) {
        // Planned when the clock was ahead, in a way that nobody noticed.
        if ((await spool.db.write('hurryLate', { domain: name, latest, now })) > 0) this.wake(name, false);
        // A lane that is paused for days never tries what expires meanwhile.
        if (!this.#parts.givesUp()) continue;
        const ids = await spool.db.write('expire', {
          domain: name,
          before,
          bounceAt: this.#parts.bounceAt(),
        });
        if (ids.length > 0) events.emit('expired', { ids });
      }
      if (!this.#parts.forgets()) return;
      await chores();
      const old = now - settings().log.keepDays * DAY_MS;
      for (let after: number | null = 0; after !== null && !this.#closed; )
        after = (await spool.db.write('forget', { before: old, after, limit: FORGET_SLICE })).next;
    } catch (error) {
      events.emit('fault', { part: 'delivery', what: 'the regular clean-up did not work', error });
    }
  }
}
