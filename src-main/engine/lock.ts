// One engine to a data folder. The lock is the operating system's, so a crash or `kill -9` never leaves it behind.
import { pause } from '../clock/clock.ts';
import { systemClock } from '../clock/watched.ts';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { identityOf, readOwnFile } from '../settings/own-file.ts';
import { CannotWrite, removeIfPossible, replaceFile } from '../settings/replace-file.ts';
import { isOwnFile, whyNotLeadingTo, whyNotOwn, whyNotOwnFiles, whyNotReachable } from './data-owner.ts';
import { placeInstead, whyOfSystem } from './system-folders.ts';

const holderSchema = z.object({
  pid: z.int().positive(),
  /** `command`: a command of the command line, which is done soon. */
  host: z.enum(['service', 'desktop', 'command']),
  /** Where its service answers, e.g. `http://127.0.0.1:8025`; null when it offers none. */
  url: z.url({ protocol: /^https?$/ }).nullable(),
  token: z.string().nullable(),
  /** Since when it has the folder, UTC ms. */
  since: z.number().optional(),
});

/** How to reach the engine that has the folder. */
export type Holder = z.infer<typeof holderSchema>;

const HOSTS: Readonly<Record<Holder['host'], string>> = {
  service: "Mailward's service",
  desktop: "Mailward's desktop app",
  command: 'a mailward command',
};

/** Another engine has the data folder. */
export class DataDirLocked extends Error {
  readonly holder: Holder | null;
  constructor(dataDir: string, holder: Holder | null) {
    super(
      holder
        ? `the data folder ${dataDir} is in use by ${HOSTS[holder.host]} (process ${holder.pid}); stop that one first, or choose another folder with --data`
        : `the data folder ${dataDir} is in use by another Mailward; stop that one first, or choose another folder with --data`,
    );
    this.holder = holder;
  }
}

/** The data folder cannot be used. */
export class DataDirUnusable extends Error {}

/** There is nothing of Mailward's where its data folder should be. */
export class DataDirMissing extends DataDirUnusable {
  constructor(dataDir: string) {
    const what = existsSync(dataDir)
      ? `there is no Mailward in ${dataDir}: the folder is there, and nothing of Mailward’s is in it`
      : `there is no Mailward in ${dataDir}: there is no such folder`;
    super(
      `${what}. If Mailward ran there, and perhaps still does, its folder was moved or removed, or its disk is not mounted: put it back, without starting another Mailward. If it is elsewhere, name it with --data. Nothing was made; only where Mailward never ran before, \`mailward serve\` begins`,
    );
  }
}

export interface DataDirLock {
  /** Tells others how to reach us. Throws `DataDirUnusable` when that cannot be written; `keep` then tries again. */
  announce: (holder: Holder) => void;
  /**
   * Whether the folder is still ours. A lock file that was removed is made and locked again, and so is the announcement;
   * `taken` when another Mailward was quicker.
   */
  keep: () => 'ours' | 'taken';
  release: () => void;
  /**
   * As `release`, of a start that failed; the database must be closed. Where no Mailward was before, what came into the folder
   * since it was locked is taken away, and so are the folders that were made for it.
   */
  discard: () => void;
}

export interface LockOptions {
  /** Nothing is made: a folder in which Mailward never ran, or which is not there, is `DataDirMissing`. */
  existing?: boolean;
}

/** Each of these makes a folder ours, whatever else is in it: the lock is there from the first moment, the database in every copy. */
export const LOCK_FILE = 'engine.lock';
const DATABASE = 'mailward.db';
const TELLING: readonly string[] = [LOCK_FILE, DATABASE, `${DATABASE}-wal`, `${DATABASE}.replacement`];

/** Whether a Mailward was ever there, as far as this user may see. */
function hasMailward(dataDir: string): boolean {
  return TELLING.some((name) => existsSync(join(dataDir, name)));
}

/** A folder of somebody else's must not be closed to them, nor filled with our files, because of a slip of the keyboard. */
function refuseOthersFolder(dataDir: string, existing: boolean): string[] {
  if (!statSync(dataDir).isDirectory()) {
    throw new DataDirUnusable(`${dataDir} is a file, not a folder; choose another data folder with --data`);
  }
  let names: string[];
  try {
    names = readdirSync(dataDir);
  } catch (error) {
    throw new DataDirUnusable(
      `cannot read the data folder ${dataDir}: ${(error as Error).message}; give this user the right to, or choose another with --data`,
    );
  }
  if (names.some((name) => TELLING.includes(name))) return names;
  const others = names.filter(
    (name) => !MAY_BE_THERE.has(name) && !isOwnFile(name) && !name.startsWith(`${DATABASE}.`),
  );
  if (others.length > 0) {
    const them = others.slice(0, 3).join(', ');
    throw new DataDirUnusable(
      existing
        ? `there is no Mailward in ${dataDir}: it has other things in it (${them}) and no ${DATABASE}; name the right folder with --data`
        : `${dataDir} has other things in it (${them}) and no ${DATABASE}, so it is not Mailward's; name an empty or a new folder with --data, such as ${placeInstead(dataDir)}. If it was Mailward's, put its ${DATABASE} back first`,
    );
  }
  return names;
}

