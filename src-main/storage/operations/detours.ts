// Mail on its way by another server than the domain's: which messages, by what route, and when each is tried next.
import type { DatabaseSync } from 'node:sqlite';
import { routeSchema, type Route } from '../../../shared/domain.ts';
import { overallState, type Detour, type RecipientState } from '../../../shared/message.ts';
import { envelopeReader } from './envelope.ts';
import type { DueMessage, Outcome, spoolWrites } from './spool.ts';
import { NOWHERE, readStored } from '../stored-json.ts';

/** A message that is due on its detour, with those recipients. */
export interface DetouredMessage extends DueMessage {
  recipients: (DueMessage['recipients'][number] & { domain: string; since: number })[];
}

export interface DetourSlice {
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

/** What came of an attempt on a detour. */
export interface DetourOutcome {
  outcome: Outcome;
  /** Those who wait for the next attempt; `since` says which detour was meant, for another may have been told meanwhile. */
  waits: { position: number; since: number; nextAt: number; counted: boolean }[];
}

interface Row {
  message_id: number;
  position: number;
  address: string;
  domain: string;
  route: string;
  reason: string;
  since: number;
  next_at: number;
  attempts: number;
  deferrals: number;
}

const HERE = `'queued', 'held', 'quarantined', 'refused', 'expired'`;

export function detourReads(db: DatabaseSync) {
  const routes = db.prepare(
    // From one route to the next by the index: a hundred thousand messages on one of them cost no more than one.
    `WITH RECURSIVE present (route) AS (
       SELECT min(route) FROM detour
       UNION ALL SELECT (SELECT min(route) FROM detour WHERE route > present.route) FROM present WHERE present.route IS NOT NULL)
     SELECT route FROM present WHERE route IS NOT NULL`,
  );
  const due = db.prepare(
    'SELECT DISTINCT message_id AS id FROM detour WHERE route = ? AND next_at <= ? ORDER BY next_at, message_id LIMIT ?',
  );
  const next = db.prepare('SELECT min(next_at) AS at FROM detour WHERE route = ? AND next_at > ?');
  const ofMessage = db.prepare(
    `SELECT detour.*, recipient.address FROM detour JOIN recipient USING (message_id, position)
     WHERE message_id = ? ORDER BY position`,
  );
  const counts = db.prepare('SELECT domain, count(*) AS count FROM detour GROUP BY domain');
  const readEnvelope = envelopeReader(db);
  const recipients = db.prepare(
    'SELECT address, domain FROM recipient WHERE message_id = ? ORDER BY position',
  );

  function read(id: number, route: string, now: number): DetouredMessage {
    const all = recipients.all(id) as unknown as { address: string; domain: string }[];
    const ways = ofMessage.all(id) as unknown as Row[];
    return {
      ...readEnvelope(id, all),
      recipients: ways
        .filter((way) => way.route === route && way.next_at <= now)
        .map(({ position, address, domain, attempts, deferrals, since }) => {
          // Held mail never expires: its time has not begun.
          return { position, address, domain, attempts, deferrals, since, queuedSince: now };
        }),
    };
  }

  return {
    /** The routes that some mail is on, as their texts. */
    detourRoutes(): string[] {
      return (routes.all() as unknown as { route: string }[]).map(({ route }) => route);
    },
    /** Messages that are due on a route, oldest due first, and when the next one after `now` will be. */
    dueDetours(args: { route: string; now: number; limit: number }): {
      messages: DetouredMessage[];
      nextAt: number | null;
    } {
      const ids = due.all(args.route, args.now, args.limit) as unknown as { id: number }[];
      return {
        messages: ids.map(({ id }) => read(id, args.route, args.now)),
        nextAt: (next.get(args.route, args.now) as { at: number | null }).at,
      };
    },
    /** A message's detours, by its recipients' positions. */
    detoursOf(id: number): { position: number; detour: Detour }[] {
      return (ofMessage.all(id) as unknown as Row[]).map((row) => ({
        position: row.position,
        detour: {
          route: readDetourRoute(row.route),
          reason: row.reason,
          since: row.since,
          nextAttemptAt: row.next_at,
          attempts: row.attempts,
        },
      }));
    },
    /** How many recipients of each domain are being sent their mail another way. */
    detourCounts(): { domain: string; count: number }[] {
      return counts.all() as unknown as { domain: string; count: number }[];
    },
  };
}

/** A route as it is stored. */
export function readDetourRoute(text: string): Route {
  return readStored(text, routeSchema) ?? NOWHERE;
}

/** The text a route is stored as; the same for the same route. */
export function detourRouteText(route: Route): string {
  return JSON.stringify(routeSchema.parse(route));
}

export function detourWrites(db: DatabaseSync, settle: ReturnType<typeof spoolWrites>['settle']) {
  const hasContent = db.prepare('SELECT 1 FROM content WHERE message_id = ? LIMIT 1');
  const hold = db.prepare(
    `UPDATE recipient SET state = 'held', held_by = 'reroute', queued_since = :now, next_at = NULL
     WHERE message_id = :id AND state IN (${HERE}) AND (:domain IS NULL OR domain = :domain)
       AND (:states IS NULL OR instr(:states, ' ' || state || ' ') > 0) RETURNING position, domain`,
  );
  const put = db.prepare(
    `INSERT OR REPLACE INTO detour (message_id, position, domain, route, reason, since, next_at, attempts, deferrals)
     VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
  );
  const wait = db.prepare(
    `UPDATE detour SET next_at = ?, attempts = attempts + 1, deferrals = deferrals + ?
     WHERE message_id = ? AND position = ? AND since = ?`,
  );
  const states = db.prepare('SELECT DISTINCT state FROM recipient WHERE message_id = ?');
  const setState = db.prepare('UPDATE message SET state = ? WHERE id = ?');

  return {
    /** Sets a slice of messages on another way; returns the ids it changed, and their recipients' domains. */
    putDetours(slice: DetourSlice): { ids: number[]; domains: string[] } {
      const route = detourRouteText(slice.route);
      const among = slice.states ? ` ${slice.states.join(' ')} ` : null;
      const ids: number[] = [];
      const domains = new Set<string>();
      for (const id of slice.ids) {
        // Without its content a message cannot be sent again, whatever its state says.
        if (!hasContent.get(id)) continue;
        const held = hold.all({ id, domain: slice.domain, states: among, now: slice.now }) as unknown as {
          position: number;
          domain: string;
        }[];
        if (held.length === 0) continue;
        for (const { position, domain } of held) {
          put.run(id, position, domain, route, slice.reason, slice.now, slice.now);
          domains.add(domain);
        }
        const present = (states.all(id) as unknown as { state: RecipientState }[]).map(({ state }) => state);
        setState.run(overallState(present), id);
        ids.push(id);
      }
      return { ids, domains: [...domains] };
    },
    /** Writes an attempt on a detour, what it means for each recipient, and when those who wait are tried next. */
    settleDetour({ outcome, waits }: DetourOutcome): ReturnType<typeof settle> {
      for (const { position, since, nextAt, counted } of waits)
        wait.run(nextAt, counted ? 1 : 0, outcome.messageId, position, since);
      return settle(outcome);
    },
  };
}
