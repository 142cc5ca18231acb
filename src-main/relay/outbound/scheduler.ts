// The scheduler: each protected domain's way out, how servers are reached by any way, and the chores that come round by the clock.
import type { Timer } from '../../clock/clock.ts';
import type { SecureResolver } from './dane.ts';
import type { Domain } from '../../../shared/domain.ts';
import type { Settings } from '../../../shared/settings.ts';
import { ownName } from '../inbound/header.ts';
import type { Directory } from '../policy/directory.ts';
import type { DueMessage, NewMessage, Spool } from '../spool/spool.ts';
import { AddressBook, type LookUp } from './addresses.ts';
import type { Claims } from './claims.ts';
import { Delivery, type DeliveryParts } from './delivery.ts';
import type { DestinationsOptions } from './destinations.ts';
import { DomainWay, routeOf, type DomainWayEvents } from './domain-way.ts';
import type { LaneParts } from './lane.ts';
import { Quirks } from './quirks.ts';
import { longestPause } from './retry.ts';
import type { ServerHealth } from './server-watch.ts';
import { Throttles, type ThrottleFigures } from './throttle.ts';

const DAY_MS = 86_400_000;
/** How often expired and out-of-date mail is looked for, ms. */
const CHORES_EVERY_MS = 600_000;
/** Old log rows removed in one go. */
const FORGET_SLICE = 500;

export interface SchedulerOptions extends DomainWayEvents, Omit<DeliveryParts, 'spool'> {
  spool: Spool;
  /** Who has which mail in hand, whatever way it goes. */
  claims: Claims;
  directory: Directory;
  settings: () => Settings;
  /** In place of the system's look-up. */
  lookUp?: LookUp | undefined;
  /** A validating resolver, when there is one. */
  secure: () => SecureResolver | null;
  /** A destination's addresses are not what they were; `before` is empty when none were known. */
  moved: (host: string, before: string[], after: string[]) => void;
  /** Messages that the clock changed. */
  expired: (ids: number[]) => void;
  /** Whether what is past its time is forgotten: not while the clock may be wrong. */
  forgets: () => boolean;
  /** What else comes round by the clock. */
  chores: () => Promise<void>;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #delivery: Delivery;
  readonly #ways = new Map<string, DomainWay>();
  readonly #throttles = new Throttles();
  readonly #quirks: Quirks;
  readonly #addresses: AddressBook;
  #chores: Timer | null = null;
  #closed = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options);
    this.#quirks = new Quirks(options.clock.steady);
    this.#addresses = new AddressBook({
      now: options.clock.steady,
      moved: options.moved,
      ...(options.lookUp === undefined ? {} : { lookUp: options.lookUp }),
    });
  }

  /** What every lane needs, whatever its way. */
  get lanes(): LaneParts {
    const { clock, spool, claims, trouble } = this.#options;
    return { clock, spool, claims, trouble, delivery: this.#delivery, out: this.out };
  }

  /** How servers are reached, by every way alike. */
  get out(): DestinationsOptions {
    const { settings } = this.#options;
    return {
      clock: this.#options.clock,
      throttles: this.#throttles,
      limits: () => settings().delivery,
      session: () => {
        const { smtp, delivery } = settings();
        return {
          hostname: ownName(smtp.hostname),
          connectSeconds: delivery.connectSeconds,
          replySeconds: delivery.replySeconds,
          messageSeconds: delivery.messageReplySeconds,
          quirks: this.#quirks,
          addresses: this.#addresses,
          secure: this.#options.secure(),
        };
      },
    };
  }

  /** Whether every server of a domain's route was lately seen not to offer SMTPUTF8 (RFC 6531). */
  lacksSmtpUtf8(domain: Domain): boolean {
    return routeOf(domain).every((destination) => this.#quirks.until(destination, 'no-smtputf8') !== null);
  }

  /** What was known of a host before a restart. */
  rememberAddresses(host: string, addresses: string[]): void {
    this.#addresses.remember(host, addresses);
  }

  start(): void {
    for (const domain of this.#options.directory.all()) this.domainChanged(domain);
    const round = () => {
      if (this.#closed) return;
      this.#chores = this.#options.clock.after(CHORES_EVERY_MS, () => void this.#doChores().finally(round));
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
    const { settings } = this.#options;
    const created = new DomainWay(domain, { ...this.lanes, settings }, this.#options);
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
      this.#ways.get(domain)?.lane.offer(
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

  health(domain: string): ServerHealth | null {
    return this.#ways.get(domain)?.server.health ?? null;
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
    const { clock, spool, directory, settings, expired, chores, trouble } = this.#options;
    try {
      const now = clock.now();
      const { expireDays, retrySeconds } = settings().delivery;
      const before = now - expireDays * DAY_MS;
      const latest = now + longestPause(retrySeconds);
      for (const { name } of directory.all()) {
        // Planned when the clock was ahead, in a way that nobody noticed.
        if ((await spool.db.write('hurryLate', { domain: name, latest, now })) > 0) this.wake(name, false);
        // A lane that is paused for days never tries what expires meanwhile.
        if (!this.#options.givesUp()) continue;
        const ids = await spool.db.write('expire', {
          domain: name,
          before,
          bounceAt: this.#options.bounceAt(),
        });
        if (ids.length > 0) expired(ids);
      }
      if (!this.#options.forgets()) return;
      await chores();
      const old = now - settings().log.keepDays * DAY_MS;
      while ((await spool.db.write('forget', { before: old, limit: FORGET_SLICE })) === FORGET_SLICE);
    } catch (error) {
      trouble(`the regular clean-up did not work: ${(error as Error).message}`);
    }
  }
}
