// Protected domains in the database.
import type { DatabaseSync } from 'node:sqlite';
import { modeSchema, profileSchema, routeSchema, type Domain } from '../../../shared/domain.ts';

interface Row {
  name: string;
  created_at: number;
  route: string;
  mode: string;
  profile: string;
}

export function domainReads(db: DatabaseSync) {
  const all = db.prepare('SELECT * FROM domain ORDER BY name');
  return {
    domains(): Domain[] {
      return (all.all() as unknown as Row[]).map((row) => ({
        name: row.name,
        createdAt: row.created_at,
        // Read by the schema: what a later version added has its default.
        route: routeSchema.parse(JSON.parse(row.route)),
        mode: modeSchema.parse(JSON.parse(row.mode)),
        profile: profileSchema.parse(JSON.parse(row.profile)),
      }));
    },
  };
}

export function domainWrites(db: DatabaseSync) {
  const put = db.prepare(
    'INSERT INTO domain (name, created_at, route, mode, profile) VALUES (?, ?, ?, ?, ?) ' +
      'ON CONFLICT (name) DO UPDATE SET route = excluded.route, mode = excluded.mode, profile = excluded.profile',
  );
  const drop = db.prepare('DELETE FROM domain WHERE name = ?');
  return {
    putDomain(domain: Domain): void {
      const { name, createdAt, route, mode, profile } = domain;
      put.run(name, createdAt, JSON.stringify(route), JSON.stringify(mode), JSON.stringify(profile));
    },
    dropDomain(name: string): void {
      drop.run(name);
    },
  };
}
