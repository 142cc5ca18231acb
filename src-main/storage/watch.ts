// Whether mail can be stored: what is known of the disk, the files and the database, and what to do when it cannot.
//
// Each thing that can go wrong is seen in its own way: files that are gone by the writer (open-files.ts), a dead thread by its
// end, free space and a read-only disk by looking every second, all else by a write that fails. After such a write small ones are
// tried until one is on disk: mail is refused at the door meanwhile, so nothing else would show that it works again.
import { join } from 'node:path';
import { storageTroubleKinds, type StorageState, type StorageTrouble } from '../../shared/overview.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import { lookAtDisk, NO_ROOM, type Disk } from './disk.ts';
import type { Database, DatabaseEvents } from './database.ts';
import { shellWord } from '../settings/data-dir.ts';
import type { StorageEvents } from './events.ts';
import type { StorageError, StorageFailing } from './failures.ts';
import type { FileTrouble } from './open-files.ts';

/** Free space that stays for delivering what is already here, octets: attempts are written too. */
export const RESERVE_BYTES = 64 * 1024 * 1024;
/** So much more must be free until it is enough again, octets: it must not come and go with every message. */
const CLEAR_BY = 8 * 1024 * 1024;
/** How often the disk is looked at, and how often a write is tried while they fail, ms. */
const LOOK_EVERY_MS = 1000;
/** How often it is looked at closely, ms: that writes to it, and a disk at rest may sleep meanwhile. */
const LOOK_CLOSELY_EVERY_MS = 30_000;
/** A disk that has not answered for so long is in trouble, ms. */
const NO_ANSWER_MS = 10_000;
/** Octets of a trial write: a disk or a quota with a few blocks left must not pass. */
const TRIAL = 65_536;

export interface WatchOptions {
  dataDir: string;
  clock: Clock;
  events: Publisher<StorageEvents>;
  /** For tests: the disk's free octets, and whether it may be written to. */
  disk?: (closely: boolean) => Disk;
}

