// Puts together what knows about recipients and what tells senders: learned recipients, questions at RCPT, bounces both ways.
import type { Clock } from '../clock/clock.ts';
import type { TimeSources } from '../clock/watched.ts';
import type { Domain } from '../../shared/domain.ts';
import type { RecipientsOverview } from '../../shared/recipients.ts';
import type { Settings } from '../../shared/settings.ts';
import { Bouncer } from '../relay/outbound/bouncer.ts';
import { BounceRoutes } from '../relay/outbound/bounce-routes.ts';
import type { DeliveryParts } from '../relay/outbound/delivery.ts';
import type { DomainWayEvents } from '../relay/outbound/domain-way.ts';
import type { LookUp } from '../relay/outbound/addresses.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Authenticator } from '../relay/policy/authentication/authenticator.ts';
import { Callout } from '../relay/policy/callout.ts';
import type { Directory } from '../relay/policy/directory.ts';
import { IncomingBounces } from '../relay/policy/incoming-bounces.ts';
import { LearnedRecipients } from '../relay/policy/learned.ts';
import { RecipientPolicy } from '../relay/policy/recipients.ts';
import { systemResolver, type Resolve } from '../relay/resolver.ts';
import type { NewMessage, RecipientOutcome, Spool } from '../relay/spool/spool.ts';

/** What a lab puts in place of the world. */
export interface World {
  /** UTC ms: for checks, and for what is learned and told of recipients. */
  clock?: () => number;
  /** Where the time comes from. */
  time?: TimeSources;
  resolve?: Resolve;
  /** Where the servers of routes are. */
  lookUp?: LookUp;
  /** Port of the world's mail servers. */
  smtpPort?: number;
  /** How long the office's server may take to answer a question about a recipient, ms. */
  calloutMs?: number;
  /** Lets mail servers of the world have loopback and private addresses. */
  allowInner?: boolean;
}

export interface CorrespondenceOptions {
  spool: Spool;
  directory: Directory;
  settings: () => Settings;
  authenticator: Authenticator;
  /** The scheduler is made with this part's events, so it comes later. */
  scheduler: () => Scheduler;
  clock: Clock;
  /** Whether what is past its time is given up: not while the clock may be wrong. */
  forgets: () => boolean;
  events: Pick<DomainWayEvents, 'settled'> & Pick<DeliveryParts, 'givesUp' | 'trouble'>;
  /** A message of our own is in the spool. */
  made: (message: NewMessage, content: Buffer) => void;
  messagesChanged: (ids: number[]) => void;
  world: World;
}

export class Correspondence {
  readonly learned: LearnedRecipients;
  readonly callout: Callout;
  readonly policy: RecipientPolicy;
  readonly incoming: IncomingBounces;
  readonly bouncer: Bouncer;
  readonly bounceRoutes: BounceRoutes;
  readonly clock: () => number;
  readonly #options: CorrespondenceOptions;

  constructor(options: CorrespondenceOptions) {
    this.#options = options;
    const { spool, directory, settings, events, world, messagesChanged } = options;
    const clock = world.clock ?? options.clock.now;
    const steady = world.clock ?? options.clock.steady;
    const resolve = world.resolve ?? systemResolver();
    const session = () => options.scheduler().out.session();
    this.clock = clock;
    this.learned = new LearnedRecipients({ db: spool.db, settings, clock });
    const { learned } = this;
    this.callout = new Callout({
      ...{ settings, session, learned, clock, steady },
      trouble: events.trouble,
      patienceMs: world.calloutMs,
    });
    this.policy = new RecipientPolicy({
      settings,
      learned,
      callout: this.callout,
      health: (domain) => options.scheduler().health(domain),
    });
    this.incoming = new IncomingBounces({ settings, directory, learned, steady });
    this.bouncer = new Bouncer({
      spool,
      directory,
      learned,
      settings,
      authenticator: options.authenticator,
      resolve,
      clock,
      forgets: options.forgets,
      made: (message, content) => {
        options.made(message, content);
        this.bounceRoutes.accepted(message);
      },
      decided: messagesChanged,
      trouble: events.trouble,
    });
    this.bounceRoutes = new BounceRoutes({
      clock: options.clock,
      spool,
      directory,
      settings,
      lanes: () => options.scheduler().lanes,
      ...events,
      exchange: {
        resolve,
        port: world.smtpPort ?? 25,
        allowInner: world.allowInner === true,
        random: Math.random,
      },
      changed: messagesChanged,
    });
  }

