// The spool's side of the database: taking a message in, finding what is due, writing down what became of it.
import type { DatabaseSync } from 'node:sqlite';
import type { Cause } from '../../../shared/cause.ts';
import type { CheckResult } from '../../../shared/checks.ts';
import { overallState, type MessageState, type RecipientState, type Reply } from '../../../shared/message.ts';

export interface NewRecipient {
  address: string;
  domain: string;
  state: 'queued' | 'held' | 'quarantined' | 'rejected';
  heldBy: 'mode' | null;
  cause: Cause | null;
  reply: Reply | null;
}

export interface NewMessage {
  id: number;
  receivedAt: number;
  sender: string;
  subject: string;
  size: number;
  clientAddress: string;
  helo: string;
  tls: string | null;
  body8bit: boolean;
  smtpUtf8: boolean;
  reply: Reply;
  /** JSON of the transcript, made by the caller: it is written once and rarely read. */
  incoming: string;
  recipients: NewRecipient[];
  /** The last piece of content and its number; null when nothing was accepted. */
  lastPiece: { piece: number; data: Uint8Array } | null;
  /** What the checks on the way in found. */
  checks?: CheckResult[];
}

/** What a lane needs to try a message again: the envelope, and which recipients are due. */
export interface DueMessage {
  id: number;
  sender: string;
  subject: string;
  size: number;
  receivedAt: number;
  clientAddress: string;
  body8bit: boolean;
  smtpUtf8: boolean;
  recipients: {
    position: number;
    address: string;
    attempts: number;
    deferrals: number;
    queuedSince: number;
  }[];
  /** All recipients of the message, whatever their domain and state. */
  recipientCount: number;
  /** At most three addresses, for the traffic list. */
  firstRecipients: string[];
  domains: string[];
}

export interface RecipientOutcome {
  position: number;
  state: RecipientState;
  nextAt: number | null;
  cause: Cause | null;
  reply: Reply | null;
  /** Whether the attempt uses up a step of the retry schedule. */
  counted: boolean;
}

export interface Outcome {
  messageId: number;
  results: RecipientOutcome[];
  attempt: {
    startedAt: number;
    endedAt: number;
    host: string;
    port: number;
    address: string | null;
    tls: string | null;
    /** JSON, made by the caller. */
    results: string;
    transcript: string;
  } | null;
}

const WAITING = new Set<RecipientState>(['queued', 'held', 'quarantined', 'refused', 'expired']);
const bit = (value: boolean) => (value ? 1 : 0);
const json = (value: unknown) => (value === null ? null : JSON.stringify(value));

interface StoredRecipient {
  position: number;
  address: string;
  domain: string;
  state: string;
  next_at: number | null;
  attempts: number;
  deferrals: number;
  held_by: string | null;
  queued_since: number;
}