/**
 * What a folder may have in it that has neither lock nor database: settings written beforehand, the rest of a backup
 * (docs/architecture.md lists our files), the desktop app's and Electron's own, and what systems leave in folders.
 */
const MAY_BE_THERE: ReadonlySet<string> = new Set([
  'settings.json',
  'settings.json.new',
  'receipts',
  'access-token',
  'access-token.new',
  'rdap-bootstrap.json',
  'rdap-bootstrap.json.new',
  'browsers.json',
  'browsers.json.new',
  'engine.json',
  'engine.json.new',
  'engine.next',
  'engine.next.new',
  `${DATABASE}-shm`,
  'desktop.json',
  'desktop.json.new',
  'browser',
  'SingletonLock',
  'SingletonCookie',
  'SingletonSocket',
  'lockfile',
  'Crashpad',
  'lost+found',
  '.DS_Store',
  '.Trashes',
  '.fseventsd',
  '.Spotlight-V100',
  '.snapshots',
  '@eaDir',
  '$RECYCLE.BIN',
  'System Volume Information',
  'Thumbs.db',
  'desktop.ini',
]);

/**
 * As `mkdir -p`. (Node's own recursive mkdir never ends where the kernel says that a parent which exists does not.)
 * @param made what is made is added to it, outermost first.
 */
function makeFolder(path: string, made: string[], attempts = 100): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    made.push(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || attempts === 0 || existsSync(parent)) throw error;
    makeFolder(parent, made, attempts - 1);
    makeFolder(path, made, 0);
  }
}

/** Removes folders that we made, while nothing is in them. */
function removeFolders(made: string[]): void {
  for (const path of made.splice(0).reverse()) {
    try {
      rmdirSync(path);
    } catch {
      // Somebody has put something there meanwhile.
      return;
    }
  }
}

function refuse(reason: string | null): void {
  if (reason !== null) throw new DataDirUnusable(reason);
}

/**
 * Makes the folder if need be and closes it to other users, once it is sure that it is ours: whatever is to be written to it
 * or read from it comes after this. Throws `DataDirUnusable`, and `DataDirMissing` where it must exist.
 */
export function prepareDataDir(dataDir: string, options: LockOptions = {}): void {
  const made: string[] = [];
  try {
    prepare(dataDir, options, made);
  } catch (error) {
    removeFolders(made);
    throw error;
  }
}

/** As `prepareDataDir`. Answers what is in the folder; `made` gets what was made. */
function prepare(dataDir: string, { existing = false }: LockOptions, made: string[]): string[] {
  refuse(whyNotReachable(dataDir));
  if (existing && !existsSync(dataDir)) throw new DataDirMissing(dataDir);
  if (!hasMailward(dataDir)) refuse(whyOfSystem(dataDir));
  refuse(whyNotLeadingTo(dataDir));
  try {
    makeFolder(dataDir, made);
  } catch (error) {
    throw new DataDirUnusable(
      `cannot make the data folder ${dataDir} (${(error as NodeJS.ErrnoException).code ?? String(error)}); choose another with --data`,
    );
  }
  refuse(whyNotOwn(dataDir, hasMailward(dataDir)));
  const names = refuseOthersFolder(dataDir, existing);
  if (existing && !names.some((name) => TELLING.includes(name))) {
    // Settings may be read from it all the same.
    refuse(whyNotOwnFiles(dataDir));
    throw new DataDirMissing(dataDir);
  }
  try {
    // Mail lies in here: no other user of the machine may read it. On a disk that has become read-only nothing is asked for in vain:
    // the Mailward that has the folder is to be found all the same.
    if ((statSync(dataDir).mode & 0o777) !== 0o700) chmodSync(dataDir, 0o700);
  } catch (error) {
    throw unusable(dataDir, error);
  }
  refuse(whyNotOwnFiles(dataDir));
  return names;
}

