// Bounces in the database: which senders are still to be told, and the one thing that each of them was told.
import type { DatabaseSync } from 'node:sqlite';
import type { Bounce, BounceReason } from '../../../shared/recipients.ts';
import type { Cause } from '../../../shared/cause.ts';
import type { RecipientState, Reply } from '../../../shared/message.ts';
import { formatId } from '../ids.ts';
import type { NewMessage } from './spool.ts';
import { parseReply, parseStored } from '../stored-json.ts';

/** All that is needed to decide about a bounce and to write it. */
export interface PendingBounce {
  id: number;
  sender: string;
  subject: string;
  receivedAt: number;
  clientAddress: string;
  helo: string;
  size: number;
  smtpUtf8: boolean;
  recipients: {
    address: string;
    domain: string;
    state: RecipientState;
    cause: Cause | null;
    reply: Reply | null;
    /** The server that gave the reply; null when none was asked. */
    host: string | null;
    /** UTC ms; null when never tried. */
    triedAt: number | null;
  }[];
  /** The first octets of the content. */
  head: Uint8Array;
  /** JSON; null when it was not asked yet. */
  authenticity: string | null;
}

/** Of a row of `recipient`: the message is a bounce that Mailward made. */
export const IS_OUR_BOUNCE = `EXISTS (SELECT 1 FROM bounce WHERE bounce.bounce_id = recipient.message_id AND bounce.state = 'sent')`;

export function bounceReads(db: DatabaseSync) {
  const due = db.prepare(
    `SELECT message_id AS id FROM bounce WHERE state = 'due' AND at <= ? ORDER BY at LIMIT ?`,
  );
  const next = db.prepare(`SELECT min(at) AS at FROM bounce WHERE state = 'due'`);
  const message = db.prepare(
    'SELECT id, sender, subject, received_at, client_address, helo, size, smtputf8 FROM message WHERE id = ?',
  );
  const recipients = db.prepare(
    'SELECT address, domain, state, cause, reply FROM recipient WHERE message_id = ? ORDER BY position',
  );
  const attempts = db.prepare('SELECT host, ended_at, results FROM attempt WHERE message_id = ? ORDER BY id');
  const first = db.prepare('SELECT data FROM content WHERE message_id = ? ORDER BY piece LIMIT 1');
  const shown = db.prepare('SELECT shown FROM authenticity WHERE message_id = ?');
  const bounce = db.prepare('SELECT state, at, reason, bounce_id FROM bounce WHERE message_id = ?');
  // Crossed, so that SQLite begins with the bounces: they are few, and recipients are many.
  const counts = db.prepare(
    `SELECT recipient.domain, bounce.state, count(DISTINCT bounce.message_id) AS count
     FROM bounce CROSS JOIN recipient ON recipient.message_id = bounce.message_id
     WHERE bounce.state <> 'due' AND recipient.state IN ('refused', 'expired') GROUP BY 1, 2`,
  );
  const elsewhere = db.prepare(
    `SELECT DISTINCT recipient.domain FROM bounce CROSS JOIN recipient ON recipient.message_id = bounce.bounce_id
     WHERE bounce.state = 'sent' AND recipient.state = 'queued'`,
  );
  const queuedTo = db.prepare(
    `SELECT message_id AS id, position, queued_since AS since FROM recipient
     WHERE domain = ? AND state = 'queued' AND ${IS_OUR_BOUNCE} LIMIT 500`,
  );
  return {
    dueBounces(args: { now: number; limit: number }): { ids: number[]; nextAt: number | null } {
      const rows = due.all(args.now, args.limit) as unknown as { id: number }[];
      return { ids: rows.map((row) => row.id), nextAt: (next.get() as { at: number | null }).at };
    },
    undelivered(id: number): PendingBounce | null {
      const row = message.get(id) as Record<string, unknown> | undefined;
      if (!row) return null;
      const tries = attempts.all(id) as unknown as { host: string; ended_at: number; results: string }[];
      const last = new Map<string, { host: string; at: number }>();
      for (const { host, ended_at, results } of tries)
        for (const { recipient } of parseStored<{ recipient: string }[]>(results, []))
          last.set(recipient, { host, at: ended_at });
      const piece = first.get(id) as { data: Uint8Array } | undefined;
      const authenticity = shown.get(id) as { shown: string } | undefined;
      const all = recipients.all(id) as unknown as {
        address: string;
        domain: string;
        state: RecipientState;
        cause: Cause | null;
        reply: string | null;
      }[];
      return {
        id,
        sender: row['sender'] as string,
        subject: row['subject'] as string,
        receivedAt: row['received_at'] as number,
        clientAddress: row['client_address'] as string,
        helo: row['helo'] as string,
        size: row['size'] as number,
        smtpUtf8: row['smtputf8'] === 1,
        head: piece?.data ?? new Uint8Array(),
        authenticity: authenticity?.shown ?? null,
        recipients: all.map((one) => ({
          ...one,
          reply: one.reply === null ? null : parseReply(one.reply),
          host: last.get(one.address)?.host ?? null,
          triedAt: last.get(one.address)?.at ?? null,
        })),
      };
    },
    bounceOf(id: number): Bounce | null {
      const row = bounce.get(id) as
        | { state: Bounce['state']; at: number; reason: string; bounce_id: number | null }
        | undefined;
      if (!row) return null;
      return {
        state: row.state,
        at: row.at,
        reason: row.reason === '' ? null : (row.reason as BounceReason),
        bounceId: row.bounce_id === null ? null : formatId(row.bounce_id),
      };
    },
    bounceCounts(): { domain: string; state: 'sent' | 'suppressed'; count: number }[] {
      return counts.all() as unknown as { domain: string; state: 'sent' | 'suppressed'; count: number }[];
    },
    /** Domains that bounces wait for. */
    bounceDomains(): string[] {
      return (elsewhere.all() as unknown as { domain: string }[]).map((row) => row.domain);
    },
    /** Recipients of bounces that wait for a domain. */
    queuedTo(domain: string): { id: number; position: number; since: number }[] {
      return queuedTo.all(domain) as unknown as { id: number; position: number; since: number }[];
    },
  };
}

