// The message log: lists, one message whole, and the sweep that removes what is past its time.
import type { DatabaseSync } from 'node:sqlite';
import type { Cause } from '../../../shared/cause.ts';
import { faultsIn, type FilterResult } from '../../../shared/filters.ts';
import type {
  Attempt,
  MessageDetail,
  MessageState,
  MessageSummary,
  Recipient,
  RecipientState,
  TranscriptLine,
} from '../../../shared/message.ts';
import type { HolderOfMail } from '../../../shared/holding.ts';
import { formatHostPort } from '../../../shared/names.ts';
import { firstIdAt, formatId } from '../ids.ts';
import { bounceReads } from './bounces.ts';
import { searchReads, type SearchQuery } from './search.ts';
import { wayOf, type WayColumns } from './ways.ts';
import { parseReply, parseStored } from '../stored-json.ts';

interface MessageRow {
  id: number;
  received_at: number;
  sender: string;
  subject: string;
  size: number;
  client_address: string;
  helo: string;
  tls: string | null;
  reply: string;
  incoming: string;
  state: MessageState;
}

interface RecipientRow extends WayColumns {
  message_id: number;
  address: string;
  domain: string;
  state: RecipientState;
  attempts: number;
  cause: Cause | null;
  reply: string | null;
  position: number;
  held_by: string | null;
  queued_since: number;
}

export interface ListQuery extends SearchQuery {
  /** All recipients of each message and not the first three: for an export. */
  everyRecipient: boolean;
}

const HEADER_LIMIT = 65_536;
const HOLDERS: Readonly<Record<string, HolderOfMail>> = {
  mode: 'domain',
  reroute: 'reroute',
  repair: 'repair',
};
const holderOf = (one: RecipientRow): HolderOfMail => HOLDERS[one.held_by ?? ''] ?? 'hand';
const replyOf = (text: string | null) => (text === null ? null : parseReply(text));

export function logReads(db: DatabaseSync) {
  const searching = searchReads(db);
  const recipients = db.prepare('SELECT * FROM recipient WHERE message_id = ? ORDER BY position');
  const message = db.prepare('SELECT * FROM message WHERE id = ?');
  const attempts = db.prepare('SELECT * FROM attempt WHERE message_id = ? ORDER BY id');
  const filters = db.prepare('SELECT results FROM filter_result WHERE message_id = ?');
  const firstPiece = db.prepare('SELECT data FROM content WHERE message_id = ? ORDER BY piece LIMIT 1');
  const minutes = db.prepare(
    `SELECT received_at / 60000 * 60000 AS at, sum(state <> 'rejected') AS accepted, sum(state = 'rejected') AS rejected
     FROM message WHERE id >= ? GROUP BY 1`,
  );
  const tried = db.prepare(
    `SELECT attempt.started_at / 60000 * 60000 AS at, json_extract(result.value, '$.outcome') AS outcome, count(*) AS count
     FROM attempt, json_each(iif(json_valid(attempt.results), attempt.results, '[]')) AS result
     WHERE attempt.id > (SELECT coalesce(max(id), 0) FROM attempt) - 100000 AND attempt.started_at >= ? GROUP BY 1, 2`,
  );

  const filterResults = (id: number): FilterResult[] => {
    const row = filters.get(id) as { results: string } | undefined;
    return row ? parseStored<FilterResult[]>(row.results, []) : [];
  };

  function summary(row: MessageRow, all: RecipientRow[], everyRecipient = false): MessageSummary {
    const telling = all.find((one) => one.state === row.state) ?? all[0];
    const due = all.map((one) => one.next_at).filter((at) => at !== null);
    const rerouted = all.find((one) => one.way !== null);
    const [first] = (rerouted && wayOf(rerouted)?.route) ?? [];
    return {
      id: formatId(row.id),
      receivedAt: row.received_at,
      sender: row.sender,
      recipients: (everyRecipient ? all : all.slice(0, 3)).map((one) => one.address),
      recipientCount: all.length,
      domains: [...new Set(all.map((one) => one.domain))],
      size: row.size,
      subject: row.subject,
      clientAddress: row.client_address,
      state: row.state,
      attempts: all.reduce((most, one) => Math.max(most, one.attempts), 0),
      nextAttemptAt: due.length > 0 ? Math.min(...due) : null,
      cause: telling?.cause ?? null,
      lastReply: replyOf(telling?.reply ?? null),
      ...(row.state === 'quarantined' ? { faults: faultsIn(filterResults(row.id)) } : {}),
      ...(row.state === 'held' && telling ? { heldBy: holderOf(telling) } : {}),
      ...(row.state === 'held' && first ? { via: formatHostPort(first.host, first.port) } : {}),
    };
  }

  const bounces = bounceReads(db);
  const allOf = (id: number) => recipients.all(id) as unknown as RecipientRow[];

  return {
    /** Messages newest first, and whether there are more. */
    list(query: ListQuery): { rows: MessageSummary[]; more: boolean } {
      const ids = searching.search(query);
      const rows = ids.slice(0, query.limit).flatMap((id) => {
        const row = message.get(id) as unknown as MessageRow | undefined;
        return row ? [summary(row, allOf(id), query.everyRecipient)] : [];
      });
      return { rows, more: ids.length > query.limit };
    },
    summaries(ids: number[]): MessageSummary[] {
      return ids.flatMap((id) => {
        const row = message.get(id) as unknown as MessageRow | undefined;
        return row ? [summary(row, allOf(id))] : [];
      });
    },
    detail(id: number): MessageDetail | null {
      const row = message.get(id) as unknown as MessageRow | undefined;
      if (!row) return null;
      const all = allOf(id);
      const piece = firstPiece.get(id) as { data: Uint8Array } | undefined;
      return {
        ...summary(row, all),
        helo: row.helo,
        tls: row.tls,
        reply: parseReply(row.reply),
        allRecipients: all.map(
          (one): Recipient => ({
            address: one.address,
            domain: one.domain,
            state: one.state,
            nextAttemptAt: one.way === null ? one.next_at : null,
            attempts: one.attempts,
            cause: one.cause,
            lastReply: replyOf(one.reply),
            reroute: wayOf(one),
            // What is held has been so since then: nothing else is counted from there meanwhile.
            ...(one.state === 'held' ? { hold: { by: holderOf(one), since: one.queued_since } } : {}),
          }),
        ),
        incoming: parseStored<TranscriptLine[]>(row.incoming, []),
        attemptList: (attempts.all(id) as unknown as Record<string, unknown>[]).map(
          (attempt): Attempt => ({
            id: String(attempt['id']),
            startedAt: attempt['started_at'] as number,
            endedAt: attempt['ended_at'] as number,
            host: attempt['host'] as string,
            port: attempt['port'] as number,
            address: attempt['address'] as string | null,
            tls: attempt['tls'] as string | null,
            results: parseStored<Attempt['results']>(attempt['results'] as string, []),
            transcript: parseStored<TranscriptLine[]>(attempt['transcript'] as string, []),
          }),
        ),
        bounce: bounces.bounceOf(id),
        filters: filterResults(id),
        header: piece ? headerOf(piece.data) : '',
        hasContent: piece !== undefined,
      };
    },
    /** Traffic per minute since `since` (UTC ms), to fill the chart after a start. */
    minutes(since: number): {
      received: { at: number; accepted: number; rejected: number }[];
      tried: { at: number; outcome: 'delivered' | 'deferred' | 'refused'; count: number }[];
    } {
      return {
        received: minutes.all(firstIdAt(since)) as unknown as {
          at: number;
          accepted: number;
          rejected: number;
        }[],
        tried: tried.all(since) as unknown as {
          at: number;
          outcome: 'delivered' | 'deferred' | 'refused';
          count: number;
        }[],
      };
    },
  };
}