  /** What deliveries tell, and ask, about recipients. */
  lessons(): Pick<DeliveryParts, 'lesson' | 'learned' | 'bounceAt'> {
    return {
      lesson: (domain, words, serverAddress) => {
        if (!this.#options.directory.get(domain)) return null;
        if (serverAddress !== null) this.incoming.sawServer(domain, serverAddress);
        for (const { key, reply } of words) if (reply.code < 300) this.callout.forget(key);
        return this.learned.lesson(domain, words, 'delivery');
      },
      learned: (learned) => this.learned.learned(learned),
      bounceAt: () => this.bouncer.dueAt(),
    };
  }

  async begin(offline: boolean): Promise<void> {
    await this.learned.load();
    if (offline) return;
    this.bouncer.plan(this.clock());
    void this.bounceRoutes.look();
  }

  /** An attempt's outcome is on disk. */
  settled(results: readonly RecipientOutcome[]): void {
    if (results.some(({ state }) => state === 'refused' || state === 'expired'))
      this.bouncer.plan(this.bouncer.dueAt());
  }

  /** The clock jumped by `by` ms (negative: back), just now. */
  clockJumped(by: number): void {
    this.bounceRoutes.clockJumped(by);
  }

  /** What is on disk was planned anew after a jump of the clock. */
  async replanned(): Promise<void> {
    this.bouncer.replanned();
    this.bounceRoutes.replanned();
    await this.learned.replanned();
  }

  async chores(): Promise<void> {
    await this.learned.prune();
  }

  domainChanged(domain: Domain): void {
    this.callout.domainChanged(domain.name);
    void this.bounceRoutes.drop(domain.name);
  }

  async domainRemoved(name: string): Promise<void> {
    this.callout.domainChanged(name);
    await this.learned.domainRemoved(name);
  }

  /** Every protected domain's recipients in figures. */
  async overview(): Promise<RecipientsOverview[]> {
    const { spool, directory } = this.#options;
    const [entries, bounces] = await Promise.all([
      spool.db.read('recipientCounts', { now: this.clock(), rule: this.learned.rule }),
      spool.db.read('bounceCounts'),
    ]);
    return directory.all().map((domain) => {
      const { name } = domain;
      const entry = (state: string) =>
        entries.find((row) => row.domain === name && row.state === state)?.count ?? 0;
      const bounce = (state: string) =>
        bounces.find((row) => row.domain === name && row.state === state)?.count ?? 0;
      return {
        domain: name,
        listed: entry('listed'),
        failing: entry('failing'),
        allowed: entry('allowed'),
        refused: this.learned.refused(name),
        paused: this.#pause(name),
        callout: { ...this.callout.counts(name), server: this.callout.serverKind(domain) },
        bounces: { sent: bounce('sent'), suppressed: bounce('suppressed') },
        backscatter: this.incoming.counts(name),
      };
    });
  }

  #pause(name: string): string | null {
    if (!this.#options.settings().recipients.learn) return 'Learning is switched off in the settings.';
    return this.learned.serverFails(name)
      ? `Most recipients of ${name} are refused at once, so it is taken for the server’s fault and nothing is learned.`
      : null;
  }

  /** Asks nothing and decides nothing from now on; what is under way ends. */
  async close(): Promise<void> {
    this.callout.close();
    await Promise.all([this.bouncer.close(), this.bounceRoutes.close()]);
  }
}