export function spoolReads(db: DatabaseSync) {
  const highest = db.prepare('SELECT max(id) AS id FROM message');
  const pieces = db.prepare('SELECT data FROM content WHERE message_id = ? ORDER BY piece LIMIT 1 OFFSET ?');
  const waiting = db.prepare(
    `SELECT domain, state, count(*) AS count, sum(size) AS bytes, min(message_id) AS oldest FROM recipient
     WHERE state IN ('queued', 'held', 'refused', 'expired') GROUP BY domain, state
     UNION ALL
     SELECT domain, state, count(*), sum(size), min(message_id) FROM recipient
     WHERE state = 'quarantined' GROUP BY domain, state`,
  );
  const dueRows = db.prepare(
    `SELECT DISTINCT message_id AS id FROM recipient
     WHERE domain = ? AND state = 'queued' AND next_at <= ? ORDER BY next_at LIMIT ?`,
  );
  const nextDue = db.prepare(
    `SELECT min(next_at) AS at FROM recipient WHERE domain = ? AND state = 'queued' AND next_at > ?`,
  );
  const messageRow = db.prepare(
    'SELECT id, sender, subject, size, received_at, client_address, body_8bit, smtputf8 FROM message WHERE id = ?',
  );
  const recipientRows = db.prepare(
    'SELECT position, address, domain, state, next_at, attempts, deferrals, held_by, queued_since FROM recipient WHERE message_id = ? ORDER BY position',
  );

  const heldId = db.prepare(
    `SELECT message_id AS id FROM recipient
     WHERE domain = ? AND state IN ('queued', 'held', 'refused', 'expired') AND state = 'held' AND held_by = 'mode'
     ORDER BY message_id LIMIT 1`,
  );

  /** A message with those of its recipients that `wanted` picks. */
  function readMessage(id: number, wanted: (recipient: StoredRecipient) => boolean): DueMessage {
    const row = messageRow.get(id) as Record<string, unknown>;
    const all = recipientRows.all(id) as unknown as StoredRecipient[];
    return {
      id,
      sender: row['sender'] as string,
      subject: row['subject'] as string,
      size: row['size'] as number,
      receivedAt: row['received_at'] as number,
      clientAddress: row['client_address'] as string,
      body8bit: row['body_8bit'] === 1,
      smtpUtf8: row['smtputf8'] === 1,
      recipients: all.filter(wanted).map((r) => ({
        position: r.position,
        address: r.address,
        attempts: r.attempts,
        deferrals: r.deferrals,
        queuedSince: r.queued_since,
      })),
      recipientCount: all.length,
      firstRecipients: all.slice(0, 3).map((r) => r.address),
      domains: [...new Set(all.map((r) => r.domain))],
    };
  }

  return {
    /** The oldest message that waits because its domain's mail is held, with those recipients; null when none does. */
    oldestHeld(domain: string): DueMessage | null {
      const row = heldId.get(domain) as { id: number } | undefined;
      if (!row) return null;
      return readMessage(
        row.id,
        (one) => one.domain === domain && one.state === 'held' && one.held_by === 'mode',
      );
    },
    highestId(): number {
      return (highest.get() as { id: number | null }).id ?? 0;
    },
    /** One piece of a message's content, or null past the last. */
    piece(args: { messageId: number; index: number }): Uint8Array | null {
      const row = pieces.get(args.messageId, args.index) as { data: Uint8Array } | undefined;
      return row?.data ?? null;
    },
    waiting(): { domain: string; state: RecipientState; count: number; bytes: number; oldest: number }[] {
      return waiting.all() as unknown as ReturnType<typeof this.waiting>;
    },
    /** Messages of a domain that are due, oldest due first, and when the next one after `now` will be. */
    due(args: { domain: string; now: number; limit: number }): {
      messages: DueMessage[];
      nextAt: number | null;
    } {
      const ids = dueRows.all(args.domain, args.now, args.limit) as unknown as { id: number }[];
      const messages = ids.map(({ id }) =>
        readMessage(
          id,
          (one) =>
            one.domain === args.domain &&
            one.state === 'queued' &&
            one.next_at !== null &&
            one.next_at <= args.now,
        ),
      );
      const next = nextDue.get(args.domain, args.now) as { at: number | null };
      return { messages, nextAt: next.at };
    },
  };
}

