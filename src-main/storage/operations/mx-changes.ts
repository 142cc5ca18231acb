// Changes of MX records that are watched, and the mail that still comes meanwhile.
import type { DatabaseSync } from 'node:sqlite';
import { mxChangeSchema, type MxChange, type StillComes } from '../../../shared/mx-change.ts';
import { firstIdAt, timeOfId } from '../ids.ts';
import { readStored } from '../stored-json.ts';

/** Messages looked at, the newest first: who still sends so much that there are more has not heard of the change at all. */
const LOOK_BACK = 20_000;

export function mxChangeReads(db: DatabaseSync) {
  const all = db.prepare('SELECT change FROM mx_change ORDER BY domain');
  const came = db.prepare(
    `SELECT count(*) AS messages, count(DISTINCT client_address) AS senders, max(id) AS last FROM message
     WHERE id >= :from AND state <> 'rejected' AND id IN (SELECT message_id FROM recipient WHERE domain = :domain AND message_id >= :from
       ORDER BY message_id DESC LIMIT ${LOOK_BACK})`,
  );
  return {
    /** Those that can be read. */
    mxChanges(): MxChange[] {
      return (all.all() as unknown as { change: string }[]).flatMap(
        ({ change }) => readStored(change, mxChangeSchema) ?? [],
      );
    },
    /** Accepted mail for a domain since a time (UTC ms). */
    stillComes({ domain, since }: { domain: string; since: number }): StillComes {
      const row = came.get({ domain, from: firstIdAt(since) }) as unknown as {
        messages: number;
        senders: number;
        last: number | null;
      };
      const { messages, senders, last } = row;
      return { messages, senders, lastAt: last === null ? null : timeOfId(last) };
    },
  };
}

export function mxChangeWrites(db: DatabaseSync) {
  const put = db.prepare('INSERT OR REPLACE INTO mx_change (domain, change) VALUES (?, ?)');
  const drop = db.prepare('DELETE FROM mx_change WHERE domain = ?');
  return {
    putMxChange(change: MxChange): void {
      put.run(change.domain, JSON.stringify(change));
    },
    dropMxChange(domain: string): void {
      drop.run(domain);
    },
  };
}