export function bounceWrites(db: DatabaseSync, accept: (message: NewMessage) => void) {
  const sent = db.prepare(
    `UPDATE bounce SET state = 'sent', at = ?, reason = ?, bounce_id = ? WHERE message_id = ? AND state = 'due'`,
  );
  const suppressed = db.prepare(
    `UPDATE bounce SET state = 'suppressed', at = ?, reason = ? WHERE message_id = ? AND state = 'due'`,
  );
  const postpone = db.prepare(`UPDATE bounce SET at = ? WHERE message_id = ? AND state = 'due'`);
  const drop = db.prepare(`DELETE FROM bounce WHERE message_id = ? AND state = 'due'`);
  const shown = db.prepare('INSERT OR REPLACE INTO authenticity (message_id, shown) VALUES (?, ?)');
  return {
    /** Puts a bounce into the spool and notes that it is there, in one transaction; false when one was made before. */
    sendBounce(args: { messageId: number; at: number; reason: BounceReason; message: NewMessage }): boolean {
      if (sent.run(args.at, args.reason, args.message.id, args.messageId).changes === 0) return false;
      accept(args.message);
      return true;
    },
    suppressBounce(args: { messageId: number; at: number; reason: BounceReason }): void {
      suppressed.run(args.at, args.reason, args.messageId);
    },
    postponeBounce(args: { messageId: number; at: number }): void {
      postpone.run(args.at, args.messageId);
    },
    /** Nothing of the message is refused any more. */
    dropBounce(messageId: number): void {
      drop.run(messageId);
    },
    putAuthenticity(args: { messageId: number; shown: string }): void {
      shown.run(args.messageId, args.shown);
    },
  };
}
