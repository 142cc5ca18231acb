// Why the database did not do what it was asked: the storage's own troubles told apart from a call that was wrong.
import type { FileTrouble } from './open-files.ts';
import type { WorkerFailure } from './protocol.ts';

/**
 * `files`: the open files are not where they were. `ended`: the thread died, and what it had in hand may or may not be on disk.
 * `locked`: another program holds the database. `search`: only the log's search index.
 */
export type StorageFailing =
  | 'files'
  | 'ended'
  | 'full'
  | 'read-only'
  | 'damaged'
  | 'locked'
  | 'search'
  | 'input-output';

/** A call that the database could not carry out. */
export class StorageError extends Error {
  /** Null when the call itself was at fault: nothing is said about the storage. */
  readonly failing: StorageFailing | null;
  readonly files: FileTrouble | null;

  constructor(message: string, failing: StorageFailing | null = null, files: FileTrouble | null = null) {
    super(message);
    this.failing = failing;
    this.files = files;
  }
}

/** The disk, or the quota on it, is full (SQLITE_FULL, or an I/O error while writing for want of space). */
export class StorageFull extends StorageError {
  constructor() {
    super('the disk is full', 'full');
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that say something about the storage. */
const FAILINGS: Readonly<Record<number, StorageFailing>> = {
  5: 'locked', // BUSY
  6: 'locked', // LOCKED
  7: 'input-output', // NOMEM
  8: 'read-only', // READONLY
  10: 'input-output', // IOERR
  11: 'damaged', // CORRUPT
  14: 'input-output', // CANTOPEN
  15: 'locked', // PROTOCOL
  26: 'damaged', // NOTADB
};
const SQLITE_FULL = 13;
/** Only a virtual table is damaged, and the search index is the only one. */
const SQLITE_CORRUPT_VTAB = 267;
/** Calls about the search index alone. */
const ABOUT_SEARCH = new Set(['search', 'indexLog']);

export function toError(failure: WorkerFailure, call?: string): StorageError {
  const { message, sqliteCode, files } = failure;
  if (files) return new StorageError(message, 'files', files);
  const primary = sqliteCode === null ? null : sqliteCode & 0xff;
  if (primary === SQLITE_FULL || /no space|disk is full/i.test(message)) return new StorageFull();
  const failing = primary === null ? null : (FAILINGS[primary] ?? null);
  const isSearch =
    sqliteCode === SQLITE_CORRUPT_VTAB ||
    /\bfts5\b|log_text/.test(message) ||
    (failing === 'damaged' && call !== undefined && ABOUT_SEARCH.has(call));
  return new StorageError(message, isSearch ? 'search' : failing);
}
