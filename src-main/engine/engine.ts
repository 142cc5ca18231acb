// The engine: puts everything together, starts and stops it, and offers the procedures behind the contract.
import { join } from 'node:path';
import type { Domain, ServerMove } from '../../shared/domain.ts';
import { overallState, type MessageSummary } from '../../shared/message.ts';
import type { Overview } from '../../shared/overview.ts';
import { Listener } from '../relay/inbound/listener.ts';
import type { DueMessage, NewMessage, RecipientOutcome } from '../relay/spool/spool.ts';
import { Scheduler } from '../relay/outbound/scheduler.ts';
import { Screening } from '../relay/policy/checks/screening.ts';
import { Directory } from '../relay/policy/directory.ts';
import { Spool } from '../relay/spool/spool.ts';
import { openSettings, type SettingsStore } from '../settings/settings.ts';
import { openDatabase, type Database } from '../storage/database.ts';
import { formatId } from '../storage/ids.ts';
import { Latest, Rows } from './live.ts';
import { lockDataDir, type DataDirLock, type Holder } from './lock.ts';
import { Meter } from './meter.ts';
import { Modes } from './modes.ts';
import { composeOverview } from './overview.ts';
import { QueueActions } from './queue-actions.ts';
import { createRouter, type EngineRouter } from './router.ts';
import { WaitingCounts } from './waiting.ts';

/** Two a second: what a person can read. */
const OVERVIEW_INTERVAL = 500;
const TRAFFIC_INTERVAL = 250;
/** Figures "per minute" and ages move on their own: the overview is made anew this often even when nothing happens. */
const OVERVIEW_AT_LEAST = 5_000;
const HOUR = 3_600_000;

export { StorageError } from '../storage/database.ts';

export interface EngineOptions {
  dataDir: string;
  host: 'service' | 'desktop';
  /** Where the SMTP listener binds, instead of what the settings say. */
  smtp?: { host: string; port: number };
  /** Opened to work on the data folder, not to relay: no listener, no deliveries. */
  offline?: boolean;
  demo?: boolean;
  version?: string;
  /** Something an admin should read in the log. */
  trouble?: (words: string) => void;
}

export interface Engine {
  readonly router: EngineRouter;
  readonly settings: SettingsStore;
  readonly startedAt: number;
  /** Where the SMTP listener really is; null when offline. */
  readonly smtp: { host: string; port: number } | null;
  overview: () => Overview;
  onOverview: (listener: (overview: Overview) => void) => () => void;
  /** Tells other programs of this user how to reach the engine. */
  announce: (holder: Holder) => void;
  close: () => Promise<void>;
}

