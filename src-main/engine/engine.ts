// The engine: puts everything together, starts and stops it, and offers the procedures behind the contract.
import { join } from 'node:path';
import type { Domain } from '../../shared/domain.ts';
import type { MessageSummary } from '../../shared/message.ts';
import { unknownSettingWords, type Overview } from '../../shared/overview.ts';
import { Listener } from '../relay/inbound/listener.ts';
import type { DueMessage, NewMessage, RecipientOutcome } from '../relay/spool/spool.ts';
import { Claims } from '../relay/outbound/claims.ts';
import { OtherWays } from '../relay/outbound/other-ways.ts';
import { Scheduler } from '../relay/outbound/scheduler.ts';
import { Authenticator } from '../relay/policy/authentication/authenticator.ts';
import { Screening } from '../relay/policy/filters/screening.ts';
import { Directory } from '../relay/policy/directory.ts';
import { Spool } from '../relay/spool/spool.ts';
import { openSettings, type SettingsStore } from '../settings/settings.ts';
import { explained, openDatabase, type Database } from '../storage/database.ts';
import { StorageWatch } from '../storage/watch.ts';
import type { Check } from '../probes/check.ts';
import { Correspondence, type World } from './correspondence.ts';
import { Faults } from './faults.ts';
import { Health } from './health.ts';
import { Rows } from './live.ts';
import { LiveOverview } from './live-overview.ts';
import { LogIndexer } from './log-indexer.ts';
import { takeDataDir, type DataDirLock, type Holder } from './lock.ts';
import { Meter } from './meter.ts';
import { countedAs, fillMeter } from './metering.ts';
import { Modes } from './modes.ts';
import { composeOverview } from './overview.ts';
import { QueueActions } from './queue-actions.ts';
import { keepMove } from './server-moves.ts';
import { arrivedRow, domainsOf, triedRow } from './traffic-rows.ts';
import { validatingResolver } from './validating-resolver.ts';
import { createRouter, type EngineRouter } from './router.ts';
import { Timekeeper } from './timekeeper.ts';
import { WaitingCounts } from './waiting.ts';

const TRAFFIC_INTERVAL = 250;
/** How often to look whether the data folder is still ours, and the settings as they were, ms. */
const KEEP_EVERY = 500;

export { StorageError } from '../storage/database.ts';

export interface EngineOptions {
  dataDir: string;
  host: 'service' | 'desktop';
  /** Where the SMTP listener binds, instead of what the settings say. */
  smtp?: { host: string; port: number };
  /** Opened to work on the data folder, not to relay: no listener, no deliveries. */
  offline?: boolean;
  /** Nothing is made where no Mailward ever ran (`DataDirMissing`). */
  existing?: boolean;
  demo?: boolean;
  version?: string;
  /** For tests: a clock, name servers and mail servers of their own. */
  world?: World;
  /** For tests: other checks than Mailward's own. */
  checks?: readonly Check[];
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
  /** An exception that nobody foresaw, of whatever part of this process: it is logged, counted and shown. */
  fault: (error: unknown) => void;
  /** Tells other programs of this user how to reach the engine. */
  announce: (holder: Holder) => void;
  close: () => Promise<void>;
  /** As `close`, for a start that failed: what it made in a new data folder is taken away, unless something is kept in it. */
  abandon: () => Promise<void>;
}

/**
 * Opens the engine on a data folder. Throws an error whose message says what to do: `DataDirLocked`,
 * `DataDirUnusable`, `BrokenSettings`, `StorageError`, or what the listener says about its port.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const lock = await takeDataDir(options.dataDir, {
    existing: options.existing === true,
    yields: options.offline === true,
  });
  announceEarly(lock, options.offline ? 'command' : options.host);
  let db: Database | null = null;
  let changed: () => void = () => undefined;
  let stays = () => ({ held: 0, quarantined: 0 });
  const storage = new StorageWatch({
    dataDir: options.dataDir,
    changed: () => changed(),
    stays: () => stays(),
    trouble: options.trouble ?? (() => undefined),
  });
  try {
    const settings = openSettings(options.dataDir, options.trouble);
    for (const unknown of settings.unknown)
      options.trouble?.(`the settings ${settings.path}: ${unknownSettingWords(unknown)}`);
    const path = join(options.dataDir, 'mailward.db');
    db = await openDatabase(path, storage.events);
    storage.start(db);
    const running = await RunningEngine.start(options, lock, settings, db, storage).catch(
      (error: unknown) => {
        // The first writes of a start find out what opening did not.
        throw explained(error, path);
      },
    );
    changed = () => running.storageChanged();
    stays = () => running.stays();
    return running;
  } catch (error) {
    storage.close();
    await db?.close();
    lock.discard();
    throw error;
  }
}

/** Others see at once what has the folder, and wait until they are told how to reach it. */
function announceEarly(lock: DataDirLock, host: Holder['host']): void {
  try {
    lock.announce({ pid: process.pid, host, url: null, token: null });
  } catch {
    // The disk is full, or can only be read: opening the database says so with more weight.
  }
}

