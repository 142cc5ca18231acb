// Protected domains in the database.
import { systemClock } from '../../clock/watched.ts';
import type { DatabaseSync } from 'node:sqlite';
import { modeSchema, profileSchema, routeSchema, type Domain, type Mode } from '../../../shared/domain.ts';
import { domainNameSchema } from '../../../shared/names.ts';
import { NOWHERE, readStored } from '../stored-json.ts';

interface Row {
  name: string;
  created_at: number;
  route: string;
  mode: string;
  profile: string;
}

/** A domain whose row is damaged stays protected: its mail is taken and kept until somebody has said where it goes. */
function heldFor(part: 'route' | 'mode'): Mode {
  return modeSchema.parse({
    name: 'hold',
    since: systemClock.now(),
    reason:
      part === 'route'
        ? 'its route in the database cannot be read: set it again, then deliver'
        : 'its mode in the database cannot be read: set it again',
    reroute: null,
  });
}

export function domainReads(db: DatabaseSync) {
  const all = db.prepare('SELECT * FROM domain ORDER BY name');
  const live = db.prepare('SELECT name, live_since AS at FROM domain WHERE live_since IS NOT NULL');
  const rows = () =>
    (all.all() as unknown as Row[]).filter(({ name }) => domainNameSchema.safeParse(name).success);
  return {
    /** Domains of whose row a part cannot be read: what `domains` puts in its place keeps their mail here. */
    damagedDomains(): { name: string; parts: string[] }[] {
      return (all.all() as unknown as Row[]).flatMap((row) => {
        const parts = [
          ...(domainNameSchema.safeParse(row.name).success ? [] : ['name']),
          ...(readStored(row.route, routeSchema) ? [] : ['route']),
          ...(readStored(row.mode, modeSchema) ? [] : ['mode']),
          ...(readStored(row.profile, profileSchema) ? [] : ['profile']),
        ];
        return parts.length > 0 ? [{ name: row.name, parts }] : [];
      });
    },
    /** Domains whose first mail has come through, and when that was, UTC ms. */
    liveDomains(): { name: string; at: number }[] {
      return live.all() as unknown as { name: string; at: number }[];
    },
    domains(): Domain[] {
      return rows().map((row) => {
        // Read by the schema: what a later version added has its default.
        const route = readStored(row.route, routeSchema);
        const mode = readStored(row.mode, modeSchema);
        return {
          name: row.name,
          createdAt: row.created_at,
          route: route ?? NOWHERE,
          mode: route && mode ? mode : heldFor(route ? 'mode' : 'route'),
          profile: readStored(row.profile, profileSchema) ?? profileSchema.parse({}),
        };
      });
    },
  };
}

export function domainWrites(db: DatabaseSync) {
  const put = db.prepare(
    'INSERT INTO domain (name, created_at, route, mode, profile) VALUES (?, ?, ?, ?, ?) ' +
      'ON CONFLICT (name) DO UPDATE SET route = excluded.route, mode = excluded.mode, profile = excluded.profile',
  );
  const drop = db.prepare('DELETE FROM domain WHERE name = ?');
  const putLive = db.prepare('UPDATE domain SET live_since = ? WHERE name = ? AND live_since IS NULL');
  return {
    putDomain(domain: Domain): void {
      const { name, createdAt, route, mode, profile } = domain;
      put.run(name, createdAt, JSON.stringify(route), JSON.stringify(mode), JSON.stringify(profile));
    },
    /** A domain's first mail came through. */
    putLive({ name, at }: { name: string; at: number }): void {
      putLive.run(at, name);
    },
    dropDomain(name: string): void {
      drop.run(name);
    },
  };
}