/**
 * Opens the engine on a data folder. Throws an error whose message says what to do: `DataDirLocked`,
 * `DataDirUnusable`, `BrokenSettings`, `StorageError`, or what the listener says about its port.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const lock = lockDataDir(options.dataDir);
  let db: Database | null = null;
  try {
    const settings = openSettings(options.dataDir);
    db = await openDatabase(join(options.dataDir, 'mailward.db'));
    const running = await RunningEngine.start(options, lock, settings, db);
    return running;
  } catch (error) {
    await db?.close();
    lock.release();
    throw error;
  }
}

class RunningEngine implements Engine {
  readonly router: EngineRouter;
  readonly settings: SettingsStore;
  readonly startedAt = Date.now();
  smtp: { host: string; port: number } | null = null;
  readonly #lock: DataDirLock;
  readonly #db: Database;
  readonly #directory = new Directory();
  readonly #meter = new Meter();
  readonly #waiting: WaitingCounts;
  readonly #live = { overview: new Latest<Overview>(), traffic: new Rows<MessageSummary>(TRAFFIC_INTERVAL) };
  readonly #screening: Screening;
  readonly #listener: Listener;
  readonly #scheduler: Scheduler;
  readonly #modes: Modes;
  readonly #offline: boolean;
  readonly #listeners = new Set<(overview: Overview) => void>();
  #overview: Overview;
  #overviewTimer: NodeJS.Timeout | null = null;
  #overviewAt = 0;
  #closing: Promise<void> | null = null;

  static async start(
    options: EngineOptions,
    lock: DataDirLock,
    settings: SettingsStore,
    db: Database,
  ): Promise<RunningEngine> {
    const spool = await Spool.open(db);
    const engine = new RunningEngine(options, lock, settings, db, spool);
    try {
      await engine.#begin(options);
    } catch (error) {
      await engine.#stop();
      throw error;
    }
    return engine;
  }

  private constructor(
    options: EngineOptions,
    lock: DataDirLock,
    settings: SettingsStore,
    db: Database,
    spool: Spool,
  ) {
    this.settings = settings;
    this.#lock = lock;
    this.#db = db;
    this.#offline = options.offline === true;
    this.#waiting = new WaitingCounts(db, () => this.#changed());
    const trouble = options.trouble ?? (() => undefined);
    this.#scheduler = new Scheduler({
      spool,
      directory: this.#directory,
      settings: () => settings.get(),
      settled: (message, state, results, domain) => this.#settled(message, state, results, domain),
      health: () => this.#changed(),
      stopped: (domain, cause, reply) => this.#modes.stopped(domain, cause, reply),
      home: (domain) => this.#modes.home(domain),
      moved: (host, before, after) => this.#moved({ at: Date.now(), host, before, after }, trouble),
      expired: (ids) => void this.#showAgain(ids),
      trouble,
    });
    this.#screening = new Screening({ settings: () => settings.get(), changed: () => this.#changed() });
    this.#listener = new Listener({
      settings: () => settings.get(),
      directory: this.#directory,
      spool,
      screening: this.#screening,
      dataDir: options.dataDir,
      accepted: (message, content) => this.#accepted(message, content),
      rejected: (message) => this.#rejected(message),
      changed: () => this.#changed(),
      trouble,
    });
    const actions = new QueueActions({
      db,
      scheduler: this.#scheduler,
      messagesChanged: (ids) => void this.#showAgain(ids),
    });
    const change = async (domain: Domain) => {
      await db.write('putDomain', domain);
      this.#directory.put(domain);
      if (!this.#offline) this.#scheduler.domainChanged(domain);
      this.#waiting.stale();
      this.#changed();
      return domain;
    };
    this.#modes = new Modes({
      directory: this.#directory,
      scheduler: this.#scheduler,
      settings: () => settings.get(),
      change,
      act: actions.act,
      trouble,
    });
    this.#overview = this.#compose();
    this.router = createRouter({
      db,
      directory: this.#directory,
      scheduler: this.#scheduler,
      modes: this.#modes,
      actions,
      change,
      settings,
      live: this.#live,
      offline: this.#offline,
      info: () => ({
        version: options.version ?? '0.0.0',
        host: options.host,
        dataDir: options.dataDir,
        startedAt: this.startedAt,
        smtp: this.smtp,
        demo: options.demo === true,
      }),
      domainRemoved: async (name) => {
        await this.#scheduler.domainRemoved(name);
        this.#waiting.stale();
        this.#changed();
      },
    });
  }

  async #begin(options: EngineOptions): Promise<void> {
    this.#directory.replace(await this.#db.read('domains'));
    await this.#fillMeter();
    await this.#waiting.refresh();
    if (!this.#offline) {
      const { smtp } = this.settings.get();
      const { host, port } = options.smtp ?? smtp;
      await this.#listener.listen(host, port);
      this.smtp = { host, port: this.#listener.state.port };
      for (const { host, addresses } of await this.#db.read('serverAddresses'))
        this.#scheduler.rememberAddresses(host, addresses);
      this.#scheduler.start();
      this.#modes.start();
    }
    this.#refreshOverview();
  }

  /** The chart of the last hour survives a restart. */
  async #fillMeter(): Promise<void> {
    const { received, tried } = await this.#db.read('minutes', Date.now() - HOUR);
    for (const minute of received) {
      this.#meter.fill(minute.at, 'accepted', minute.accepted);
      this.#meter.fill(minute.at, 'rejected', minute.rejected);
    }
    for (const minute of tried) this.#meter.fill(minute.at, minute.outcome, minute.count);
  }

  overview(): Overview {
    return this.#overview;
  }

  onOverview(listener: (overview: Overview) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(holder: Holder): void {
    this.#lock.announce(holder);
  }

  /** Stops taking mail, lets what is under way end, and leaves everything on disk. May be called twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#stop();
    await this.#db.close();
    this.#lock.release();
  }

  /** Ends all that moves by itself; the database and the lock stay with whoever opened them. */
  async #stop(): Promise<void> {
    await this.#listener.close();
    this.#modes.close();
    await this.#scheduler.close();
    if (this.#overviewTimer) clearTimeout(this.#overviewTimer);
    this.#overviewTimer = null;
    this.#overviewAt = Number.POSITIVE_INFINITY;
    this.#waiting.close();
  }

  #accepted(message: NewMessage, content: Buffer | null): void {
    const now = Date.now();
    for (const domain of domainsOf(message)) this.#meter.count(domain, 'accepted', now);
    this.#scheduler.accepted(message, content);
    this.#show(message);
    this.#waiting.stale();
    this.#changed();
  }

  #moved(move: ServerMove, trouble: (words: string) => void): void {
    if (move.before.length > 0)
      trouble(
        `${move.host} moved: it was at ${move.before.join(', ')}, now it is at ${move.after.join(', ')}`,
      );
    this.#db
      .write('putServerAddresses', move)
      .catch((error: unknown) => trouble(`a server's address cannot be kept: ${(error as Error).message}`));
  }

  #rejected(message: NewMessage): void {
    const now = Date.now();
    for (const domain of domainsOf(message)) this.#meter.count(domain, 'rejected', now);
    this.#show(message);
    this.#changed();
  }

  #settled(
    message: DueMessage,
    state: MessageSummary['state'],
    results: RecipientOutcome[],
    domain: string,
  ): void {
    const now = Date.now();
    for (const result of results) {
      const what =
        result.state === 'delivered' ? 'delivered' : result.state === 'queued' ? 'deferred' : 'refused';
      this.#meter.count(domain, what, now);
    }
    if (this.#live.traffic.watched) {
      const telling = results.find((result) => result.state === state) ?? results[0];
      const due = results.map((result) => result.nextAt).filter((at) => at !== null);
      this.#live.traffic.push({
        id: formatId(message.id),
        receivedAt: message.receivedAt,
        sender: message.sender,
        recipients: message.firstRecipients,
        recipientCount: message.recipientCount,
        domains: message.domains,
        size: message.size,
        subject: message.subject,
        clientAddress: message.clientAddress,
        state,
        attempts: 1 + Math.max(0, ...message.recipients.map((recipient) => recipient.attempts)),
        nextAttemptAt: due.length > 0 ? Math.min(...due) : null,
        cause: telling?.cause ?? null,
        lastReply: telling?.reply ?? null,
      });
    }
    this.#waiting.stale();
    this.#changed();
  }

  #show(message: NewMessage): void {
    if (!this.#live.traffic.watched) return;
    const accepted = message.recipients.filter((recipient) => recipient.state !== 'rejected');
    const rejected = accepted.length === 0;
    this.#live.traffic.push({
      id: formatId(message.id),
      receivedAt: message.receivedAt,
      sender: message.sender,
      recipients: message.recipients.slice(0, 3).map((recipient) => recipient.address),
      recipientCount: message.recipients.length,
      domains: [...domainsOf(message)],
      size: message.size,
      subject: message.subject,
      clientAddress: message.clientAddress,
      state: rejected ? 'rejected' : overallState(accepted.map((recipient) => recipient.state)),
      attempts: 0,
      nextAttemptAt: null,
      cause: null,
      lastReply: rejected ? message.reply : null,
    });
  }

  /** Rows that an action or the clock changed, read anew. */
  async #showAgain(ids: number[]): Promise<void> {
    this.#waiting.stale();
    this.#changed();
    if (!this.#live.traffic.watched) return;
    for (const row of await this.#db.read('summaries', ids.slice(0, 500))) this.#live.traffic.push(row);
  }

  #changed(): void {
    if (this.#overviewTimer && this.#overviewDue - Date.now() <= OVERVIEW_INTERVAL) return;
    this.#planOverview(Math.max(0, this.#overviewAt + OVERVIEW_INTERVAL - Date.now()));
  }

  #overviewDue = 0;

  #planOverview(pause: number): void {
    if (!Number.isFinite(this.#overviewAt)) return;
    if (this.#overviewTimer) clearTimeout(this.#overviewTimer);
    this.#overviewDue = Date.now() + pause;
    this.#overviewTimer = setTimeout(() => {
      this.#overviewTimer = null;
      this.#refreshOverview();
    }, pause);
  }

  #refreshOverview(): void {
    this.#overview = this.#compose();
    this.#overviewAt = this.#overview.at;
    this.#live.overview.set(this.#overview);
    for (const listener of this.#listeners) listener(this.#overview);
    this.#planOverview(OVERVIEW_AT_LEAST);
  }

  #compose(): Overview {
    return composeOverview({
      now: Date.now(),
      domains: this.#directory.all(),
      waiting: (domain) => this.#waiting.of(domain),
      health: (domain) => this.#scheduler.health(domain),
      pace: (domain) => this.#scheduler.pace(domain),
      warnHours: this.settings.get().delivery.warnHours,
      meter: this.#meter,
      listener: { ...this.#listener.state },
      checkTroubles: this.#screening.troubles,
    });
  }
}

function domainsOf(message: NewMessage): Set<string> {
  return new Set(message.recipients.map((recipient) => recipient.domain).filter((domain) => domain !== ''));
}
