// The caller's side of the database: a writer thread with group commit, and a reader thread that never holds it up.
import type { Timer } from '../clock/clock.ts';
import { systemClock } from '../clock/watched.ts';
import { basename, dirname } from 'node:path';
import { Channel, type ChannelEvents } from './channel.ts';
import { lookAtDisk, NO_ROOM } from './disk.ts';
import { StorageError, StorageFull } from './failures.ts';
import type { FileTrouble } from './open-files.ts';
import { shellWord } from '../settings/data-dir.ts';
import type { Reads, Writes } from './operations/index.ts';
import type { WorkerInput } from './protocol.ts';

export { StorageError, StorageFull };

type Operations = Record<string, (args: never) => unknown>;
type Caller<Ops extends Operations> = <Name extends keyof Ops & string>(
  name: Name,
  ...args: Parameters<Ops[Name]> extends [] ? [] : [Parameters<Ops[Name]>[0]]
) => Promise<ReturnType<Ops[Name]>>;

/** Calls that are not carried out without something being written: others may find that there is nothing to do. */
const WRITES_SURELY = new Set(['accept', 'addPiece', 'settle', 'putDomain']);
/** A log that lost its name is begun anew after this time, ms: whoever moved it may be about to put it back. */
const RENEW_AFTER_MS = 30_000;
/** Where a file's time of change is that of the last write. (NTFS changes it later, as it likes.) */
const TELLS_TIMES = process.platform === 'linux' || process.platform === 'darwin';
/** A file system whose times tell so often of writes that did no harm is not believed any more. */
const FALSE_ALARMS = 3;
/** How long a look through all of the database is good for, ms. */
const DOUBT_AGAIN_MS = 60_000;

/** Each call runs the function of its name in operations/, on a thread of the database. */
export interface Database {
  /** In order with all other writes, and on disk when the promise resolves. May also run a read, in the same order. */
  write: Caller<Writes & Reads>;
  /** From the last committed state, beside the writes. */
  read: Caller<Reads>;
  /** For how long the writes in hand have been with the disk, ms. */
  waiting: () => number;
  close: () => Promise<void>;
}

/** What happens to the storage as a whole, apart from single calls. */
export interface DatabaseEvents {
  /** The files are not where they were, or are again (null). */
  files: (trouble: FileTrouble | null) => void;
  /** One of the threads died or cannot be started again. It is being tried. */
  ended: (role: WorkerInput['role'], error: StorageError) => void;
  running: (role: WorkerInput['role']) => void;
  /** A call failed, for the storage's sake. */
  failed: (error: StorageError) => void;
  /** Something is on disk. */
  written: () => void;
  /** Something in the files was found damaged; null: it was looked into, and they are whole. */
  damaged: (complaints: string | null) => void;
  /** Something that an admin should read in the log. */
  note: (words: string) => void;
}

const nobody: DatabaseEvents = {
  files: () => undefined,
  ended: () => undefined,
  running: () => undefined,
  failed: () => undefined,
  written: () => undefined,
  damaged: () => undefined,
  note: () => undefined,
};

/** Opens (and if need be makes or brings up to date) the database file. Throws `StorageError` with the reason, and what to do. */
export async function openDatabase(
  path: string,
  events: DatabaseEvents = nobody,
  renewAfter = RENEW_AFTER_MS,
): Promise<Database> {
  const opened = new OpenDatabase(path, events, renewAfter);
  try {
    await opened.open();
  } catch (error) {
    throw explained(error, path);
  }
  return opened;
}

class OpenDatabase implements Database {
  readonly #path: string;
  readonly #events: DatabaseEvents;
  #writer!: Channel;
  #reader!: Channel;
  #mending: Promise<void> = Promise.resolve();
  #begun = false;
  #closing = false;
  /** How often the files were looked through because of their times. */
  #falseAlarms = 0;
  #filesTrouble: FileTrouble | null = null;
  #renewal: Timer | null = null;
  readonly #renewAfter: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The files hold what nobody can vouch for: the log must not be copied into the database when they are closed. */
  #suspect = false;