class RunningEngine implements Engine {
  readonly router: EngineRouter;
  readonly settings: SettingsStore;
  readonly startedAt: number;
  smtp: { host: string; port: number } | null = null;
  readonly #lock: DataDirLock;
  readonly #db: Database;
  readonly #spool: Spool;
  readonly #storage: StorageWatch;
  readonly #time: Timekeeper;
  readonly #directory = new Directory();
  readonly #meter = new Meter();
  readonly #waiting: WaitingCounts;
  readonly #traffic = new Rows<MessageSummary>(TRAFFIC_INTERVAL);
  readonly #authenticator: Authenticator;
  readonly #screening: Screening;
  readonly #listener: Listener;
  readonly #scheduler: Scheduler;
  readonly #otherWays: OtherWays;
  readonly #modes: Modes;
  readonly #correspondence: Correspondence;
  readonly #indexer: LogIndexer;
  readonly #health: Health;
  readonly #faults: Faults;
  readonly #offline: boolean;
  readonly #overview: LiveOverview;
  readonly #trouble: (words: string) => void;
  #keeping: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  static async start(
    options: EngineOptions,
    lock: DataDirLock,
    settings: SettingsStore,
    db: Database,
    storage: StorageWatch,
  ): Promise<RunningEngine> {
    // Whom it tells comes later.
    let engine: RunningEngine | null = null;
    const time = new Timekeeper({
      ...(options.world?.time ? { sources: options.world.time } : {}),
      jumped: (by) => engine?.clockJumped(by),
      replanned: () => engine?.replanned(),
      woke: () => engine?.woke(),
      trouble: options.trouble ?? (() => undefined),
    });
    if (options.offline !== true) await time.begin(db);
    const spool = await Spool.open(db, options.dataDir, time.clock);
    engine = new RunningEngine(options, lock, settings, db, spool, storage, time);
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
    storage: StorageWatch,
    time: Timekeeper,
  ) {
    const { clock } = time;
    this.#time = time;
    this.startedAt = clock.now();
    this.settings = settings;
    this.#storage = storage;
    this.#lock = lock;
    this.#db = db;
    this.#spool = spool;
    this.#offline = options.offline === true;
    this.#waiting = new WaitingCounts(db, () => this.#changed());
    const trouble = options.trouble ?? (() => undefined);
    this.#faults = new Faults(trouble, () => this.#changed());
    this.#trouble = trouble;
    const events = {
      settled: (
        message: DueMessage,
        state: MessageSummary['state'],
        results: RecipientOutcome[],
        domain: string,
      ) => this.#settled(message, state, results, domain),
      health: () => this.#changed(),
      givesUp: time.givesUp,
      trouble,
    };
    this.#authenticator = new Authenticator({ trouble });
    this.#correspondence = new Correspondence({
      clock,
      spool,
      directory: this.#directory,
      settings: () => settings.get(),
      authenticator: this.#authenticator,
      scheduler: () => this.#scheduler,
      forgets: time.forgets,
      events,
      made: (message, content) => this.#accepted(message, content),
      messagesChanged: (ids) => void this.#showAgain(ids),
      world: options.world ?? {},
    });
    const correspondence = this.#correspondence;
    this.#indexer = new LogIndexer(db, clock, trouble);
    const claims = new Claims(clock);
    this.#scheduler = new Scheduler({
      clock,
      spool,
      claims,
      directory: this.#directory,
      settings: () => settings.get(),
      ...events,
      ...correspondence.lessons(),
      lookUp: options.world?.lookUp,
      secure: () => validatingResolver(settings.get().delivery.validatingResolvers),
      stopped: (domain, cause, reply) => this.#modes.stopped(domain, cause, reply),
      home: (domain) => this.#modes.home(domain),
      moved: (host, before, after) => keepMove({ at: clock.now(), host, before, after }, db, trouble),
      expired: (ids) => {
        correspondence.bouncer.plan(correspondence.bouncer.dueAt());
        void this.#showAgain(ids);
      },
      forgets: time.forgets,
      chores: () => correspondence.chores(),
    });
    this.#otherWays = new OtherWays({
      clock,
      lanes: () => this.#scheduler.lanes,
      settled: (message, results) => this.#settledOnOtherWay(message.id, results),
    });
    this.#screening = new Screening({
      settings: () => settings.get(),
      authenticator: this.#authenticator,
      changed: () => this.#changed(),
    });
    this.#listener = new Listener({
      clock,
      settings: () => settings.get(),
      directory: this.#directory,
      recipients: correspondence.policy,
      bounces: correspondence.incoming,
      learned: (learned) => correspondence.learned.learned(learned),
      spool,
      screening: this.#screening,
      storage,
      accepted: (message, content) => this.#accepted(message, content),
      rejected: (message) => this.#rejected(message),
      lacksSmtpUtf8: (domain) => this.#scheduler.lacksSmtpUtf8(domain),
      changed: () => this.#changed(),
      trouble,
    });
    const actions = new QueueActions({
      clock,
      db,
      claims,
      scheduler: this.#scheduler,
      otherWays: this.#otherWays,
      messagesChanged: (ids) => void this.#showAgain(ids),
      woken: () => correspondence.bounceRoutes.wake(),
    });
    const change = async (domain: Domain) => {
      await db.write('putDomain', domain);
      this.#directory.put(domain);
      correspondence.domainChanged(domain);
      if (!this.#offline) this.#scheduler.domainChanged(domain);
      this.#waiting.stale();
      this.#changed();
      return domain;
    };
    this.#modes = new Modes({
      clock,
      directory: this.#directory,
      scheduler: this.#scheduler,
      settings: () => settings.get(),
      change,
      act: actions.act,
      trouble,
    });
    this.#health = new Health({
      db,
      dataDir: options.dataDir,
      directory: this.#directory,
      settings: () => settings.get(),
      trouble,
      ...(options.checks ? { checks: options.checks } : {}),
      clock: options.world?.clock ?? clock.now,
      forgets: time.forgets,
    });
    this.#overview = new LiveOverview(() => this.#compose());
    this.router = createRouter({
      clock,
      db,
      directory: this.#directory,
      scheduler: this.#scheduler,
      otherWays: this.#otherWays,
      modes: this.#modes,
      actions,
      change,
      settings,
      correspondence,
      health: this.#health,
      live: { overview: this.#overview, traffic: this.#traffic },
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
        await correspondence.domainRemoved(name);
        this.#waiting.stale();
        this.#changed();
      },
    });
  }

  async #begin(options: EngineOptions): Promise<void> {
    this.#directory.replace(await this.#db.read('domains'));
    for (const { name, parts } of await this.#db.read('damagedDomains'))
      this.#trouble(
        `in the database, the ${parts.join(' and ')} of ${name} cannot be read; ${parts.includes('route') || parts.includes('mode') ? 'its mail is taken and held until that is set again' : 'it is as if it had not been set'}`,
      );
    await fillMeter(this.#meter, this.#db, this.#time.clock.now());
    await this.#waiting.refresh();
    await this.#correspondence.begin(this.#offline);
    if (!this.#offline) {
      const { smtp } = this.settings.get();
      const { host, port } = options.smtp ?? smtp;
      this.#screening.start();
      await this.#listener.listen(host, port);
      this.smtp = { host, port: this.#listener.state.port };
      for (const { host, addresses } of await this.#db.read('serverAddresses'))
        this.#scheduler.rememberAddresses(host, addresses);
      this.#scheduler.start();
      this.#otherWays.start();
      this.#modes.start();
      this.#indexer.start();
      this.#keeping = setInterval(() => {
        this.#storage.taken(this.#lock.keep() === 'taken');
        this.#lookAtSettings();
      }, KEEP_EVERY);
      this.#keeping.unref();
    }
    this.#overview.refresh();
  }

  #lookAtSettings(): void {
    const { problem, unknown } = this.settings;
    this.settings.look();
    if (this.settings.problem !== problem || this.settings.unknown !== unknown) this.#overview.refresh();
  }

  overview(): Overview {
    return this.#overview.value;
  }

  onOverview(listener: (overview: Overview) => void): () => void {
    return this.#overview.on(listener);
  }

  fault(error: unknown): void {
    this.#faults.note(error);
  }

  /** Mail can be stored, or it cannot any more. */
  storageChanged(): void {
    this.#overview.refresh();
  }

  /** Recipients whose mail does not go out by itself, as last counted. */
  stays(): { held: number; quarantined: number } {
    const sum = { held: 0, quarantined: 0 };
    for (const { name } of this.#directory.all()) {
      const { held, rerouted, quarantined } = this.#waiting.of(name);
      sum.held += held.count - rerouted;
      sum.quarantined += quarantined.count;
    }
    return sum;
  }

  /** The clock jumped by `by` ms (negative: back), just now: everybody goes by the new one. */
  clockJumped(by: number): void {
    this.#meter.clockJumped(by);
    this.#scheduler.clockJumped(by);
    this.#otherWays.clockJumped(by);
    this.#correspondence.clockJumped(by);
    this.#modes
      .clockJumped(by)
      .catch((error: unknown) =>
        this.#trouble(`not everything goes by the corrected clock yet: ${(error as Error).message}`),
      );
    this.#overview.refresh();
  }

  /** What waits on disk was planned anew after a jump of the clock. */
  replanned(): void {
    this.#scheduler.wake(null, false);
    this.#otherWays.wake();
    this.#correspondence
      .replanned()
      .catch((error: unknown) =>
        this.#trouble(`not everything goes by the corrected clock yet: ${(error as Error).message}`),
      );
    this.#waiting.stale();
    this.#overview.refresh();
  }

  /** The machine slept: what was due meanwhile is due now. */
  woke(): void {
    this.#scheduler.wake(null, true);
    this.#otherWays.wake();
    this.#correspondence.bounceRoutes.wake();
    this.#overview.refresh();
  }

  announce(holder: Holder): void {
    this.#lock.announce(holder);
  }

  /** Stops taking mail, lets what is under way end, and leaves everything on disk. May be called twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async abandon(): Promise<void> {
    this.#closing ??= this.#close(true);
    return this.#closing;
  }

  async #close(failed = false): Promise<void> {
    clearInterval(this.#keeping);
    await this.#stop();
    this.#storage.close();
    const isEmpty = failed && this.#directory.all().length === 0 && (await this.#hasNoMail());
    await this.#db.close();
    if (isEmpty) this.#lock.discard();
    else this.#lock.release();
  }

  async #hasNoMail(): Promise<boolean> {
    try {
      return (await this.#db.write('highestId')) === 0;
    } catch {
      // It cannot be said.
      return false;
    }
  }

  /** Ends all that moves by itself; the database and the lock stay with whoever opened them. */
  async #stop(): Promise<void> {
    await this.#listener.close();
    this.#modes.close();
    await this.#health.close();
    await this.#correspondence.close();
    await this.#authenticator.close();
    await Promise.all([this.#scheduler.close(), this.#otherWays.close()]);
    await this.#indexer.close();
    await this.#time.close();
    this.#overview.close();
    this.#waiting.close();
    this.#spool.close();
  }

  #accepted(message: NewMessage, content: Buffer | null): void {
    const now = this.#time.clock.now();
    for (const domain of domainsOf(message)) this.#meter.count(domain, 'accepted', now);
    this.#scheduler.accepted(message, content);
    this.#show(message);
    this.#waiting.stale();
    this.#changed();
  }

  #rejected(message: NewMessage): void {
    const now = this.#time.clock.now();
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
    const now = this.#time.clock.now();
    this.#correspondence.settled(results);
    for (const result of results) this.#meter.count(domain, countedAs(result), now);
    if (this.#traffic.watched) {
      this.#traffic.push(triedRow(message, state, results));
    }
    this.#waiting.stale();
    this.#changed();
  }

  /** Another way's outcomes belong on the chart, but not to the figures of a domain's own server. */
  #settledOnOtherWay(id: number, results: RecipientOutcome[]): void {
    this.#correspondence.settled(results);
    for (const result of results) this.#meter.fill(this.#time.clock.now(), countedAs(result), 1);
    void this.#showAgain([id]);
  }

  #show(message: NewMessage): void {
    if (!this.#traffic.watched) return;
    this.#traffic.push(arrivedRow(message));
  }

  /** Rows that an action or the clock changed, read anew. */
  async #showAgain(ids: number[]): Promise<void> {
    this.#waiting.stale();
    this.#changed();
    if (!this.#traffic.watched) return;
    for (const row of await this.#db.read('summaries', ids.slice(0, 500))) this.#traffic.push(row);
  }

  #changed(): void {
    this.#overview.changed();
  }

  #compose(): Overview {
    return composeOverview({
      now: this.#time.clock.now(),
      domains: this.#directory.all(),
      waiting: (domain) => this.#waiting.of(domain),
      health: (domain) => this.#scheduler.health(domain),
      pace: (domain) => this.#scheduler.pace(domain),
      running: !this.#offline,
      deliverAgain: this.settings.get().autoHold.deliverAgain,
      warnHours: this.settings.get().delivery.warnHours,
      meter: this.#meter,
      listener: {
        ...this.#listener.state,
        ...(this.#offline ? { problem: 'it is not running on this data folder' } : {}),
      },
      filterTroubles: this.#screening.troubles,
      fault: this.#faults.present,
      unknownSettings: this.settings.unknown,
      storage: this.#storage.state,
      settingsTrouble: this.settings.problem,
    });
  }
}
