// Repairing a damaged database: what can be read is copied into a new one, and the damaged files are kept beside it.
import { renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { explained } from './database.ts';
import { toError } from './failures.ts';
import { migrate } from './migrations.ts';
import { finishRepair, replacementOf, syncFile } from './replacement.ts';
import { mendSearch, rebuildSearch } from './search-index.ts';

export interface CopiedTable {
  table: string;
  rows: number;
  /** Some of it could not be read, or did not fit what was left. */
  isIncomplete: boolean;
}

/**
 * `whole`: nothing was wrong; `search`: only the search index was, and it is being made anew; `copied`: into a new database;
 * `begun-anew`: nothing could be read, and an empty database was begun.
 */
export interface Repair {
  what: 'whole' | 'search' | 'copied' | 'begun-anew';
  /** What was wrong, in SQLite's words. */
  complaints: string[];
  /** Where the damaged database is kept; null when it is still in use. */
  keptAs: string | null;
  tables: CopiedTable[];
  /** Messages that still wait for somebody and of whose content a part is lost: they are held. */
  torn: number;
}

/** What is copied, parents first, and by what it is read in order. All else in the database follows from it. */
const TABLES: readonly { table: string; key: string; isNumber: boolean }[] = [
  { table: 'domain', key: 'name', isNumber: false },
  { table: 'message', key: 'id', isNumber: true },
  { table: 'recipient', key: 'message_id', isNumber: true },
  { table: 'content', key: 'rowid', isNumber: true },
  { table: 'attempt', key: 'id', isNumber: true },
  { table: 'bounce', key: 'message_id', isNumber: true },
  { table: 'authenticity', key: 'message_id', isNumber: true },
  { table: 'filter_result', key: 'message_id', isNumber: true },
  { table: 'server_address', key: 'host', isNumber: false },
  { table: 'server_move', key: 'id', isNumber: true },
  { table: 'recipient_failure', key: 'id', isNumber: true },
  { table: 'recipient_entry', key: 'address', isNumber: false },
  { table: 'recipient_known', key: 'address', isNumber: false },
  { table: 'check_run', key: 'id', isNumber: true },
  { table: 'check_last', key: 'domain', isNumber: false },
  { table: 'finding', key: 'id', isNumber: true },
  { table: 'finding_seen', key: 'run_id', isNumber: true },
  { table: 'way_back', key: 'domain', isNumber: false },
  { table: 'preflight', key: 'domain', isNumber: false },
  { table: 'mx_change', key: 'domain', isNumber: false },
  { table: 'journal', key: 'id', isNumber: true },
  { table: 'observation', key: 'domain', isNumber: false },
  { table: 'contact', key: 'id', isNumber: true },
];

/** Rows in one transaction. */
const SLICE = 1000;
const MOST_COMPLAINTS = 20;

/**
 * Repairs the database at `path`, which nobody else may have open. Nothing is removed: what is damaged is renamed. Throws
 * `StorageError` when the disk does not let it; the files are then as they were.
 */
export function repairDatabase(path: string, now: number): Repair {
  const finished = finishRepair(path);
  const nothing = { complaints: [], keptAs: null, tables: [], torn: 0 };
  const { complaints, isOpen } = examine(path);
  const grave = complaints.filter((words) => !/log_text|fts5/.test(words));
  if (isOpen && grave.length === 0) {
    const mended = mendInPlace(path, complaints.length > 0);
    if (mended !== 'failed')
      return mended === 'whole'
        ? { ...nothing, what: 'whole', keptAs: finished }
        : { ...nothing, what: 'search', complaints: complaints.length > 0 ? complaints : [mended] };
  }
  const fresh = `${path}.repaired`;
  for (const end of ['', '-journal']) rmSync(fresh + end, { force: true });
  try {
    const target = new DatabaseSync(fresh);
    let tables: CopiedTable[] = [];
    let torn = 0;
    try {
      // One file, all of it on disk before it is put in the other's place.
      target.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      migrate(target);
      if (isOpen) {
        tables = copyAll(path, target);
        torn = holdTorn(target, now);
      }
    } finally {
      target.close();
    }
    syncFile(fresh);
    utimesSync(fresh, now / 1000, now / 1000);
    renameSync(fresh, replacementOf(path));
    syncFile(dirname(path));
    const keptAs = finishRepair(path);
    const anything = tables.some(({ rows }) => rows > 0);
    return { what: anything ? 'copied' : 'begun-anew', complaints, keptAs, tables, torn };
  } catch (error) {
    rmSync(fresh, { force: true });
    const { message, errcode } = error as Error & { errcode?: number };
    throw explained(toError({ message, sqliteCode: errcode ?? null }), path);
  }
}

/** What SQLite finds wrong; `isOpen`: at least it could be opened. */
function examine(path: string): { complaints: string[]; isOpen: boolean } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? null;
  if ((size ?? 0) === 0) {
    const words = size === null ? 'the database is missing' : 'the database is empty';
    return { complaints: [words], isOpen: false };
  }
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path);
    // Reads the schema, and takes in what a crash left in the log.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
  } catch (error) {
    db?.close();
    const { message, errcode } = error as Error & { errcode?: number };
    const { failing } = toError({ message, sqliteCode: errcode ?? null });
    if (failing !== 'damaged') throw explained(toError({ message, sqliteCode: errcode ?? null }), path);
    return { complaints: [message], isOpen: false };
  }
  try {
    const rows = db.prepare(`PRAGMA integrity_check(${MOST_COMPLAINTS})`).all() as unknown as {
      integrity_check: string;
    }[];
    const complaints = rows.map((row) => row.integrity_check).filter((words) => words !== 'ok');
    return { complaints, isOpen: true };
  } catch (error) {
    return { complaints: [(error as Error).message], isOpen: true };
  } finally {
    db.close();
  }
}

