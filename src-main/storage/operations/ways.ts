// Mail that an admin rerouted: by what route, why, since when, and what was tried there. It is the recipient's own
// columns that say so (`way…`); the recipient is held meanwhile, with held_by = 'reroute', and `next_at` is its next attempt on that way.
import type { DatabaseSync } from 'node:sqlite';
import { routeSchema, type Route } from '../../../shared/domain.ts';
import { overallState, type Reroute, type RecipientState } from '../../../shared/message.ts';
import { NOWHERE, readStored } from '../stored-json.ts';

export interface WaySlice {
  /** Message ids, in full. */
  ids: number[];
  /** Only recipients of this domain; null for every recipient of the messages. */
  domain: string | null;
  /** Only recipients in these states; null for all whose mail is here. */
  states: RecipientState[] | null;
  route: Route;
  reason: string;
  /** UTC ms. */
  now: number;
}

/** The columns of a recipient that is rerouted; all null on its domain's own way. */
export interface WayColumns {
  way: string | null;
  way_reason: string | null;
  way_since: number | null;
  way_attempts: number;
  next_at: number | null;
}

const HERE = `'queued', 'held', 'quarantined', 'refused', 'expired'`;

export function wayReads(db: DatabaseSync) {
  const routes = db.prepare(
    // From one route to the next by the index: a hundred thousand messages on one of them cost no more than one.
    `WITH RECURSIVE present (way) AS (
       SELECT min(way) FROM recipient WHERE way IS NOT NULL
       UNION ALL SELECT (SELECT min(way) FROM recipient WHERE way IS NOT NULL AND way > present.way) FROM present WHERE present.way IS NOT NULL)
     SELECT way FROM present WHERE way IS NOT NULL`,
  );
  const counts = db.prepare(
    'SELECT domain, count(*) AS count FROM recipient WHERE way IS NOT NULL GROUP BY domain',
  );
  return {
    /** The routes that some mail is sent by instead of its domain's, as their texts. */
    wayRoutes(): string[] {
      return (routes.all() as unknown as { way: string }[]).map(({ way }) => way);
    },
    /** How many recipients of each domain are having their mail rerouted. */
    wayCounts(): { domain: string; count: number }[] {
      return counts.all() as unknown as { domain: string; count: number }[];
    },
  };
}

/** What is shown of a recipient's other way; null when it is on its domain's own. */
export function wayOf(columns: WayColumns): Reroute | null {
  const { way, way_reason: reason, way_since: since, way_attempts: attempts, next_at: nextAt } = columns;
  if (way === null) return null;
  return {
    route: readRoute(way),
    reason: reason ?? '',
    since: since ?? 0,
    nextAttemptAt: nextAt ?? 0,
    attempts,
  };
}

/** A route as it is stored. */
export function readRoute(text: string): Route {
  return readStored(text, routeSchema) ?? NOWHERE;
}

/** The text a route is stored as; the same for the same route. */
export function routeText(route: Route): string {
  return JSON.stringify(routeSchema.parse(route));
}

export function wayWrites(db: DatabaseSync) {
  const hasContent = db.prepare('SELECT 1 FROM content WHERE message_id = ? LIMIT 1');
  const put = db.prepare(
    `UPDATE recipient SET state = 'held', held_by = 'reroute', queued_since = :now, next_at = :now,
       way = :route, way_reason = :reason, way_since = :now, way_attempts = 0, way_deferrals = 0
     WHERE message_id = :id AND state IN (${HERE}) AND (:domain IS NULL OR domain = :domain)
       AND (:states IS NULL OR instr(:states, ' ' || state || ' ') > 0)`,
  );
  const states = db.prepare('SELECT DISTINCT state FROM recipient WHERE message_id = ?');
  const setState = db.prepare('UPDATE message SET state = ? WHERE id = ?');

  return {
    /** Reroutes a slice of messages; returns the ids it changed. */
    putWay({ ids, domain, states: only, route, reason, now }: WaySlice): number[] {
      const text = routeText(route);
      const among = only ? ` ${only.join(' ')} ` : null;
      return ids.filter((id) => {
        // Without its content a message cannot be sent again, whatever its state says.
        if (!hasContent.get(id)) return false;
        const { changes } = put.run({ id, domain, states: among, route: text, reason, now });
        if (Number(changes) === 0) return false;
        const present = (states.all(id) as unknown as { state: RecipientState }[]).map(({ state }) => state);
        setState.run(overallState(present), id);
        return true;
      });
    },
  };
}
