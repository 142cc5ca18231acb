// What the latest pre-flight of each domain came to.
import type { DatabaseSync } from 'node:sqlite';
import { preflightSchema, type Preflight } from '../../../shared/preflight.ts';
import { readStored } from '../stored-json.ts';

export function preflightReads(db: DatabaseSync) {
  const one = db.prepare('SELECT report FROM preflight WHERE domain = ?');
  return {
    /** Null: none was made, or an earlier release kept it in another form. */
    lastPreflight(domain: string): Preflight | null {
      const row = one.get(domain) as { report: string } | undefined;
      return row === undefined ? null : readStored(row.report, preflightSchema);
    },
  };
}

export function preflightWrites(db: DatabaseSync) {
  const put = db.prepare('INSERT OR REPLACE INTO preflight (domain, report) VALUES (?, ?)');
  return {
    keepPreflight(report: Preflight): void {
      put.run(report.domain, JSON.stringify(report));
    },
  };
}
