// The engine, opened on a data folder and closed again: what it stands on is made here, all else in assemble.ts.
import { join } from 'node:path';
import { unknownSettingWords, type Overview } from '../../shared/overview.ts';
import { systemTime, WatchedClock } from '../clock/watched.ts';
import { Emitter } from '../events/emitter.ts';
import { noLog, type Fault, type Log } from '../events/fault.ts';
import type { Check } from '../probes/check.ts';
import { openSettings, type SettingsStore } from '../settings/settings.ts';
import { explained, openDatabase } from '../storage/database.ts';
import { StorageWatch } from '../storage/watch.ts';
import { assemble } from './assemble.ts';
import type { EngineEvents } from './events.ts';
import { Faults, unforeseen } from './faults.ts';
import { takeDataDir, type DataDirLock, type Holder } from './lock.ts';
import type { EngineRouter } from './router.ts';
import { Stops } from './stops.ts';
import type { EngineWorld } from './world.ts';

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
  world?: EngineWorld;
  /** For tests: other checks than Mailward's own. */
  checks?: readonly Check[];
  /** What an admin should read. */
  log?: Log;
}

export interface Engine {
  readonly router: EngineRouter;
  readonly settings: SettingsStore;
  readonly startedAt: number;
  /** Where the SMTP listener really is; null when offline. */
  readonly smtp: { host: string; port: number } | null;
  overview: () => Overview;
  onOverview: (listener: (overview: Overview) => void) => () => void;
  /** Something that a host could not do: it is logged, counted and shown. */
  takeFault: (fault: Fault) => void;
  /** The same of an exception that nobody foresaw, of whatever part of this process. */
  fault: (error: unknown) => void;
  /** Tells other programs of this user how to reach the engine. */
  announce: (holder: Holder) => void;
  /**
   * Stops taking mail, lets what is under way end, and leaves everything on disk; the data folder is free then, whatever went wrong.
   * May be called twice. Rejects with what could not be stopped in good order.
   */
  close: () => Promise<void>;
  /** As `close`, for a start that failed: what it made in a new data folder is taken away, unless something is kept in it. */
  abandon: () => Promise<void>;
}

/**
 * Opens the engine on a data folder. Throws an error whose message says what to do: `DataDirLocked`,
 * `DataDirUnusable`, `BrokenSettings`, `StorageError`, or what the listener says about its port.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { dataDir, offline = false, log = noLog } = options;
  const clock = new WatchedClock(options.world?.time ?? systemTime);
  const faults = new Faults(log, clock);
  const events = new Emitter<EngineEvents>((error, event) =>
    faults.take({ part: 'process', what: `what follows "${event}" failed`, error }),
  );
  events.on('fault', (fault) => faults.take(fault));
  events.on('note', (note) => log.note(note));
  const stops = new Stops(events);
  try {
    const lock = await takeDataDir(dataDir, { existing: options.existing === true, yields: offline });
    // What a start that fails made in a new folder is taken away again.
    const folder = { isToStay: false };
    stops.defer({ 'the data folder': () => (folder.isToStay ? lock.release() : lock.discard()) });
    announceEarly(lock, offline ? 'command' : options.host);
    const storage = new StorageWatch({ dataDir, clock, events });
    stops.defer({ 'the watch over the storage': () => storage.close() });
    const settings = openSettings(
      dataDir,
      (words) => events.emit('note', { part: 'settings', words }),
      (error) =>
        events.emit('fault', {
          part: 'settings',
          what: 'what follows a change of the settings failed',
          error,
        }),
    );
    for (const unknown of settings.unknown) {
      const words = `the settings ${settings.path}: ${unknownSettingWords(unknown)}`;
      events.emit('note', { part: 'settings', words });
    }
    const path = join(dataDir, 'mailward.db');
    const db = await openDatabase(path, storage.events);
    stops.defer({ 'the database': () => db.close() });
    storage.start(db);
    const { isEmpty, overview, ...assembled } = await assemble(
      options,
      { lock, clock, faults, events, storage, settings, db },
      stops,
    ).catch((error: unknown) => {
      // The first writes of a start find out what opening did not.
      throw explained(error, path);
    });
    folder.isToStay = true;

    let closing: Promise<void> | null = null;
    return {
      ...assembled,
      settings,
      overview: () => overview.value,
      onOverview: (listener) => overview.on(listener),
      takeFault: (fault) => events.emit('fault', fault),
      fault: (error) => events.emit('fault', unforeseen(error)),
      announce: (holder) => lock.announce(holder),
      close: () => (closing ??= stops.all()),
      abandon: () =>
        (closing ??= (async () => {
          folder.isToStay = !(await isEmpty());
          await stops.all();
        })()),
    };
  } catch (error) {
    // Why it did not start is what matters; what could not be undone was told.
    await stops.all().catch(() => undefined);
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