/** Brings the shape up to date and mends the search index; returns what was wrong with that, if anything. */
function mendInPlace(path: string, isDamaged: boolean): string {
  const db = new DatabaseSync(path);
  try {
    migrate(db);
    if (isDamaged) rebuildSearch(db);
    return mendSearch(db) ?? (isDamaged ? 'the search index' : 'whole');
  } catch {
    return 'failed';
  } finally {
    db.close();
  }
}

function copyAll(path: string, target: DatabaseSync): CopiedTable[] {
  const source = new DatabaseSync(path);
  try {
    const copied = TABLES.map((one) => copyTable(source, target, one));
    const isWhole = copyDetours(source, target);
    return copied.map((one) =>
      one.table === 'recipient' && !isWhole ? { ...one, isIncomplete: true } : one,
    );
  } finally {
    source.close();
  }
}

function copyTable(
  source: DatabaseSync,
  target: DatabaseSync,
  { table, key, isNumber }: (typeof TABLES)[number],
): CopiedTable {
  const copied: CopiedTable = { table, rows: 0, isIncomplete: false };
  let columns: string[];
  try {
    const has = new Set(columnsOf(source, table));
    columns = columnsOf(target, table).filter((name) => has.has(name));
  } catch {
    return { ...copied, isIncomplete: true };
  }
  if (columns.length === 0) return copied;
  const list = columns.join(', ');
  // Rows that were read from both ends are the same row.
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table} (${list}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const put = (row: unknown[]) => {
    try {
      copied.rows += Number(insert.run(...(row as null[])).changes);
    } catch (error) {
      if (isAboutTarget(error)) throw error;
      // What it belongs to is lost, or it is not what it was: it fits nowhere.
      copied.isIncomplete = true;
    }
  };
  /** Reads rows in order until there are no more; false when they could not be read on. */
  const readFrom = (condition: string, order: 'ASC' | 'DESC', values: unknown[]): Read => {
    let last: unknown = null;
    let inSlice = 0;
    target.exec('BEGIN');
    try {
      const select = source.prepare(
        `SELECT ${list}, ${key} AS key_of_row FROM ${table} ${condition} ORDER BY ${key} ${order}`,
      );
      select.setReadBigInts(true);
      select.setReturnArrays(true);
      const rows = select.iterate(...(values as null[])) as unknown as Iterable<unknown[]>;
      for (const row of rows) {
        last = row.at(-1);
        put(row.slice(0, -1));
        if (++inSlice % SLICE === 0) target.exec('COMMIT; BEGIN');
      }
      return { last, isWhole: true };
    } catch (error) {
      if (isAboutTarget(error)) throw error;
      return { last, isWhole: false };
    } finally {
      if (target.isTransaction) target.exec('COMMIT');
    }
  };
  const forward = readFrom('', 'ASC', []);
  if (forward.isWhole) return copied;
  copied.isIncomplete = true;
  // From the other end, to where it breaks off there; and, where rows have numbers, from ever further on in between.
  const backward = readFrom('', 'DESC', []);
  if (!isNumber) return copied;
  const end = typeof backward.last === 'bigint' ? backward.last : 1n << 62n;
  let from = typeof forward.last === 'bigint' ? forward.last : 0n;
  for (let step = 1n; from + step < end; ) {
    const { last, isWhole } = readFrom(`WHERE ${key} > ? AND ${key} < ?`, 'ASC', [from + step, end]);
    if (isWhole) break;
    if (typeof last === 'bigint') {
      from = last;
      step = 1n;
    } else step *= 2n;
  }
  return copied;
}