/** How long to wait for a holder who has not said who they are, and for a command to be done or an engine to be up, ms. */
const PATIENCE_MS = 10_000;
const LONG_PATIENCE_MS = 60_000;
const AGAIN_MS = 25;
/** An engine that waits says so anew every so often, ms; and is gone when it has not for so long. */
const SAYS_EVERY_MS = 1000;
const SILENT_FOR_MS = 4000;

/**
 * As `lockDataDir`; waits while the folder is only held for a moment: by a command, or by an engine that is starting and
 * has not yet said how it is reached.
 */
export async function takeDataDir(dataDir: string, options: TakeOptions = {}): Promise<DataDirLock> {
  const began = systemClock.steady();
  const turn = new Turn(dataDir);
  const made: string[] = [];
  try {
    // Whose folder it is must be known before anything in it is believed.
    if (options.yields === true) prepare(dataDir, options, made);
    for (;;) {
      try {
        if (options.yields !== true || !turn.isTaken()) return lock(dataDir, options, made);
        if (systemClock.steady() - began >= LONG_PATIENCE_MS)
          throw new DataDirLocked(dataDir, readHolder(dataDir));
      } catch (error) {
        if (!(error instanceof DataDirLocked)) throw error;
        if (systemClock.steady() - began >= patienceWith(error.holder, options.yields === true)) throw error;
        if (options.yields !== true) turn.ask();
      }
      await pause(systemClock, AGAIN_MS);
    }
  } catch (error) {
    turn.end();
    removeFolders(made);
    throw error;
  } finally {
    turn.end();
  }
}

export interface TakeOptions extends LockOptions {
  /** Lets an engine that waits for the folder go first: commands in a row would keep it out for ever. */
  yields?: boolean;
}

/**
 * `engine.next`: an engine waits for the folder. It has the engine's process id in it, and a number that grows: an engine
 * that was killed leaves the file behind, and its process id may be another program's by now.
 */
