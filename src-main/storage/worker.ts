// The database's own thread. Writes that arrive together share one transaction, and so one fsync (group commit).
import { systemClock } from '../clock/watched.ts';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { migrate } from './migrations.ts';
import { OpenFiles, type FilePart, type FileTrouble } from './open-files.ts';
import { reads, writes } from './operations/index.ts';
import type { Call, FromWorker, Result, ToWorker, WorkerFailure, WorkerInput } from './protocol.ts';
import { finishRepair, replacementOf } from './replacement.ts';
import { mendSearch } from './search-index.ts';

const input = workerData as WorkerInput;
const isWriter = input.role === 'writer';
const port = parentPort;
if (!port) throw new Error('the storage worker runs only as a worker thread');
const say = (words: FromWorker) => port.postMessage(words);

/** How often to look whether the files are where they were, ms. */
const LOOK_EVERY_MS = 250;

/**
 * Writes that promise nothing to anybody: what became of mail that is here already, and taking back what was not promised. They
 * are carried out also in files that are gone: as long as this process lives, nothing is sent twice for it.
 */
const PROMISES_NOTHING = new Set(['settle', 'discardPieces', 'withdraw']);

type Operation = (args: unknown) => unknown;

interface Open {
  db: DatabaseSync;
  operations: Map<string, Operation>;
  /** Those that change nothing. */
  readOnly: ReadonlySet<string>;
  files: OpenFiles | null;
  notes: string[];
}