export function spoolWrites(db: DatabaseSync) {
  const insertMessage = db.prepare(
    `INSERT INTO message (id, received_at, sender, subject, size, client_address, helo, tls, body_8bit, smtputf8, reply, incoming, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertRecipient = db.prepare(
    `INSERT INTO recipient (message_id, position, address, domain, state, size, held_by, queued_since, next_at, attempts, cause, reply)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
  );
  const insertPiece = db.prepare('INSERT INTO content (message_id, piece, data) VALUES (?, ?, ?)');
  const insertChecks = db.prepare('INSERT INTO check_result (message_id, results) VALUES (?, ?)');
  const deletePieces = db.prepare('DELETE FROM content WHERE message_id = ?');
  const orphans = db.prepare(
    'DELETE FROM content WHERE message_id NOT IN (SELECT id FROM message) RETURNING message_id',
  );
  const settle = db.prepare(
    // Held while the attempt ran: a delivery counts, a deferral does not take it out of the hold.
    `UPDATE recipient SET
       state = CASE WHEN state = 'held' AND ?1 = 'queued' THEN 'held' ELSE ?1 END,
       next_at = CASE WHEN state = 'held' AND ?1 = 'queued' THEN NULL ELSE ?2 END,
       attempts = attempts + 1, cause = ?3, reply = ?4, deferrals = deferrals + ?7
     WHERE message_id = ?5 AND position = ?6 AND state IN ('queued', 'held')`,
  );
  const insertAttempt = db.prepare(
    `INSERT INTO attempt (message_id, started_at, ended_at, host, port, address, tls, results, transcript)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const states = db.prepare('SELECT DISTINCT state FROM recipient WHERE message_id = ?');
  const setState = db.prepare('UPDATE message SET state = ? WHERE id = ?');
  const expire = db.prepare(
    `UPDATE recipient SET state = 'expired', next_at = NULL
     WHERE state = 'queued' AND domain = ? AND queued_since < ? RETURNING message_id AS id`,
  );

  /** Brings a message's state in line with its recipients', and drops content that nobody waits for. */
  function refresh(messageId: number): MessageState {
    const present = (states.all(messageId) as unknown as { state: RecipientState }[]).map((row) => row.state);
    const state = overallState(present);
    setState.run(state, messageId);
    if (!present.some((one) => WAITING.has(one))) deletePieces.run(messageId);
    return state;
  }

  return {
    /** A piece of a message that is still arriving. It counts for nothing until `accept`. */
    addPiece(args: { messageId: number; piece: number; data: Uint8Array }): void {
      insertPiece.run(args.messageId, args.piece, args.data);
    },
    discardPieces(messageId: number): void {
      deletePieces.run(messageId);
    },
    /** Removes pieces whose message was never accepted; returns how many messages they were of. */
    removeOrphans(): number {
      return new Set((orphans.all() as unknown as { message_id: number }[]).map((row) => row.message_id))
        .size;
    },
    accept(message: NewMessage): void {
      insertMessage.run(
        message.id,
        message.receivedAt,
        message.sender,
        message.subject,
        message.size,
        message.clientAddress,
        message.helo,
        message.tls,
        bit(message.body8bit),
        bit(message.smtpUtf8),
        JSON.stringify(message.reply),
        message.incoming,
        overallState(message.recipients.map((recipient) => recipient.state)),
      );
      message.recipients.forEach((recipient, position) => {
        insertRecipient.run(
          message.id,
          position,
          recipient.address,
          recipient.domain,
          recipient.state,
          message.size,
          recipient.heldBy,
          message.receivedAt,
          recipient.state === 'queued' ? message.receivedAt : null,
          recipient.cause,
          json(recipient.reply),
        );
      });
      if (message.checks && message.checks.length > 0)
        insertChecks.run(message.id, JSON.stringify(message.checks));
      if (message.lastPiece) insertPiece.run(message.id, message.lastPiece.piece, message.lastPiece.data);
    },
    /** Writes an attempt and what it means for each recipient. Recipients deleted meanwhile stay deleted. */
    settle(outcome: Outcome): { state: MessageState } {
      for (const result of outcome.results) {
        settle.run(
          result.state,
          result.nextAt,
          result.cause,
          json(result.reply),
          outcome.messageId,
          result.position,
          bit(result.counted),
        );
      }
      const attempt = outcome.attempt;
      if (attempt) {
        insertAttempt.run(
          outcome.messageId,
          attempt.startedAt,
          attempt.endedAt,
          attempt.host,
          attempt.port,
          attempt.address,
          attempt.tls,
          attempt.results,
          attempt.transcript,
        );
      }
      return { state: refresh(outcome.messageId) };
    },
    /** Gives up what has been queued since before `before` (UTC ms). Returns the messages it touched. */
    expire(args: { domain: string; before: number }): number[] {
      const ids = [
        ...new Set(
          (expire.all(args.domain, args.before) as unknown as { id: number }[]).map((row) => row.id),
        ),
      ];
      ids.forEach(refresh);
      return ids;
    },
  };
}
