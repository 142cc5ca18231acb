// What an admin does to mail that waits: retry, hold, release, delete; and what a domain's mode does to all of its mail.
// Large selections are worked through in slices, so that no single transaction holds up the mail.
import type { DatabaseSync } from 'node:sqlite';
import { overallState, type RecipientState } from '../../../shared/message.ts';

export type Action = 'retry' | 'hold' | 'release' | 'delete';

export interface ActionSlice {
  action: Action;
  /** Message ids, in full. */
  ids: number[];
  /** Only recipients of this domain; null for every recipient of the messages. */
  domain: string | null;
  heldBy: 'mode' | 'admin';
  now: number;
  /** Only recipients in these states; null for every state that the action applies to. */
  states?: RecipientState[] | null;
}

/** The states an action applies to; recipients in any other are left alone, but for those `besides` names. */
const from: Readonly<Record<Action, readonly RecipientState[]>> = {
  retry: ['queued', 'refused', 'expired'],
  hold: ['queued', 'refused', 'expired'],
  release: ['held', 'quarantined'],
  delete: ['queued', 'held', 'quarantined', 'refused', 'expired'],
};

/** Whether a recipient's domain is on hold; one whose mode cannot be read is (storage/operations/domains.ts). */
const onHold = `EXISTS (SELECT 1 FROM domain WHERE name = recipient.domain
  AND iif(json_valid(mode), coalesce(mode ->> '$.name', 'hold'), 'hold') = 'hold')`;

/** What goes out again is held with its domain while that is on hold: it would only seem to be on its way. */
const goOn = `state = iif(${onHold}, 'held', 'queued'), held_by = iif(${onHold}, 'mode', NULL),
  next_at = iif(${onHold}, NULL, :now), queued_since = :now`;

/** `queued_since` is when a recipient came into the state that it is in. */
const change: Readonly<Record<Action, string>> = {
  retry: goOn,
  hold: `state = 'held', next_at = NULL, queued_since = :now, held_by = :heldBy`,
  release: goOn,
  delete: `state = 'deleted', next_at = NULL, held_by = NULL, queued_since = :now`,
};

/** Mail that is being rerouted, or held with its domain, is held, and yet may be held by hand, whatever becomes of that. */
const besides: Readonly<Partial<Record<Action, string>>> = {
  hold: `state = 'held' AND held_by IN ('reroute', 'mode') AND :heldBy = 'admin'`,
};

/**
 * What ends the hold of a domain leaves alone what is held for a reason of its own; and one message does not go out while its domain
 * is on hold.
 */
const only: Readonly<Partial<Record<Action, string>>> = {
  release: `iif(:heldBy = 'admin', held_by IS NOT 'mode' OR NOT ${onHold}, held_by = 'mode')`,
};

const quoted = (states: readonly string[]) => states.map((state) => `'${state}'`).join(', ');

export function actionReads(db: DatabaseSync) {
  return {
    /** The next messages of a domain with recipients in these states, in order of id. */
    waitingIds(args: {
      domain: string;
      states: RecipientState[];
      heldBy: 'mode' | null;
      after: number;
      upTo: number;
      limit: number;
    }): number[] {
      const onlyQuarantined = args.states.includes('quarantined');
      const rows = db
        .prepare(
          // The fixed list lets SQLite prove that the partial index covers the query.
          `SELECT DISTINCT message_id AS id FROM recipient
           WHERE domain = ? AND ${onlyQuarantined ? `state = 'quarantined'` : `state IN ('queued', 'held', 'refused', 'expired')`}
             AND state IN (${quoted(args.states)})
             AND message_id > ? AND message_id <= ? ${args.heldBy === null ? '' : `AND held_by = 'mode'`}
           ORDER BY message_id LIMIT ?`,
        )
        .all(args.domain, args.after, args.upTo, args.limit) as unknown as { id: number }[];
      return rows.map((row) => row.id);
    },
  };
}

export function actionWrites(db: DatabaseSync) {
  const statements = new Map(
    (Object.keys(change) as Action[]).map((action) => [
      action,
      db.prepare(
        `UPDATE recipient SET ${change[action]}
         WHERE message_id = :id AND (state IN (${quoted(from[action])}) OR ${besides[action] ?? 'FALSE'}) AND ${only[action] ?? 'TRUE'}
           AND (:domain IS NULL OR domain = :domain) AND (:states IS NULL OR instr(:states, ' ' || state || ' ') > 0)`,
      ),
    ]),
  );
  const hurry = db.prepare(
    'UPDATE recipient SET next_at = :now WHERE message_id = :id AND way IS NOT NULL AND (:domain IS NULL OR domain = :domain)',
  );
  const states = db.prepare('SELECT DISTINCT state FROM recipient WHERE message_id = ?');
  const setState = db.prepare('UPDATE message SET state = ? WHERE id = ?');
  const deletePieces = db.prepare('DELETE FROM content WHERE message_id = ?');
  const hasContent = db.prepare('SELECT 1 FROM content WHERE message_id = ? LIMIT 1');
  const waiting: readonly RecipientState[] = ['queued', 'held', 'quarantined', 'refused', 'expired'];

  return {
    /** Applies an action to a slice of messages; returns the ids it changed. */
    act(slice: ActionSlice): number[] {
      const statement = statements.get(slice.action);
      if (!statement) return [];
      const changed: number[] = [];
      const among = slice.states ? ` ${slice.states.join(' ')} ` : null;
      for (const id of slice.ids) {
        // Without its content a message cannot be sent again, whatever its state says.
        if (slice.action !== 'delete' && !hasContent.get(id)) continue;
        const values: Record<string, string | number | null> = {
          ...{ id, domain: slice.domain, states: among },
          now: slice.now,
        };
        if (slice.action === 'hold' || slice.action === 'release') values['heldBy'] = slice.heldBy;
        let changes = Number(statement.run(values).changes);
        // What is being rerouted is tried again that way.
        if (slice.action === 'retry' && (slice.states?.includes('held') ?? true))
          changes += Number(hurry.run({ id, domain: slice.domain, now: slice.now }).changes);
        if (changes === 0) continue;
        changed.push(id);
        const present = (states.all(id) as unknown as { state: RecipientState }[]).map((row) => row.state);
        setState.run(overallState(present), id);
        if (!present.some((state) => waiting.includes(state))) deletePieces.run(id);
      }
      return changed;
    },
  };
}
