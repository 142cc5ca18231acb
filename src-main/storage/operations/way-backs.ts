// The MX records that domains can go back to.
import type { DatabaseSync } from 'node:sqlite';
import { mxReadingSchema, wayBackSchema, type WayBack } from '../../../shared/mx-reading.ts';
import { readStored } from '../stored-json.ts';

interface WayBackRow {
  kept_at: number;
  origin: string;
  reading: string;
}

export function wayBackReads(db: DatabaseSync) {
  const one = db.prepare('SELECT kept_at, origin, reading FROM way_back WHERE domain = ?');
  const lacking = db.prepare(
    'SELECT name FROM domain WHERE name NOT IN (SELECT domain FROM way_back) ORDER BY name',
  );
  return {
    /** Null: none is known, or what was kept is damaged. */
    wayBack(domain: string): WayBack | null {
      const row = one.get(domain) as WayBackRow | undefined;
      if (row === undefined) return null;
      const reading = readStored(row.reading, mxReadingSchema);
      const kept = wayBackSchema.safeParse({ keptAt: row.kept_at, origin: row.origin, reading });
      return kept.success ? kept.data : null;
    },
    /** Protected domains without one. */
    withoutWayBack(): string[] {
      return (lacking.all() as unknown as { name: string }[]).map(({ name }) => name);
    },
  };
}

export function wayBackWrites(db: DatabaseSync) {
  const keep = db.prepare(
    'INSERT INTO way_back (domain, kept_at, origin, reading) VALUES (?, ?, ?, ?) ON CONFLICT (domain) DO NOTHING',
  );
  const replace = db.prepare(
    'INSERT OR REPLACE INTO way_back (domain, kept_at, origin, reading) VALUES (?, ?, ?, ?)',
  );
  return {
    /** @returns whether it was kept: one that is there already stays, unless it is to be replaced. */
    keepWayBack(args: { domain: string; wayBack: WayBack; replaces: boolean }): boolean {
      const { domain, wayBack, replaces } = args;
      const { changes } = (replaces ? replace : keep).run(
        domain,
        wayBack.keptAt,
        wayBack.origin,
        JSON.stringify(wayBack.reading),
      );
      return changes > 0;
    },
  };
}