class Turn {
  readonly #path: string;
  #asked = 0;
  #askedAt = 0;
  #seen = '';
  #seenAt = 0;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'engine.next');
  }

  /** Says (again) that we wait. */
  ask(): void {
    if (this.#asked > 0 && systemClock.steady() - this.#askedAt < SAYS_EVERY_MS) return;
    this.#askedAt = systemClock.steady();
    this.#asked++;
    try {
      replaceFile(this.#path, `${process.pid} ${this.#asked}`);
    } catch {
      // It waits without.
    }
  }

  /** Whether another waits. */
  isTaken(): boolean {
    try {
      const text = readOwnFile(this.#path) ?? '';
      if (!isAlive(Number(text.split(' ')[0]))) return false;
      if (text !== this.#seen) {
        this.#seen = text;
        this.#seenAt = systemClock.steady();
      }
      if (systemClock.steady() - this.#seenAt < SILENT_FOR_MS) return true;
      rmSync(this.#path, { force: true });
      return false;
    } catch {
      return false;
    }
  }

  /** We wait no more. */
  end(): void {
    if (this.#asked > 0) removeIfPossible(this.#path);
  }
}

function patienceWith(holder: Holder | null, isCommand: boolean): number {
  // Words of one who is gone: whoever has the folder now has just taken it.
  if (holder === null || !isAlive(holder.pid)) return PATIENCE_MS;
  // An engine that is starting will say how a command reaches it.
  return holder.host === 'command' || (isCommand && holder.url === null) ? LONG_PATIENCE_MS : 0;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes the folder if need be (for this user alone) and locks it. Throws `DataDirLocked`, `DataDirMissing` or `DataDirUnusable`. */
export function lockDataDir(dataDir: string, options: LockOptions = {}): DataDirLock {
  const made: string[] = [];
  try {
    return lock(dataDir, options, made);
  } catch (error) {
    removeFolders(made);
    throw error;
  }
}

/** As `lockDataDir`; `made` has, and gets, the folders that were made for it. */
function lock(dataDir: string, options: LockOptions, made: string[]): DataDirLock {
  const names = prepare(dataDir, options, made);
  const announcement = announcementIn(dataDir);
  let db: DatabaseSync;
  try {
    db = openLock(dataDir);
  } catch (error) {
    if (isTaken(error)) throw new DataDirLocked(dataDir, readHolder(dataDir));
    // Where the disk can only be read the lock cannot be tried. Who had the folder before that may well be running.
    const holder = readHolder(dataDir);
    if (holder !== null && isAlive(holder.pid)) throw new DataDirLocked(dataDir, holder);
    if (!names.includes(LOCK_FILE)) removeIfPossible(join(dataDir, LOCK_FILE));
    throw unusable(dataDir, error);
  }
  // Under the lock: what there is of a database now is nobody else's doing.
  if (
    options.existing === true &&
    !TELLING.some((name) => name !== LOCK_FILE && existsSync(join(dataDir, name)))
  ) {
    db.close();
    throw new DataDirMissing(dataDir);
  }
  try {
    rmSync(announcement, { force: true });
  } catch (error) {
    db.close();
    throw unusable(dataDir, error);
  }
  const since = systemClock.now();
  // What another made before we had the lock, and left behind, is not ours to remove.
  const found = new Set(readdirSync(dataDir).filter((name) => name !== LOCK_FILE || names.includes(name)));
  const isNew = !found.has(DATABASE) && !found.has(`${DATABASE}-wal`);
  const folder = identityOf(dataDir);
  let lock = identityOf(join(dataDir, LOCK_FILE));
  let announced: Holder | null = null;
  const release = () => {
    if (isStillOurs()) removeIfPossible(announcement);
    if (db.isOpen) db.close();
  };
  const isOurFolder = () => identityOf(dataDir) === folder;
  const isStillOurs = () => isOurFolder() && identityOf(join(dataDir, LOCK_FILE)) === lock;
  let isAnnounced = true;
  const write = () => {
    if (announced) replaceFile(announcement, `${JSON.stringify(announced)}\n`);
    isAnnounced = true;
  };
  return {
    announce(holder) {
      announced = { ...holder, since };
      isAnnounced = false;
      try {
        write();
      } catch (error) {
        throw unusable(dataDir, error);
      }
    },
    keep() {
      if (!isOurFolder()) return 'ours';
      try {
        if (identityOf(join(dataDir, LOCK_FILE)) !== lock) {
          const again = openLock(dataDir);
          db.close();
          db = again;
          lock = identityOf(join(dataDir, LOCK_FILE));
        }
        if (!isAnnounced || !existsSync(announcement)) write();
      } catch (error) {
        if (isTaken(error)) return 'taken';
        // The folder cannot be written to; that has its own alarm.
      }
      return 'ours';
    },
    release,
    discard() {
      const mayRemove = isNew && isStillOurs();
      const locked = join(dataDir, LOCK_FILE);
      const addedLock = mayRemove && !found.has(LOCK_FILE);
      try {
        if (mayRemove)
          for (const name of readdirSync(dataDir))
            if (isAdded(name) && !found.has(name)) rmSync(join(dataDir, name), { force: true });
        // It comes last: until then the folder is ours. Windows removes no file that is open.
        if (addedLock && process.platform !== 'win32') rmSync(locked);
        release();
        if (addedLock && process.platform === 'win32') rmSync(locked);
        if (mayRemove) removeFolders(made);
      } catch {
        // What cannot be removed stays; why the start failed is what matters.
        release();
      }
    },
  };
}

/** What a start adds to the folder while it has the lock; who waits for it has said so themselves. */
const isAdded = (name: string) => isOwnFile(name) && name !== LOCK_FILE && !name.startsWith('engine.next');

/** SQLite's exclusive lock is a lock of the operating system's on every platform, and ends with the process. */
function openLock(dataDir: string, mayMakeAnew = true): DatabaseSync {
  const db = new DatabaseSync(join(dataDir, LOCK_FILE));
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    // Nothing is in it: one that a restore or a crash left as rubbish is made anew.
    if (mayMakeAnew && /not a database|malformed/.test((error as Error).message)) {
      rmSync(join(dataDir, LOCK_FILE));
      return openLock(dataDir, false);
    }
    throw error;
  }
}

const isTaken = (error: unknown) => /locked|busy/i.test((error as Error).message);

function unusable(dataDir: string, error: unknown): DataDirUnusable {
  const { message, code } = (error instanceof CannotWrite ? error.cause : error) as NodeJS.ErrnoException;
  const remedy = /ENOSPC|EDQUOT|disk is full|no space/i.test(`${code ?? ''} ${message}`)
    ? 'the disk is full: free some space on it and start Mailward again; the mail in it is as it was'
    : /EROFS|readonly|read-only/i.test(`${code ?? ''} ${message}`)
      ? 'it can only be read: mount its disk for writing and start Mailward again; the mail in it is as it was'
      : 'give this user the right to write there, or choose another folder with --data';
  return new DataDirUnusable(`cannot use the data folder ${dataDir} (${message}); ${remedy}`);
}

const announcementIn = (dataDir: string) => join(dataDir, 'engine.json');

/** Who has the data folder, as they announced it; null when nobody did. The one who did may be gone by now. */
export function readHolder(dataDir: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(readOwnFile(announcementIn(dataDir)) ?? 'null'));
  } catch {
    return null;
  }
}
