// Learned recipients: what the office's servers said of each address, kept in memory for the speed of RCPT, decided on disk.
import { classifyReply, isUnknownUser, type Stage } from '../../../shared/replies/classify.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Database } from '../../storage/database.ts';
import type {
  RecipientFailure,
  Learned,
  Lesson,
  ListingRule,
  StoredEntry,
} from '../../storage/operations/recipients.ts';
import { isPostmaster } from '../mail/mailbox.ts';
import { ServerTrouble } from './server-trouble.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/time.ts';

/** A recipient that the server took this long ago is still one that it "used to take", ms. */
const KNOWN_FOR_MS = 30 * DAY_MS;
/** A recipient that is taken all day long is written down once an hour. */
const KNOWN_AGAIN_MS = HOUR_MS;
/** Addresses whose first failure is remembered in memory. A dictionary attack has more; then less is learned, not more. */
const MOST_FAILING = 200_000;

/** What a server said of one recipient. */
export interface RecipientAnswer {
  /** As `recipientKey` writes it. */
  key: string;
  reply: Reply;
  stage: Stage;
}

export interface LearnedOptions {
  db: Database;
  settings: () => Settings;
  clock: Clock;
}

export class LearnedRecipients {
  readonly #options: LearnedOptions;
  readonly #listed = new Map<string, number>();
  readonly #allowed = new Set<string>();
  readonly #known = new Map<string, number>();
  /** When each address that fails failed first, within the window. */
  readonly #failing = new Map<string, number>();
  readonly #troubles = new Map<string, ServerTrouble>();
  readonly #refused = new Map<string, number>();

  constructor(options: LearnedOptions) {
    this.#options = options;
  }

  get rule(): ListingRule {
    const { recipients } = this.#options.settings();
    return {
      failures: recipients.failures,
      window: recipients.windowDays * DAY_MS,
      listing: recipients.listingDays * DAY_MS,
    };
  }

