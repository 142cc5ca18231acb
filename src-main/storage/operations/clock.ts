// What the clock said last, and what is planned anew when it jumped: all that waits for a time was planned by the old one.
import type { DatabaseSync } from 'node:sqlite';
import { firstIdAt, timeOfId } from '../ids.ts';

/** What the clock said at some moment. */
export interface ClockReading {
  /** UTC ms; 0 when nobody has looked yet. */
  at: number;
  /** Which start of the machine this is; null where the system does not tell. */
  boot: string | null;
  /** ms since that start, sleep included. */
  uptime: number;
}

/** What is kept of it for the next run. */
export interface KeptClock extends ClockReading {
  /** UTC ms: no mail is given up, and nothing removed from the log, before. */
  givesUpAt: number;
  forgetsAt: number;
}

/** Less than this is what ids are ahead of the clock in any busy second, ms. */
const USUAL_LEAD_MS = 60_000;

export function clockReads(db: DatabaseSync) {
  const reading = db.prepare(
    'SELECT at, boot, uptime, gives_up_at AS givesUpAt, forgets_at AS forgetsAt FROM clock',
  );
  return {
    keptClock(): KeptClock {
      return reading.get() as unknown as KeptClock;
    },
  };
}

/**
 * Notes how far a message's id is ahead of its time. Where the clock was set back in between, not all ids that it gave out before
 * were stored by then: the message was still on its way in, or never came.
 */
export function leadNoter(db: DatabaseSync): (id: number, at: number) => void {
  const widen = db.prepare('UPDATE clock SET id_lead = max(id_lead, ?)');
  return (id, at) => {
    const lead = timeOfId(id) - at;
    if (lead > USUAL_LEAD_MS) widen.run(lead);
  };
}

/** How far ids were ahead of the clock at most, ms: who looks for messages by the time of their ids must look that much further. */
export function idLead(db: DatabaseSync): () => number {
  const lead = db.prepare('SELECT id_lead AS lead FROM clock');
  return () => (lead.get() as { lead: number }).lead;
}

export function clockWrites(db: DatabaseSync) {
  const keep = db.prepare('UPDATE clock SET at = ?, boot = ?, uptime = ?, gives_up_at = ?, forgets_at = ?');
  const highest = db.prepare('SELECT max(id) AS id FROM message');
  const noteLead = leadNoter(db);
  // What waits keeps the time that it still had to wait, and no more: what had been waiting for a while is due soon, by any clock.
  const shifts = [
    // Forward, the time that nobody waited is no waiting; back, nothing has waited since a time to come.
    `UPDATE recipient SET next_at = next_at + :by,
       queued_since = CASE WHEN :by > 0 THEN min(queued_since + :by, :now) WHEN queued_since > :now THEN queued_since + :by ELSE queued_since END
     WHERE state = 'queued'`,
    'UPDATE recipient SET next_at = next_at + :by WHERE way IS NOT NULL',
    `UPDATE bounce SET at = at + :by WHERE state = 'due'`,
  ].map((sql) => ({ statement: db.prepare(sql), usesNow: sql.includes(':now') }));
  // Back, what was written down in a time to come was written down that much earlier.
  const takesBack = [
    'UPDATE message SET received_at = received_at + :by WHERE id >= :id AND received_at > :now',
    // What is held: since when.
    `UPDATE recipient SET queued_since = queued_since + :by
     WHERE state IN ('queued', 'held', 'refused', 'expired') AND state = 'held' AND queued_since > :now`,
    'UPDATE recipient_failure SET at = at + :by WHERE at > :now',
    'UPDATE recipient_entry SET since = since + :by WHERE since > :now',
    'UPDATE recipient_known SET at = at + :by WHERE at > :now',
    'UPDATE server_address SET seen_at = seen_at + :by WHERE seen_at > :now',
    'UPDATE server_move SET at = at + :by WHERE at > :now',
    'UPDATE finding SET since = since + :by WHERE last_at > :now AND since > :now',
    'UPDATE finding SET last_at = last_at + :by WHERE last_at > :now',
    'UPDATE finding_seen SET at = at + :by WHERE at > :now',
    'UPDATE check_run SET at = at + :by WHERE at > :now',
    'UPDATE check_run SET ended_at = ended_at + :by WHERE ended_at > :now',
    'UPDATE journal SET at = at + :by WHERE at > :now',
    'UPDATE observation SET at = at + :by WHERE at > :now',
  ].map((sql) => ({ statement: db.prepare(sql), byId: sql.includes(':id') }));
  const attempts = db.prepare('SELECT id, ended_at AS at FROM attempt ORDER BY id DESC');
  const takeAttemptBack = db.prepare(
    'UPDATE attempt SET started_at = started_at + ?, ended_at = ended_at + ? WHERE id = ?',
  );
  const late = db.prepare(
    `UPDATE recipient SET next_at = :now WHERE domain = :domain AND state = 'queued' AND next_at > :latest`,
  );

  /** Notes what the clock says: after a restart it is known whether it went on from there. */
  function keepClock({ at, boot, uptime, givesUpAt, forgetsAt }: KeptClock): void {
    keep.run(at, boot, uptime, givesUpAt, forgetsAt);
  }

  return {
    keepClock,
    /** The clock jumped by `by` ms (negative: back) and says `now` (UTC ms). `reading` is kept with it, so that nobody finds the same jump again. */
    clockJumped({ by, now, reading }: { by: number; now: number; reading?: KeptClock }): void {
      if (reading) keepClock(reading);
      for (const { statement, usesNow } of shifts) statement.run(usesNow ? { by, now } : { by });
      if (by >= 0) return;
      for (const { statement, byId } of takesBack)
        statement.run(byId ? { by, now, id: firstIdAt(now) } : { by, now });
      // They are in order, so that the newest are enough to look at.
      const ahead: number[] = [];
      for (const { id, at } of attempts.iterate() as Iterable<{ id: number; at: number }>) {
        if (at <= now) break;
        ahead.push(id);
      }
      for (const id of ahead) takeAttemptBack.run(by, by, id);
      const { id } = highest.get() as { id: number | null };
      if (id !== null) noteLead(id, now);
    },
    /** Has mail of a domain tried now that is planned for later than any schedule would have it (`latest`, UTC ms). */
    hurryLate(args: { domain: string; latest: number; now: number }): number {
      return Number(late.run(args).changes);
    },
  };
}
