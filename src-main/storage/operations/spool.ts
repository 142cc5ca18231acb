// The spool's side of the database: taking a message in, finding what is due, writing down what became of it.
import type { DatabaseSync } from 'node:sqlite';
import type { Cause } from '../../../shared/cause.ts';
import { lessonWriter, type Learned, type Lesson } from './recipients.ts';
import { idLead, leadNoter } from './clock.ts';
import { IS_OUR_BOUNCE } from './bounces.ts';
import { envelopeReader, type StoredEnvelope } from './envelope.ts';
import { idsEndAt } from '../ids.ts';
import type { FilterResult } from '../../../shared/filters.ts';
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
  /** What the message itself teaches: it is a report that a recipient does not exist. */
  lesson?: Lesson | null;
  /** What the sender's domain said of its authenticity, when that is known already; JSON, relay/policy/authenticity.ts. */
  shown?: string | null;
  /** What the filters on the way in found. */
  filters?: FilterResult[];
}

/** A way out: a domain's own, of our bounces a stranger's domain's, or the text of the route that mail is sent by instead (ways.ts). */
export type WayKey = { domain: string } | { bouncesTo: string } | { route: string };

/** What a lane needs to try a message again: the envelope, and which recipients are due. */
export interface DueMessage extends StoredEnvelope {
  recipients: {
    position: number;
    address: string;
    /** So far on this way; on the domain's own, so far altogether. */
    attempts: number;
    deferrals: number;
    queuedSince: number;
    /** Since when (UTC ms) it is rerouted; null: it is on its domain's own way. */
    waySince: number | null;
  }[];
}

export interface RecipientOutcome {
  position: number;
  /** Which way was tried, as `DueMessage` told it: another may have been chosen meanwhile. Left out by releases that knew only one. */
  waySince?: number | null;
  state: RecipientState;
  nextAt: number | null;
  cause: Cause | null;
  reply: Reply | null;
  /** Whether the attempt uses up a step of the retry schedule. */
  counted: boolean;
}

export interface AttemptOutcome {
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
  /** What the server's answers teach about recipients. */
  lesson?: Lesson | null;
  /** When the sender is told of what was refused or given up (UTC ms); null leaves it. */
  bounceAt?: number | null;
  /** The results are those of all recipients of the message. */
  whole?: boolean;
  /** Nothing is written when all of it has been: it is told again, after a crash. */
  unlessSettled?: boolean;
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
  way: string | null;
  way_since: number | null;
  way_attempts: number;
  way_deferrals: number;
}