  constructor(path: string, events: DatabaseEvents, renewAfter: number) {
    this.#renewAfter = renewAfter;
    this.#path = path;
    this.#events = events;
  }

  async open(): Promise<void> {
    const common = (role: WorkerInput['role']): ChannelEvents => ({
      ended: (error) => this.#events.ended(role, error),
      running: () => this.#events.running(role),
      files: () => undefined,
      failed: (error) => this.#failed(error),
      worked: () => undefined,
      note: (words) => this.#events.note(words),
    });
    const path = this.#path;
    this.#writer = await Channel.open(
      () => ({
        path,
        role: 'writer',
        mayBegin: !this.#begun,
        trustTimes: TELLS_TIMES && this.#falseAlarms < FALSE_ALARMS,
      }),
      {
        ...common('writer'),
        files: (trouble) => this.#filesMoved(trouble),
        worked: (names) => {
          if (names.some((name) => WRITES_SURELY.has(name))) this.#events.written();
        },
      },
    );
    this.#begun = true;
    try {
      this.#reader = await Channel.open(
        () => ({ path, role: 'reader', mayBegin: false, trustTimes: false }),
        common('reader'),
      );
    } catch (error) {
      await this.#writer.close();
      throw error;
    }
  }

  write: Database['write'] = (name, ...args) => this.#writer.call(name, args[0]);
  read: Database['read'] = (name, ...args) => this.#reader.call(name, args[0]);

  waiting(): number {
    return this.#writer.waiting;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#writer.stopTrying();
    this.#reader.stopTrying();
    this.#renewal?.cancel();
    await this.#mending;
    await this.#rescue();
    // Whoever closes last copies the log into the database; a reader does not.
    const [first, last] = this.#suspect ? [this.#writer, this.#reader] : [this.#reader, this.#writer];
    await first.close();
    await last.close();
  }

  #filesMoved(trouble: FileTrouble | null): void {
    this.#events.files(trouble);
    this.#filesTrouble = trouble;
    this.#renewal?.cancel();
    this.#renewal = null;
    if (trouble === null) return;
    const { part, fault } = trouble;
    const isLog = part === 'log' || part === 'log index';
    if (isLog && (fault === 'gone' || fault === 'replaced'))
      this.#renewal = systemClock.after(this.#renewAfter, () => this.#mend(() => this.#renewLog()));
    else if (fault === 'changed') this.#mend(() => this.#readAnew());
    else if (fault === 'cut') this.#suspect = true;
  }

  #failed(error: StorageError): void {
    this.#events.failed(error);
    if (error.failing === 'damaged') this.#mend(() => this.#doubt());
  }

  /** One thing after the other: each ends and starts threads. */
  #mend(how: () => Promise<void>): void {
    this.#mending = this.#mending
      .then(() => (this.#closing ? undefined : how()))
      .catch((error: unknown) => this.#events.note(`${basename(this.#path)}: ${(error as Error).message}`));
  }

  /** The database is in its place, and its log has lost its name: all that is in the log is copied over, and another is begun. */
  async #renewLog(): Promise<void> {
    if (this.#filesTrouble === null) return;
    await this.#reader.rest('close');
    try {
      await this.#writer.rest('empty-log');
    } catch (error) {
      await this.#reader.go();
      throw error;
    }
    await this.#writer.go();
    await this.#reader.go();
    this.#filesTrouble = null;
    this.#events.files(null);
    this.#events.note(
      `the database's log (${basename(this.#path)}-wal) was removed or replaced while it was in use; all that was in it is in the database now, and another was begun: nothing is lost`,
    );
  }

  /** With the last of us what is in files without a name is gone: it is written to one that has a name, while there is a folder. */
  async #rescue(): Promise<void> {
    const trouble = this.#filesTrouble;
    if (trouble?.part !== 'database' || (trouble.fault !== 'gone' && trouble.fault !== 'replaced')) return;
    try {
      const path = await this.#writer.rescue();
      this.#suspect = true;
      this.#events.note(
        path === this.#path
          ? `the database had been removed while it was in use; all that was in it is in ${path} again`
          : `another file had taken the database's place; all that was in the database is in ${path}. To go on with it, put it in the place of ${this.#path} (and remove ${this.#path}-wal and -shm) before the next start`,
      );
    } catch (error) {
      this.#events.note(
        `the database was removed while it was in use, and what was in it could not be saved: ${(error as Error).message}`,
      );
    }
  }

  /** Somebody else wrote into the files: what is in memory of them is forgotten, and they are looked through. */
  async #readAnew(): Promise<void> {
    this.#suspect = true;
    const isLastToBelieve = ++this.#falseAlarms === FALSE_ALARMS;
    // The reader is closed last, and so the log is not copied into what may be another database.
    await this.#writer.rest('close');
    await this.#reader.rest('close');
    await this.#writer.go();
    await this.#reader.go();
    if (!(await this.#lookIntoIt())) return;
    this.#events.files(null);
    if (isLastToBelieve)
      this.#events.note(
        'the database was written to by another program several times and was whole each time, or its file system changes times by itself; times are not looked at any more until the next start',
      );
  }

  /** Something could not be read. It may have been a moment's failure, and all of the database takes long to read. */
  async #doubt(): Promise<void> {
    const now = systemClock.steady();
    if (now - this.#lookedAt < DOUBT_AGAIN_MS) return;
    await this.#lookIntoIt();
  }

  /** Whether all of the database can be read, its search index apart. */
  async #lookIntoIt(): Promise<boolean> {
    const found = await this.read('complaints').catch((error: unknown) => [(error as Error).message]);
    this.#lookedAt = systemClock.steady();
    const grave = found.filter((words) => !words.includes('log_text'));
    const complaints = grave.length === 0 ? null : grave.slice(0, 3).join('; ');
    this.#suspect = complaints !== null;
    this.#events.damaged(complaints);
    return complaints === null;
  }
}