/**
 * Earlier releases had a table of their own for mail that is rerouted. Where it is lost by what way, the mail is held by hand.
 * Returns false when some of it is.
 */
function copyDetours(source: DatabaseSync, target: DatabaseSync): boolean {
  let isWhole = true;
  target.exec('BEGIN');
  if (columnsOf(source, 'detour').length > 0) {
    const put = target.prepare(
      `UPDATE recipient SET way = ?, way_reason = ?, way_since = ?, next_at = ?, way_attempts = ?, way_deferrals = ?
       WHERE message_id = ? AND position = ? AND held_by = 'reroute'`,
    );
    const select = source.prepare(
      'SELECT route, reason, since, next_at, attempts, deferrals, message_id, position FROM detour',
    );
    select.setReadBigInts(true);
    select.setReturnArrays(true);
    try {
      for (const row of select.iterate() as unknown as Iterable<null[]>) isWhole = fits(put, row) && isWhole;
    } catch (error) {
      if (isAboutTarget(error)) throw error;
      isWhole = false;
    }
  }
  target.exec("UPDATE recipient SET held_by = 'admin' WHERE held_by = 'reroute' AND way IS NULL; COMMIT");
  return isWhole;
}

/** Puts a row where it belongs; false when it is not what it was. */
function fits(put: StatementSync, row: null[]): boolean {
  try {
    put.run(...row);
    return true;
  } catch (error) {
    if (isAboutTarget(error)) throw error;
    return false;
  }
}

interface Read {
  last: unknown;
  isWhole: boolean;
}

function columnsOf(db: DatabaseSync, table: string): string[] {
  return (
    db.prepare('SELECT name FROM pragma_table_info(?)').all(table) as unknown as { name: string }[]
  ).map(({ name }) => name);
}

/** The new file cannot be written: that is no damage of the old one's. (SQLITE_FULL, IOERR and READONLY of the writing side.) */
function isAboutTarget(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && [8, 13].includes(code & 0xff);
}

/** Messages that somebody waits for and whose content is not all there cannot be sent: they are held, for an admin to see. */
function holdTorn(db: DatabaseSync, now: number): number {
  const torn = db
    .prepare(
      `SELECT id FROM message WHERE state IN ('queued', 'held', 'quarantined') AND size <>
         (SELECT coalesce(sum(length(data)), 0) FROM content WHERE message_id = message.id)`,
    )
    .all() as unknown as { id: number }[];
  const hold = db.prepare(
    `UPDATE recipient SET state = 'held', held_by = 'repair', queued_since = ?, next_at = NULL WHERE message_id = ? AND state IN ('queued', 'held')`,
  );
  const state = db.prepare(`UPDATE message SET state = 'held' WHERE id = ? AND state = 'queued'`);
  for (const { id } of torn) {
    hold.run(now, id);
    state.run(id);
  }
  return torn.length;
}