export function spoolReads(db: DatabaseSync) {
  const highest = db.prepare('SELECT max(id) AS id FROM message');
  const pieces = db.prepare('SELECT data FROM content WHERE message_id = ? ORDER BY piece LIMIT 1 OFFSET ?');
  const waiting = db.prepare(
    // The time is the message's own: ids may be ahead of the clock.
    // Joined, for SQLite finds no key in a question within a question, and would read every message.
    `SELECT waits.domain, waits.state, count, bytes, received_at AS oldestAt
     FROM (
       SELECT domain, state, count, bytes,
         CASE state WHEN 'quarantined' THEN
           (SELECT min(message_id) FROM recipient INDEXED BY recipient_quarantined
            WHERE domain = waiting.domain AND state = 'quarantined')
         ELSE
           (SELECT min(message_id) FROM recipient INDEXED BY recipient_waiting
            WHERE domain = waiting.domain AND state = waiting.state
              AND state IN ('queued', 'held', 'refused', 'expired'))
         END AS oldest
       FROM waiting WHERE count > 0
     ) AS waits LEFT JOIN message ON message.id = waits.oldest`,
  );
  const dueRows = db.prepare(
    `SELECT DISTINCT message_id AS id FROM recipient
     WHERE domain = ? AND state = 'queued' AND next_at <= ? ORDER BY next_at LIMIT ?`,
  );
  const nextDue = db.prepare(
    `SELECT min(next_at) AS at FROM recipient WHERE domain = ? AND state = 'queued' AND next_at > ?`,
  );
  const dueBounces = db.prepare(
    `SELECT DISTINCT message_id AS id FROM recipient
     WHERE domain = ? AND state = 'queued' AND next_at <= ? AND ${IS_OUR_BOUNCE} ORDER BY next_at LIMIT ?`,
  );
  const nextBounce = db.prepare(
    `SELECT min(next_at) AS at FROM recipient
     WHERE domain = ? AND state = 'queued' AND next_at > ? AND ${IS_OUR_BOUNCE}`,
  );
  const dueByWay = db.prepare(
    `SELECT DISTINCT message_id AS id FROM recipient
     WHERE way = ? AND next_at <= ? ORDER BY next_at, message_id LIMIT ?`,
  );
  const nextByWay = db.prepare('SELECT min(next_at) AS at FROM recipient WHERE way = ? AND next_at > ?');
  const readEnvelope = envelopeReader(db);
  const recipientRows = db.prepare(
    `SELECT position, address, domain, state, next_at, attempts, deferrals, held_by, queued_since,
       way, way_since, way_attempts, way_deferrals
     FROM recipient WHERE message_id = ? ORDER BY position`,
  );

  const heldId = db.prepare(
    `SELECT message_id AS id FROM recipient
     WHERE domain = ? AND state IN ('queued', 'held', 'refused', 'expired') AND state = 'held' AND held_by = 'mode'
       AND message_id > ? ORDER BY message_id LIMIT 1`,
  );

  const asked = (way: WayKey) => {
    if ('route' in way) return { name: way.route, isRoute: true, dueNow: dueByWay, dueNext: nextByWay };
    // Not what was accepted for a domain while it was ours: that is not for whoever has it now.
    if ('bouncesTo' in way)
      return { name: way.bouncesTo, isRoute: false, dueNow: dueBounces, dueNext: nextBounce };
    return { name: way.domain, isRoute: false, dueNow: dueRows, dueNext: nextDue };
  };

  /** A message with those of its recipients that `wanted` picks. */
  function readMessage(id: number, wanted: (recipient: StoredRecipient) => boolean): DueMessage {
    const all = recipientRows.all(id) as unknown as StoredRecipient[];
    return {
      ...readEnvelope(id, all),
      recipients: all.filter(wanted).map((r) => ({
        position: r.position,
        address: r.address,
        attempts: r.way === null ? r.attempts : r.way_attempts,
        deferrals: r.way === null ? r.deferrals : r.way_deferrals,
        queuedSince: r.queued_since,
        waySince: r.way_since,
      })),
    };
  }

  return {
    /**
     * The next message after one that waits because its domain's mail is held, with those recipients: in the order of arrival, and the
     * oldest after the newest. Null when none does.
     */
    nextHeld({ domain, after }: { domain: string; after: number }): DueMessage | null {
      const next = heldId.get(domain, after) ?? heldId.get(domain, 0);
      const row = next as { id: number } | undefined;
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
    waiting(): { domain: string; state: RecipientState; count: number; bytes: number; oldestAt: number }[] {
      return waiting.all() as unknown as ReturnType<typeof this.waiting>;
    },
    /** Messages that are due on a way, oldest due first, and when the next one after `now` will be. */
    due({ way, now, limit }: { way: WayKey; now: number; limit: number }): {
      messages: DueMessage[];
      nextAt: number | null;
    } {
      const { name, isRoute, dueNow, dueNext } = asked(way);
      const isOnIt = (one: StoredRecipient) =>
        isRoute ? one.way === name : one.domain === name && one.state === 'queued';
      const rows = dueNow.all(name, now, limit);
      const messages = (rows as unknown as { id: number }[]).map(({ id }) =>
        readMessage(id, (one) => isOnIt(one) && one.next_at !== null && one.next_at <= now),
      );
      const next = dueNext.get(name, now) as { at: number | null };
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
  const insertFilters = db.prepare('INSERT INTO filter_result (message_id, results) VALUES (?, ?)');
  const insertShown = db.prepare('INSERT INTO authenticity (message_id, shown) VALUES (?, ?)');
  const deletePieces = db.prepare('DELETE FROM content WHERE message_id = ?');
  const withdraw = db.prepare(
    'DELETE FROM message WHERE id = ? AND NOT EXISTS (SELECT 1 FROM attempt WHERE message_id = ?)',
  );
  const isThere = db.prepare('SELECT 1 FROM message WHERE id = ?');
  const orphans = db.prepare(
    // By the index alone: the pieces themselves may be gigabytes.
    `DELETE FROM content WHERE rowid IN
       (SELECT rowid FROM content INDEXED BY sqlite_autoindex_content_1 WHERE message_id NOT IN (SELECT id FROM message))
     RETURNING message_id`,
  );
  const settle = db.prepare(
    // Held, or rerouted, while the attempt ran: a delivery counts, a deferral does not take it out of that.
    `UPDATE recipient SET
       state = CASE WHEN state = 'held' AND ?1 = 'queued' THEN 'held' ELSE ?1 END,
       next_at = CASE WHEN state = 'held' AND ?1 = 'queued' THEN next_at ELSE ?2 END,
       attempts = attempts + 1, cause = ?3, reply = ?4, deferrals = deferrals + ?7
     WHERE message_id = ?5 AND position = ?6 AND state IN ('queued', 'held')`,
  );
  const settleOnWay = db.prepare(
    // What waits stays held, with its next attempt on the way that was tried, unless it is on another by now. The domain's own schedule is
    // not used up.
    `UPDATE recipient SET
       state = CASE WHEN ?1 = 'queued' THEN state ELSE ?1 END,
       next_at = CASE WHEN ?1 <> 'queued' THEN ?2 WHEN way_since IS ?8 THEN ?2 ELSE next_at END,
       way_attempts = way_attempts + (way_since IS ?8), way_deferrals = way_deferrals + (way_since IS ?8 AND ?7),
       attempts = attempts + 1, cause = ?3, reply = ?4
     WHERE message_id = ?5 AND position = ?6 AND state IN ('queued', 'held')`,
  );
  const insertAttempt = db.prepare(
    `INSERT INTO attempt (message_id, started_at, ended_at, host, port, address, tls, results, transcript)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const states = db.prepare('SELECT DISTINCT state FROM recipient WHERE message_id = ?');
  const setState = db.prepare('UPDATE message SET state = ? WHERE id = ?');
  const expire = db.prepare(
    // Nothing is queued before it arrives, so the oldest messages are enough to look at.
    `UPDATE recipient INDEXED BY recipient_waiting SET state = 'expired', next_at = NULL
     WHERE domain = ? AND state = 'queued' AND state IN ('queued', 'held', 'refused', 'expired')
       AND message_id < ? AND queued_since < ? RETURNING message_id AS id`,
  );
  const lead = idLead(db);
  const noteLead = leadNoter(db);

  // One row a message, ever: that is what keeps a sender from being told twice. The null sender is never told.
  const planBounce = db.prepare(
    `INSERT OR IGNORE INTO bounce (message_id, state, at, reason) SELECT id, 'due', ?, '' FROM message WHERE id = ? AND sender <> ''`,
  );
  const learn = lessonWriter(db);
  const UNDELIVERED = new Set<RecipientState>(['refused', 'expired']);

  /** Brings a message's state in line with its recipients', and drops content that nobody waits for. */
  function refresh(messageId: number): MessageState {
    const present = (states.all(messageId) as unknown as { state: RecipientState }[]).map((row) => row.state);
    const state = overallState(present);
    setState.run(state, messageId);
    if (!present.some((one) => WAITING.has(one))) deletePieces.run(messageId);
    return state;
  }

  /** What `refresh` comes to when everybody has the message, which is what most attempts end with. */
  function finish(messageId: number): MessageState {
    setState.run('delivered', messageId);
    deletePieces.run(messageId);
    return 'delivered';
  }

  return {
    /** A piece of a message that is still arriving. It counts for nothing until `accept`. */
    addPiece(args: { messageId: number; piece: number; data: Uint8Array }): void {
      insertPiece.run(args.messageId, args.piece, args.data);
    },
    discardPieces(messageId: number): void {
      deletePieces.run(messageId);
    },
    /** Takes a message back that was written and not answered 250; one that was tried meanwhile stays. */
    withdraw(messageId: number): void {
      withdraw.run(messageId, messageId);
      if (!isThere.get(messageId)) deletePieces.run(messageId);
    },
    /** Removes pieces whose message was never accepted; returns how many messages they were of. */
    removeOrphans(): number {
      return new Set((orphans.all() as unknown as { message_id: number }[]).map((row) => row.message_id))
        .size;
    },
    accept(message: NewMessage): Learned | null {
      noteLead(message.id, message.receivedAt);
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
      if (message.shown) insertShown.run(message.id, message.shown);
      if (message.filters && message.filters.length > 0)
        insertFilters.run(message.id, JSON.stringify(message.filters));
      if (message.lastPiece) insertPiece.run(message.id, message.lastPiece.piece, message.lastPiece.data);
      return message.lesson ? learn(message.lesson) : null;
    },
    /** Writes an attempt and what it means for each recipient. Recipients deleted meanwhile stay deleted. */
    settle(outcome: AttemptOutcome): { state: MessageState; learned: Learned | null } {
      let changed = 0;
      for (const result of outcome.results) {
        const waySince = result.waySince ?? null;
        const written = [
          result.state,
          result.nextAt,
          result.cause,
          json(result.reply),
          outcome.messageId,
          result.position,
          bit(result.counted),
        ];
        const { changes } =
          waySince === null ? settle.run(...written) : settleOnWay.run(...written, waySince);
        changed += Number(changes);
      }
      const again = outcome.unlessSettled === true && changed === 0;
      const attempt = outcome.attempt;
      // It may have been taken back, or deleted, while it was on its way out.
      if (attempt && !again && (changed > 0 || isThere.get(outcome.messageId))) {
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
      const done = outcome.whole === true && changed === outcome.results.length;
      const state =
        done && outcome.results.every((result) => result.state === 'delivered')
          ? finish(outcome.messageId)
          : refresh(outcome.messageId);
      const { lesson, bounceAt } = outcome;
      if (typeof bounceAt === 'number' && outcome.results.some((result) => UNDELIVERED.has(result.state)))
        planBounce.run(bounceAt, outcome.messageId);
      return { state, learned: lesson ? learn(lesson) : null };
    },
    /** Gives up what has been queued since before `before` (UTC ms). Returns the messages it touched. */
    expire(args: { domain: string; before: number; bounceAt?: number | null }): number[] {
      const ids = [
        ...new Set(
          (
            expire.all(args.domain, idsEndAt(args.before + lead()), args.before) as unknown as {
              id: number;
            }[]
          ).map((row) => row.id),
        ),
      ];
      ids.forEach(refresh);
      const { bounceAt } = args;
      if (typeof bounceAt === 'number') for (const id of ids) planBounce.run(bounceAt, id);
      return ids;
    },
  };
}
