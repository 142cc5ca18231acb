// One engine to a data folder. The lock is the operating system's, so a crash or `kill -9` never leaves it behind.
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readOwnFile } from '../settings/own-file.ts';
import { replaceFile } from '../settings/replace-file.ts';
import { whyNotLeadingTo, whyNotOwn, whyNotOwnFiles } from './data-owner.ts';

/** How to reach the engine that has the folder. */
export interface Holder {
  pid: number;
  host: 'service' | 'desktop';
  /** Where its service answers, e.g. `http://127.0.0.1:8025`; null when it offers none. */
  url: string | null;
  token: string | null;
}

/** Another engine has the data folder. */
export class DataDirLocked extends Error {
  readonly holder: Holder | null;
  constructor(dataDir: string, holder: Holder | null) {
    super(
      holder
        ? `the data folder ${dataDir} is in use by Mailward's ${holder.host === 'desktop' ? 'desktop app' : 'service'} (process ${holder.pid}); stop that one first, or choose another folder with --data`
        : `the data folder ${dataDir} is in use by another Mailward; stop that one first, or choose another folder with --data`,
    );
    this.holder = holder;
  }
}

/** The data folder cannot be used. */
export class DataDirUnusable extends Error {}

export interface DataDirLock {
  /** Tells others how to reach us. */
  announce: (holder: Holder) => void;
  release: () => void;
}

/** What a data folder of ours has in it from the first moment on. */
const LOCK_FILE = 'engine.lock';

/** A folder of somebody else's must not be closed to them, nor filled with our files, because of a slip of the keyboard. */
function refuseOthersFolder(dataDir: string): void {
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
  const ours = names.includes(LOCK_FILE) || names.every((name) => OURS_BEFORE_THE_LOCK.has(name));
  if (!ours) {
    throw new DataDirUnusable(
      `${dataDir} has other things in it (${names.slice(0, 3).join(', ')}); choose an empty or a new data folder with --data`,
    );
  }
}

/** What may be in a data folder that was never opened: settings written beforehand, the desktop's own. */
const OURS_BEFORE_THE_LOCK = new Set(['settings.json', 'desktop.json', 'browser', 'lost+found', '.DS_Store']);

/** As `mkdir -p`. (Node's own recursive mkdir never ends where the kernel says that a parent which exists does not.) */
function makeFolder(path: string, attempts = 100): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || attempts === 0 || existsSync(parent)) throw error;
    makeFolder(parent, attempts - 1);
    makeFolder(path, 0);
  }
}

function refuse(reason: string | null): void {
  if (reason !== null) throw new DataDirUnusable(reason);
}

/**
 * Makes the folder if need be and closes it to other users, once it is sure that it is ours: whatever is to be written to it
 * or read from it comes after this. Throws `DataDirUnusable`.
 */
export function prepareDataDir(dataDir: string): void {
  refuse(whyNotLeadingTo(dataDir));
  try {
    makeFolder(dataDir);
  } catch (error) {
    throw new DataDirUnusable(
      `cannot make the data folder ${dataDir} (${(error as NodeJS.ErrnoException).code ?? String(error)}); choose another with --data`,
    );
  }
  refuse(whyNotOwn(dataDir));
  refuseOthersFolder(dataDir);
  try {
    // Mail lies in here: no other user of the machine may read it.
    chmodSync(dataDir, 0o700);
  } catch (error) {
    throw new DataDirUnusable(
      `cannot close the data folder ${dataDir} to other users: ${(error as Error).message}; choose another with --data`,
    );
  }
  refuse(whyNotOwnFiles(dataDir));
}

/** Makes the folder if need be (for this user alone) and locks it. Throws `DataDirLocked` or `DataDirUnusable`. */
export function lockDataDir(dataDir: string): DataDirLock {
  prepareDataDir(dataDir);
  const announcement = announcementIn(dataDir);
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(join(dataDir, LOCK_FILE));
  } catch (error) {
    throw new DataDirUnusable(
      `cannot use the data folder ${dataDir}: ${(error as Error).message}; give this user the right to write there, or choose another folder with --data`,
    );
  }
  try {
    // SQLite's exclusive lock is a lock of the operating system's on every platform, and ends with the process.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (/locked|busy/i.test((error as Error).message)) throw new DataDirLocked(dataDir, readHolder(dataDir));
    throw new DataDirUnusable(
      `cannot use the data folder ${dataDir}: ${(error as Error).message}; give this user the right to write there, or choose another folder with --data`,
    );
  }
  rmSync(announcement, { force: true });
  return {
    announce(holder) {
      replaceFile(announcement, `${JSON.stringify(holder)}\n`);
    },
    release() {
      rmSync(announcement, { force: true });
      db.close();
    },
  };
}

const announcementIn = (dataDir: string) => join(dataDir, 'engine.json');

/** Who has the data folder, as they announced it; null when nobody did. The one who did may be gone by now. */
export function readHolder(dataDir: string): Holder | null {
  try {
    return JSON.parse(readOwnFile(announcementIn(dataDir)) ?? 'null') as Holder | null;
  } catch {
    return null;
  }
}
