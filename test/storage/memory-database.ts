// A database in memory, asked in the test's own thread: the same SQL, and every answer is there at once.
import { DatabaseSync } from 'node:sqlite';
import type { Database } from '../../src-main/storage/database.ts';
import { migrate } from '../../src-main/storage/migrations.ts';
import { reads, writes } from '../../src-main/storage/operations/index.ts';

export interface MemoryDatabase extends Database {
  readonly sql: DatabaseSync;
  /** Told of each question and each change before it is carried out: the test may wait, or throw. */
  before: (name: string) => Promise<void> | void;
  /** Told of each when it is carried out, and its answer is still on the way. */
  after: (name: string) => Promise<void> | void;
}

export function memoryDatabase(): MemoryDatabase {
  const sql = new DatabaseSync(':memory:');
  sql.exec('PRAGMA foreign_keys = ON');
  migrate(sql);
  const operations = { ...reads(sql), ...writes(sql) } as unknown as Record<
    string,
    (args: unknown) => unknown
  >;
  const call = async (name: string, args?: unknown) => {
    await database.before(name);
    const answer = operations[name]?.(args);
    await database.after(name);
    return answer;
  };
  const database: MemoryDatabase = {
    sql,
    before: () => undefined,
    after: () => undefined,
    read: call as MemoryDatabase['read'],
    write: call as MemoryDatabase['write'],
    waiting: () => 0,
    close: async () => {
      sql.close();
      return Promise.resolve();
    },
  };
  return database;
}