export class StorageWatch {
  readonly #options: WatchOptions;
  readonly #present = new Map<StorageTrouble['kind'], StorageTrouble>();
  readonly #ended = new Set<string>();
  #db: Database | null = null;
  #timer: Timer | null = null;
  #trying = false;
  #files: FileTrouble | null = null;
  #closelyAt: number;
  #staying = { held: 0, quarantined: 0 };
  #freeBytes = Number.POSITIVE_INFINITY;
  /** The failure of a write that no later write has made good. */
  #failing: StorageTrouble['kind'] | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#closelyAt = options.clock.steady();
    this.#look();
  }

  /** For `openDatabase`. */
  readonly events: DatabaseEvents = {
    files: (trouble) => {
      this.#files = trouble;
      this.#set('files', trouble === null ? null : this.#aboutFiles(trouble));
    },
    ended: (role, error) => {
      this.#ended.add(role);
      this.#set('ended', {
        what: `its storage thread does not run (${error.message})`,
        remedy: `Mailward is starting it again. If this lasts, restart Mailward; the mail in ${this.#options.dataDir} is as it was.`,
      });
    },
    running: (role) => {
      this.#ended.delete(role);
      if (this.#ended.size === 0) this.#set('ended', null);
    },
    failed: (error) => this.#failed(error),
    written: () => this.#worked(),
    damaged: (complaints) => this.#damaged(complaints),
    note: (words) => this.#note(words),
  };

  /** Another Mailward has the data folder: its lock was removed, and another was started. */
  taken(isTaken: boolean): void {
    this.#set(
      'taken',
      isTaken
        ? {
            what: `another Mailward has taken the data folder ${this.#options.dataDir}, whose lock file was removed`,
            remedy: 'Stop one of the two; this one takes mail again when it has the folder to itself.',
          }
        : null,
    );
  }

  /** Mail that does not go out by itself, as it was counted now: it would stay in a folder that is gone. */
  stays(staying: { held: number; quarantined: number }): void {
    this.#staying = staying;
  }

  /** Begins to look by itself. */
  start(db: Database): void {
    this.#db = db;
    this.#plan();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#db = null;
  }

  get state(): StorageState {
    const trouble = this.trouble;
    return { state: trouble === null ? 'ok' : 'problem', trouble };
  }

  /** The gravest thing that keeps mail from being stored; null when nothing does. */
  get trouble(): StorageTrouble | null {
    for (const kind of storageTroubleKinds) {
      const one = this.#present.get(kind);
      // What is to be done with the mail in them changes with the mail.
      if (one) return kind === 'files' && this.#files ? { ...one, ...this.#aboutFiles(this.#files) } : one;
    }
    return null;
  }

  /** Whether a message of so many octets (0: not known) may be begun; `full` for want of space, `no` for any other reason. */
  takes(bytes: number): 'yes' | 'full' | 'no' {
    const trouble = this.trouble;
    if (trouble !== null) return trouble.kind === 'full' || trouble.kind === 'low-space' ? 'full' : 'no';
    return this.#freeBytes - bytes > RESERVE_BYTES ? 'yes' : 'full';
  }

  #plan(): void {
    this.#timer = this.#options.clock
      .every(LOOK_EVERY_MS, () => {
        this.#look();
        void this.#try();
      })
      .unref();
  }

  #look(): void {
    const { dataDir } = this.#options;
    const now = this.#options.clock.steady();
    const closely = this.#present.has('read-only') || now - this.#closelyAt >= LOOK_CLOSELY_EVERY_MS;
    if (closely) this.#closelyAt = now;
    const look = this.#options.disk ?? ((closely) => lookAtDisk(dataDir, closely));
    const { freeBytes, writable } = look(closely);
    this.#freeBytes = freeBytes;
    this.#set(
      'low-space',
      freeBytes > RESERVE_BYTES + (this.#present.has('low-space') ? CLEAR_BY : 0)
        ? null
        : {
            what: `the disk that holds ${dataDir} has ${mebibytes(freeBytes)} MiB free; the last ${mebibytes(RESERVE_BYTES)} MiB are kept for delivering the mail that is here`,
            remedy: `Free some space on that disk. Mailward takes mail again by itself; what it has goes on being delivered.`,
          },
    );
    if (!writable) this.#set('read-only', this.#aboutFailing('read-only', ''));
    else if (this.#failing !== 'read-only') this.#set('read-only', null);
    const waiting = this.#db?.waiting() ?? 0;
    this.#set(
      'no-answer',
      waiting < NO_ANSWER_MS
        ? null
        : {
            what: `the disk that holds ${dataDir} does not answer`,
            remedy: `Look at the disk and the system's log. Mailward goes on by itself when it answers.`,
          },
    );
  }

  /** A write, while the last one failed: whether it works again is seen only so. */
  async #try(): Promise<void> {
    const db = this.#db;
    if (!db || this.#failing === null || this.#trying) return;
    this.#trying = true;
    try {
      await db.write('addPiece', { messageId: 0, piece: 0, data: new Uint8Array(TRIAL) });
      await db.write('discardPieces', 0);
    } catch {
      // Told already: the failure stays.
    } finally {
      this.#trying = false;
    }
  }

  #failed(error: StorageError): void {
    const { failing } = error;
    // Files, threads and damage have events of their own; a search index keeps no mail out.
    if (failing === null || failing === 'files' || failing === 'ended' || failing === 'search') return;
    if (failing === 'damaged') {
      this.#damaged(error.message);
      return;
    }
    // A file that cannot be made longer is an I/O error to SQLite, also where there is no room.
    const kind = failing === 'input-output' && this.#freeBytes < NO_ROOM ? 'full' : failing;
    if (this.#failing !== null && this.#failing !== kind) this.#set(this.#failing, null);
    this.#failing = kind;
    this.#set(kind, this.#aboutFailing(kind, error.message));
  }

  #worked(): void {
    const was = this.#failing;
    if (was === null) return;
    this.#failing = null;
    this.#set(was, null);
  }

  #damaged(complaints: string | null): void {
    const { dataDir } = this.#options;
    this.#set(
      'damaged',
      complaints === null
        ? null
        : {
            what: `the database ${join(dataDir, 'mailward.db')} is damaged (${complaints})`,
            remedy: `Stop Mailward and run \`mailward repair --data ${shellWord(dataDir)}\`: it copies all that can be read into a new database and keeps the damaged file. Look at the disk, too.`,
          },
    );
  }

  #aboutFailing(failing: StorageFailing, words: string): Told {
    const { dataDir } = this.#options;
    switch (failing) {
      case 'full':
        return {
          what: `the disk that holds ${dataDir} is full`,
          remedy: `Free some space on that disk, or raise this user's quota. Mailward takes mail again by itself.`,
        };
      case 'read-only':
        return {
          what: `the disk that holds ${dataDir} can only be read`,
          remedy: `Mount it for writing. A disk that became read-only by itself has most likely failed: see the system's log. Mailward takes mail again by itself.`,
        };
      case 'locked':
        return {
          what: `another program holds the database in ${dataDir} locked`,
          remedy: `End that program: an sqlite3 shell, a backup, a virus scanner. Mailward takes mail again by itself.`,
        };
      default:
        return {
          what: `the disk that holds ${dataDir} fails (${words})`,
          remedy: `Look at the disk and the system's log. Mailward tries again every second and takes mail again by itself.`,
        };
    }
  }

  #aboutFiles({ part, path, fault }: FileTrouble): Told {
    const { dataDir } = this.#options;
    const which = {
      folder: 'the data folder',
      database: 'the database',
      log: "the database's log",
      'log index': "the index of the database's log",
    }[part];
    const happened = {
      gone: 'was removed or renamed',
      replaced: 'was replaced by another',
      cut: 'was cut short by another program',
      changed: 'was written to by another program',
      hidden: 'cannot be seen any more: a right was taken away, or the disk fails',
    }[fault];
    const what = `${which} ${path} ${happened}`;
    if (fault === 'changed')
      return {
        what,
        remedy: `Mailward is looking whether all of it is whole, and takes mail again when it is. Let no other program write into ${dataDir}.`,
      };
    if (fault === 'cut')
      return {
        what,
        remedy: `Stop Mailward and put a backup in its place, or run \`mailward repair --data ${shellWord(dataDir)}\`.`,
      };
    if (part === 'log' || part === 'log index')
      return {
        what,
        remedy: `All that was in it is in the database: nothing is lost. Put it back where it was; else Mailward begins another in half a minute, and takes mail again by itself.`,
      };
    if (part === 'database')
      return {
        what,
        remedy: `Put it back where it was, without stopping Mailward: it goes on by itself. Mail that waited here is still being delivered. If it cannot be put back, stop Mailward in good order (no kill -9): it writes all that was in it to a new file first, and the log says where.`,
      };
    return {
      what,
      remedy:
        `Put it back where it was, without stopping Mailward: it goes on by itself. Mail that waited here is still being delivered as long as this Mailward runs. ` +
        `If it cannot be put back, what is in it is lost when Mailward ends: ${this.#emptied()} and restart Mailward when nothing waits.`,
    };
  }

  /** How to get everything out of a folder that is gone. No command finds it any more, and nothing can be written to it. */
  #emptied(): string {
    const { held, quarantined } = this.#staying;
    const some = [
      ...(held > 0 ? [`${held} held`] : []),
      ...(quarantined > 0 ? [`${quarantined} in quarantine`] : []),
    ].join(' and ');
    return some === ''
      ? 'wait until the queue is empty,'
      : `mail that waits goes out by itself, but ${some} ${held + quarantined === 1 ? 'does' : 'do'} not, and cannot be released while the folder is gone: export that in the user interface,`;
  }

  #set(kind: StorageTrouble['kind'], told: Told | null): void {
    const before = this.#present.get(kind);
    if (told === null) {
      if (!before) return;
      this.#present.delete(kind);
      const now = this.#options.clock.now();
      this.#note(
        this.trouble === null
          ? `mail can be stored again; it could not be for ${Math.ceil((now - before.since) / 1000)} s`
          : `it is over that ${before.what}`,
      );
    } else {
      this.#present.set(kind, { kind, ...told, since: before?.since ?? this.#options.clock.now() });
      if (before?.what === told.what || (before && kind === 'low-space')) return;
      this.#note(`mail cannot be stored: ${told.what}. ${told.remedy}`);
    }
    this.#options.events.emit('storageState', null);
  }

  #note(words: string): void {
    this.#options.events.emit('note', { part: 'storage', words });
  }
}

type Told = Pick<StorageTrouble, 'what' | 'remedy'>;

const mebibytes = (bytes: number) => Math.floor(bytes / (1024 * 1024));