/** Why the database cannot be opened, in words that name the file, say what is safe and what helps. */
export function explained(error: unknown, path: string): unknown {
  if (!(error instanceof StorageError)) return error;
  const folder = dirname(path);
  const { message } = error;
  // A file that cannot be made longer is an I/O error to SQLite, also where there is no room.
  const failing =
    error.failing === 'input-output' && lookAtDisk(folder).freeBytes < NO_ROOM ? 'full' : error.failing;
  const words = (text: string) => new StorageError(text, failing, error.files);
  const repair = `mailward repair --data ${shellWord(folder)}`;
  switch (failing) {
    case 'full':
      return words(
        `cannot open ${path}: the disk is full; free some space on the disk that holds ${folder} and start Mailward again. The mail in it is as it was`,
      );
    case 'read-only':
      return words(
        `cannot open ${path}: it can only be read; mount its disk for writing, or give this user the right to write, and start Mailward again. The mail in it is as it was`,
      );
    case 'locked':
      return words(
        `cannot open ${path}: another program holds it locked; end that program (an sqlite3 shell or a backup, say) and start Mailward again. The mail in it is as it was`,
      );
    case 'damaged':
    case 'search':
      return words(
        `the database ${path} is damaged (${message}); nothing in it was changed. \`${repair}\` copies all that can be read into a new one and keeps the damaged file; or put a backup in its place. Settings and access token are not in it`,
      );
    case null:
      return message.includes('its log')
        ? words(
            `the database ${path} is missing or empty (${message}); nothing was changed. Put it back, or a backup of it; \`${repair}\` sets what is left aside and begins anew. Settings and access token are not in it`,
          )
        : error;
    case 'input-output':
      return words(
        `cannot open ${path}: ${message}; the disk or the file's rights may be at fault. Nothing in it was changed`,
      );
    default:
      return error;
  }
}