function open(): Open {
  const wasRepaired = isWriter && existsSync(replacementOf(input.path));
  if (wasRepaired) finishRepair(input.path);
  if (isWriter) refuseHalfADatabase(input.path);
  if (!input.mayBegin && !existsSync(input.path)) throw new Error('the database is not there');
  const isBegunAnew =
    isWriter && !existsSync(input.path) && existsSync(join(dirname(input.path), 'receipts'));
  const notes: string[] = [];
  if (wasRepaired)
    notes.push(
      `a repair of ${input.path} was interrupted when all was copied; it is finished now, and the damaged files are kept beside it`,
    );
  if (isBegunAnew)
    notes.push(
      `there was no ${input.path}, though Mailward has run in its folder before; an empty one was begun`,
    );
  const db = new DatabaseSync(input.path, { readOnly: !isWriter });
  try {
    return { db, ...prepare(db, notes), notes };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Sets the connection up, and brings the files up to date. @param notes what was done to them, for the log. */
function prepare(db: DatabaseSync, notes: string[]): Omit<Open, 'db' | 'notes'> {
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;');
  if (isWriter) {
    // FULL: every commit waits until the log is on disk. A 250 rests on it (docs/durability.md).
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
    if (mode !== 'wal')
      throw new Error('its file system cannot hold a log beside it: put it on a local disk');
    db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;');
    // Small: after pages were split, a commit walks through all of the cache.
    db.exec('PRAGMA cache_size = -8000;');
    migrate(db);
    const mended = mendSearch(db);
    if (mended !== null) notes.push(mended);
  } else db.exec('PRAGMA cache_size = -32000;');
  const readers = reads(db);
  const operations = isWriter ? { ...readers, ...writes(db) } : readers;
  return {
    operations: new Map(Object.entries(operations) as [string, Operation][]),
    readOnly: new Set(Object.keys(readers)),
    files: isWriter ? OpenFiles.of(input.path, input.trustTimes) : null,
  };
}

/** SQLite takes an empty or missing database for a new one, and throws its log away. That log may be all that is left of the mail. */
function refuseHalfADatabase(path: string): void {
  const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? null;
  const database = size(path);
  if ((database ?? 0) > 0 || (size(`${path}-wal`) ?? 0) === 0) return;
  throw new Error(database === null ? 'its log is here, and it is not' : 'it is empty, and its log is not');
}

function failure(error: unknown): WorkerFailure {
  const known = error as { message?: string; errcode?: number; code?: string };
  return { message: known.message ?? String(error), sqliteCode: known.errcode ?? null };
}

function away(files: FileTrouble): WorkerFailure {
  return { message: 'the files are not where they were', sqliteCode: null, files };
}

function runOne(operations: Map<string, Operation>, call: Call): Result {
  const operation = operations.get(call.name);
  if (!operation)
    return { ok: false, failure: { message: `unknown operation ${call.name}`, sqliteCode: null } };
  try {
    return { ok: true, value: operation(call.args) };
  } catch (error) {
    return { ok: false, failure: failure(error) };
  }
}

/** All or nothing: the first failure when any call failed, and everything is undone. */
function runTogether(
  db: DatabaseSync,
  operations: Map<string, Operation>,
  calls: Call[],
): Result[] | WorkerFailure {
  try {
    db.exec('BEGIN IMMEDIATE');
    const results: Result[] = [];
    for (const call of calls) {
      const result = runOne(operations, call);
      if (!result.ok) {
        if (db.isTransaction) db.exec('ROLLBACK');
        return result.failure;
      }
      results.push(result);
    }
    db.exec('COMMIT');
    return results;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    return failure(error);
  }
}

function run({ db, operations }: Open, calls: Call[]): Result[] {
  const together = runTogether(db, operations, calls);
  if (Array.isArray(together)) return together;
  if (calls.length === 1) return [{ ok: false, failure: together }];
  // One call must not take its neighbours down: each again, in a transaction of its own.
  return calls.map((call) => {
    const alone = runTogether(db, operations, [call]);
    if (!Array.isArray(alone)) return { ok: false, failure: alone };
    return alone[0] ?? { ok: false, failure: { message: 'no answer', sqliteCode: null } };
  });
}

/** The files as last looked at. Once somebody else has written into them they are not trusted again until they are opened anew. */
let trouble: FileTrouble | null = null;
const isForGood = (found: FileTrouble | null) => found?.fault === 'cut' || found?.fault === 'changed';

function found(now: FileTrouble | null, { db, files }: Pick<Open, 'db' | 'files'>): FileTrouble | null {
  if (isForGood(trouble)) return trouble;
  const isNews = now?.part !== trouble?.part || now?.fault !== trouble?.fault;
  trouble = now;
  if (!isNews) return now;
  // What the log holds is nowhere else: into the database with it, before anything happens to this process.
  if (now !== null && isAboutLog(now)) {
    saveLog(db, 'FULL');
    files?.checkAfterWriting();
  }
  say({ kind: 'files', trouble: now });
  return now;
}

const isAboutLog = ({ part }: FileTrouble) => part === 'log' || part === 'log index';

/** Copies what the log holds into the database. Returns what kept it from doing so. */
function saveLog(db: DatabaseSync, how: 'FULL' | 'TRUNCATE'): WorkerFailure | null {
  try {
    const done = db.prepare(`PRAGMA wal_checkpoint(${how})`).get() as { busy: number };
    return done.busy === 0 ? null : { message: 'the log is in use', sqliteCode: null };
  } catch (error) {
    return failure(error);
  }
}

/** Only what is in the files that a start would find may be told as stored: looked at before, and again when it is committed. */
function runStored(opened: Open, files: OpenFiles, calls: Call[]): Result[] {
  const isPromise = ({ name }: Call) => !PROMISES_NOTHING.has(name) && !opened.readOnly.has(name);
  const before = found(files.check(), opened);
  const allowed = before === null ? calls : calls.filter((call) => !isPromise(call));
  const ran = allowed.length === 0 ? [] : run(opened, allowed);
  const after = found(files.checkAfterWriting(), opened);
  const refusedFor = after ?? before;
  if (refusedFor === null) return ran;
  const results = new Map(allowed.map((call, index) => [call, ran[index]]));
  return calls.map((call) => {
    const result = results.get(call);
    return result && !isPromise(call) ? result : { ok: false, failure: away(refusedFor) };
  });
}

/** As `saveLog`, and clears the way for another log: SQLite would remove whatever lies in its place. */
function emptyLog({ db, files }: Open): WorkerFailure | null {
  const failed = saveLog(db, 'TRUNCATE');
  if (failed !== null) return failed;
  setAside(files, 'log', `${input.path}-wal`);
  setAside(files, 'log index', `${input.path}-shm`);
  return null;
}

/** A file that is not ours is somebody's: it gets out of the way, and is kept. */
function setAside(files: OpenFiles | null, part: FilePart, path: string): void {
  if (existsSync(path) && files?.isInPlace(part) !== true)
    renameSync(path, `${path}.set-aside-${systemClock.now()}`);
}

/**
 * The database lost its name: all that is in it is written to a new file. Where nothing has taken its place, that file
 * takes it. Returns the new file's path.
 */
function rescue(db: DatabaseSync): string {
  const copy = `${input.path}.rescued-${systemClock.now()}`;
  db.prepare('VACUUM INTO ?').run(copy);
  const file = openSync(copy, 'r+');
  fsyncSync(file);
  closeSync(file);
  if (existsSync(input.path)) return copy;
  // The old log must not be taken for the new file's.
  for (const end of ['-wal', '-shm'])
    if (existsSync(input.path + end)) renameSync(input.path + end, `${copy}${end}`);
  renameSync(copy, input.path);
  return input.path;
}

try {
  const opened = open();
  const { db, operations, files } = opened;
  const looking = files ? systemClock.every(LOOK_EVERY_MS, () => found(files.check(), opened)) : undefined;
  port.on('message', (asked: ToWorker) => {
    if (asked === 'rescue') {
      try {
        say({ kind: 'rescued', path: rescue(db) });
      } catch (error) {
        say({ kind: 'failed', failure: failure(error) });
      }
      return;
    }
    if (asked === 'empty-log') {
      const failed = emptyLog(opened);
      if (failed !== null) {
        say({ kind: 'failed', failure: failed });
        return;
      }
    }
    if (asked === 'close' || asked === 'empty-log') {
      looking?.cancel();
      db.close();
      port.close();
      return;
    }
    say({
      kind: 'results',
      results: files
        ? runStored(opened, files, asked.calls)
        : asked.calls.map((call) => runOne(operations, call)),
    });
  });
  say({ kind: 'ready', notes: opened.notes });
} catch (error) {
  say({ kind: 'failed', failure: failure(error) });
  port.close();
}