export function logWrites(db: DatabaseSync) {
  // What waited for long is not forgotten as soon as it is over, nor before its sender was told. Of what is given up without an attempt and
  // with nobody to tell nothing says when that was: it goes by when it came.
  const old = db.prepare(
    `SELECT id, state IN ('delivered', 'deleted', 'rejected', 'refused', 'expired')
       AND NOT EXISTS (SELECT 1 FROM attempt WHERE message_id = message.id AND ended_at >= :before)
       AND NOT EXISTS (SELECT 1 FROM recipient WHERE message_id = message.id AND state = 'deleted' AND queued_since >= :before)
       AND NOT EXISTS (SELECT 1 FROM bounce WHERE message_id = message.id AND (bounce.state = 'due' OR at >= :before))
       AS goes
     FROM message WHERE id > :after AND id < :end ORDER BY id LIMIT :limit`,
  );
  const drop = db.prepare('DELETE FROM message WHERE id = ?');
  const dropContent = db.prepare('DELETE FROM content WHERE message_id = ?');
  return {
    /**
     * Removes messages that were received, last tried, deleted and told of before `before` (UTC ms), and are finished. Looks at `limit`
     * messages after `after`. Returns how many went, and `next`, after which to go on: null when all were looked at. Old ones that stay may be
     * many, so none is looked at twice.
     */
    forget({ before, after, limit }: { before: number; after: number; limit: number }): {
      gone: number;
      next: number | null;
    } {
      const end = firstIdAt(before);
      const rows = old.all({ before, after, end, limit }) as unknown as { id: number; goes: number }[];
      const gone = rows.filter(({ goes }) => goes === 1);
      for (const { id } of gone) {
        dropContent.run(id);
        drop.run(id);
      }
      return { gone: gone.length, next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
    },
  };
}

function headerOf(data: Uint8Array): string {
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, HEADER_LIMIT)).toString(
    'utf8',
  );
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? text : text.slice(0, end + 2);
}
