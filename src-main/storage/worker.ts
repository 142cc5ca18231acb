// The database's own thread. Writes that arrive together share one transaction, and so one fsync (group commit).
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { migrate } from './migrations.ts';
import { reads, writes } from './operations/index.ts';
import type { Call, Result, WorkerFailure, WorkerInput } from './protocol.ts';

const input = workerData as WorkerInput;
const port = parentPort;
if (!port) throw new Error('the storage worker runs only as a worker thread');

type Operation = (args: unknown) => unknown;

function open(): { db: DatabaseSync; operations: Map<string, Operation> } {
  const db = new DatabaseSync(input.path, { readOnly: input.role === 'reader' });
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;');
  if (input.role === 'reader') db.exec('PRAGMA cache_size = -32000;');
  else {
    // FULL: every commit waits until the log is on disk. A 250 rests on it (docs/durability.md).
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;');
    // Small: after pages were split, a commit walks through all of the cache.
    db.exec('PRAGMA cache_size = -8000;');
    migrate(db);
  }
  const operations = input.role === 'writer' ? { ...reads(db), ...writes(db) } : reads(db);
  return { db, operations: new Map(Object.entries(operations) as [string, Operation][]) };
}

function failure(error: unknown): WorkerFailure {
  const known = error as { message?: string; errcode?: number; code?: string };
  return { message: known.message ?? String(error), sqliteCode: known.errcode ?? null };
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

function run(db: DatabaseSync, operations: Map<string, Operation>, calls: Call[]): Result[] {
  const together = runTogether(db, operations, calls);
  if (Array.isArray(together)) return together;
  if (calls.length === 1) return [{ ok: false, failure: together }];
  // One call must not take its neighbours down: each again, in a transaction of its own.
  return calls.flatMap((call) => run(db, operations, [call]));
}

try {
  const { db, operations } = open();
  port.on('message', (calls: Call[] | 'close') => {
    if (calls === 'close') {
      db.close();
      port.close();
      return;
    }
    port.postMessage(
      input.role === 'writer' ? run(db, operations, calls) : calls.map((call) => runOne(operations, call)),
    );
  });
  port.postMessage('ready');
} catch (error) {
  port.postMessage(failure(error));
  port.close();
}
