// Whether the database is whole: asked when something in it could not be read, never on the way of the mail.
import type { DatabaseSync } from 'node:sqlite';

/** Complaints that are read; there may be millions of them. */
const MOST = 20;

export function soundnessReads(db: DatabaseSync) {
  return {
    /** What SQLite finds wrong with the database; nothing when it is whole. Reads all of it. */
    complaints(): string[] {
      const rows = db.prepare(`PRAGMA integrity_check(${MOST})`).all() as unknown as {
        integrity_check: string;
      }[];
      return rows.map((row) => row.integrity_check).filter((words) => words !== 'ok');
    },
  };
}
