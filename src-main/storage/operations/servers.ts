// Where the routes' host names led, and when that changed.
import type { DatabaseSync } from 'node:sqlite';
import type { ServerMove } from '../../../shared/domain.ts';
import { parseStored } from '../stored-json.ts';

/** Moves listed at most: the newest. */
const MOST_LISTED = 200;

interface MoveRow {
  at: number;
  host: string;
  before: string;
  after: string;
}

export function serverReads(db: DatabaseSync) {
  const addresses = db.prepare('SELECT host, addresses FROM server_address');
  const moves = db.prepare(
    `SELECT at, host, before, after FROM server_move ORDER BY at DESC, id DESC LIMIT ?`,
  );
  return {
    serverAddresses(): { host: string; addresses: string[] }[] {
      const rows = addresses.all() as unknown as { host: string; addresses: string }[];
      return rows.map((row) => ({ host: row.host, addresses: parseStored<string[]>(row.addresses, []) }));
    },
    /** Newest first. */
    serverMoves(): ServerMove[] {
      const rows = moves.all(MOST_LISTED) as unknown as MoveRow[];
      return rows.map(({ at, host, before, after }) => ({
        at,
        host,
        before: parseStored<string[]>(before, []),
        after: parseStored<string[]>(after, []),
      }));
    },
  };
}

export function serverWrites(db: DatabaseSync) {
  const put = db.prepare(
    `INSERT INTO server_address (host, addresses, seen_at) VALUES (?, ?, ?)
     ON CONFLICT (host) DO UPDATE SET addresses = excluded.addresses, seen_at = excluded.seen_at`,
  );
  const insert = db.prepare('INSERT INTO server_move (at, host, before, after) VALUES (?, ?, ?, ?)');
  return {
    /** A host's addresses as looked up now; `before` is empty the first time. */
    putServerAddresses({ at, host, before, after }: ServerMove): void {
      put.run(host, JSON.stringify(after.toSorted()), at);
      if (before.length > 0) insert.run(at, host, JSON.stringify(before), JSON.stringify(after));
    },
  };
}