  async load(): Promise<void> {
    const now = this.#options.clock.now();
    const index = await this.#options.db.read('recipientIndex', {
      knownSince: now - KNOWN_FOR_MS,
      failuresSince: now - this.rule.window,
      limit: MOST_FAILING,
    });
    this.#listed.clear();
    this.#allowed.clear();
    this.#known.clear();
    this.#failing.clear();
    for (const entry of index.entries) this.put(entry);
    for (const { address, at } of index.known) this.#known.set(address, at);
    for (const { address, at } of index.failing) this.#failing.set(address, at);
  }

  /** An admin's entry, or one read from disk. */
  put(entry: Pick<StoredEntry, 'address' | 'state' | 'since'>): void {
    this.#listed.delete(entry.address);
    this.#allowed.delete(entry.address);
    if (entry.state === 'allowed') this.#allowed.add(entry.address);
    else this.#listed.set(entry.address, entry.since);
  }

  drop(key: string): void {
    this.#listed.delete(key);
    this.#allowed.delete(key);
    this.#known.delete(key);
    this.#failing.delete(key);
  }

  /** Whether RCPT is refused without asking. */
  isListed(key: string): boolean {
    const since = this.#listed.get(key);
    if (since === undefined || isPostmaster(key)) return false;
    if (this.#options.clock.now() >= since + this.rule.listing) {
      this.#listed.delete(key);
      return false;
    }
    return this.#options.settings().recipients.learn;
  }

  isAllowed(key: string): boolean {
    return this.#allowed.has(key);
  }

  /** When the server last took this recipient (UTC ms); null when it never did, or long ago. */
  knownAt(key: string): number | null {
    return this.#known.get(key) ?? null;
  }

  /** A recipient that the domain's server took lately; null when there is none. */
  someKnown(domain: string): string | null {
    let best: string | null = null;
    let bestAt = 0;
    for (const [key, at] of this.#known) {
      if (at > bestAt && key.endsWith(`@${domain}`)) [best, bestAt] = [key, at];
    }
    return best;
  }

  /** Whether most of the domain's recipients fail at once: then it is the server, and its word about a recipient is worth nothing. */
  serverFails(domain: string): boolean {
    const trouble = this.#troubles.get(domain);
    return trouble !== undefined && trouble.since(this.#options.clock.now()) !== null;
  }

  countRefused(domain: string): void {
    this.#refused.set(domain, this.refused(domain) + 1);
  }

  refused(domain: string): number {
    return this.#refused.get(domain) ?? 0;
  }

  /**
   * What a domain's server's words teach; null when nothing. To be written in the transaction that writes the words'
   * outcome, and its result given to `takeOver`.
   */
  lesson(
    domain: string,
    words: readonly RecipientAnswer[],
    source: RecipientFailure['source'],
  ): Lesson | null {
    const now = this.#options.clock.now();
    const rule = this.rule;
    const trouble = this.#troubles.get(domain) ?? new ServerTrouble();
    this.#troubles.set(domain, trouble);
    const lesson: Lesson = { rule, failures: [], known: [], unknown: [], takeBack: null };
    for (const { key, reply, stage } of words) {
      if (reply.code >= 200 && reply.code < 300) {
        trouble.accepted(key, now);
        // A yes takes back what was said against it before: at once, not once an hour.
        const failed = this.#failing.delete(key) || this.#listed.has(key);
        if (failed || now - (this.#known.get(key) ?? 0) >= KNOWN_AGAIN_MS) {
          this.#known.set(key, now);
          lesson.known.push({ address: key, domain, at: now });
        }
      } else if (saysUnknown(reply, stage) && !isPostmaster(key)) {
        const began = this.#failing.get(key) ?? now;
        trouble.failed(
          key,
          now,
          (this.#known.get(key) ?? 0) > now - KNOWN_FOR_MS,
          Math.max(began, now - rule.window),
        );
        lesson.failures.push({ domain, address: key, at: now, source, reply });
      }
    }
    if (lesson.failures.length > 0) this.#weigh(domain, lesson, trouble.since(now));
    return lesson.failures.length > 0 || lesson.known.length > 0 || lesson.takeBack ? lesson : null;
  }

  #weigh(domain: string, lesson: Lesson, unbelievableSince: number | null): void {
    const failures = lesson.failures;
    if (unbelievableSince !== null) {
      lesson.failures = [];
      lesson.takeBack = { domain, since: unbelievableSince };
      for (const [key, at] of this.#failing)
        if (at >= unbelievableSince && key.endsWith(`@${domain}`)) this.#failing.delete(key);
      return;
    }
    if (!this.#options.settings().recipients.learn) lesson.failures = [];
    for (const { address, at } of failures) {
      if (this.#failing.size < MOST_FAILING && !this.#failing.has(address)) this.#failing.set(address, at);
      if (this.#known.delete(address)) lesson.unknown.push(address);
    }
  }

  /** Takes over what a lesson came to on disk. */
  takeOver(result: Learned): void {
    for (const key of result.unlisted) this.#listed.delete(key);
    for (const { address, since } of result.listed)
      if (!this.#allowed.has(address)) this.#listed.set(address, since);
  }

  /** Writes a lesson by itself: what was said was not said about a message. */
  async learn(
    domain: string,
    words: readonly RecipientAnswer[],
    source: RecipientFailure['source'],
  ): Promise<void> {
    const lesson = this.lesson(domain, words, source);
    if (lesson) this.takeOver(await this.#options.db.write('learn', lesson));
  }

  /** What is on disk goes by another clock now, after a jump: so does what is in memory. */
  async replanned(): Promise<void> {
    this.#troubles.clear();
    await this.load();
  }

  /** Forgets what is past its time, in memory and on disk. */
  async prune(): Promise<void> {
    const now = this.#options.clock.now();
    const rule = this.rule;
    for (const [key, at] of this.#failing) if (at < now - rule.window) this.#failing.delete(key);
    for (const [key, at] of this.#known) if (at < now - KNOWN_FOR_MS) this.#known.delete(key);
    for (const key of await this.#options.db.write('pruneRecipients', { now, rule, knownFor: KNOWN_FOR_MS }))
      if (now >= (this.#listed.get(key) ?? 0) + rule.listing) this.#listed.delete(key);
  }

  async domainRemoved(domain: string): Promise<void> {
    await this.#options.db.write('forgetRecipientsOf', domain);
    this.#troubles.delete(domain);
    await this.load();
  }
}

/** Whether a reply says for good that this very recipient does not exist. */
export function saysUnknown(reply: Reply, stage: Stage): boolean {
  return reply.code >= 500 && reply.code < 600 && isUnknownUser(classifyReply(reply, { stage }));
}
