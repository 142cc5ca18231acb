// Learned recipients in the database: failures, what follows from them, and what an admin said.
// Whether a recipient is listed is decided here, in the transaction that writes the failure, so that the count is exact.
import type { DatabaseSync } from 'node:sqlite';
import type { Reply } from '../../../shared/message.ts';
import type { RecipientEntry, RecipientEntryState } from '../../../shared/recipients.ts';
import { parseReply } from '../stored-json.ts';

export interface RecipientFailure {
  domain: string;
  /** As `recipientKey` writes it. */
  address: string;
  /** UTC ms. */
  at: number;
  source: 'delivery' | 'report' | 'callout';
  reply: Reply;
}

/** When failures make a listing, and how long it lasts. Times in ms. */
export interface ListingRule {
  failures: number;
  window: number;
  listing: number;
}

/** What was learned at one moment; written together with what it was learned from. */
export interface Lesson {
  rule: ListingRule;
  failures: RecipientFailure[];
  /** Recipients that the server took. */
  known: { address: string; domain: string; at: number }[];
  /** Recipients that the server no longer knows. */
  unknown: string[];
  /** It was the server: what was counted for the domain since then (UTC ms) is taken back. */
  takeBack: { domain: string; since: number } | null;
}

export interface Learned {
  listed: { address: string; domain: string; since: number }[];
  unlisted: string[];
}

export interface RecipientQuery {
  domain: string | null;
  state: RecipientEntryState | null;
  text: string | null;
  /** The last address of the page before. */
  after: string | null;
  limit: number;
  now: number;
  rule: ListingRule;
}

export interface StoredEntry {
  address: string;
  domain: string;
  state: 'listed' | 'allowed';
  since: number;
  origin: 'learned' | 'admin';
}

/** Writes a lesson; for use within other operations, in their transaction. */
export function lessonWriter(db: DatabaseSync): (lesson: Lesson) => Learned {
  const insert = db.prepare(
    'INSERT INTO recipient_failure (domain, address, at, source, reply) VALUES (?, ?, ?, ?, ?)',
  );
  const entry = db.prepare('SELECT state, since FROM recipient_entry WHERE address = ?');
  const count = db.prepare(
    'SELECT count(*) AS n FROM recipient_failure WHERE address = ? AND at BETWEEN ? AND ?',
  );
  const list = db.prepare(
    `INSERT INTO recipient_entry (address, domain, state, since, origin) VALUES (?, ?, 'listed', ?, 'learned')
     ON CONFLICT (address) DO UPDATE SET state = 'listed', since = excluded.since, origin = 'learned'`,
  );
  const know = db.prepare(
    `INSERT INTO recipient_known (address, domain, at) VALUES (?, ?, ?)
     ON CONFLICT (address) DO UPDATE SET at = max(at, excluded.at)`,
  );
  const unknow = db.prepare('DELETE FROM recipient_known WHERE address = ?');
  const forgetFailures = db.prepare(
    `DELETE FROM recipient_failure WHERE address = ? AND at <= ? AND source <> 'report'`,
  );
  const unlist = db.prepare(
    `DELETE FROM recipient_entry WHERE address = ?1 AND state = 'listed' AND origin = 'learned'
       AND NOT EXISTS (SELECT 1 FROM recipient_failure WHERE address = ?1 AND source = 'report') RETURNING address`,
  );
  const takeBackFailures = db.prepare('DELETE FROM recipient_failure WHERE domain = ? AND at >= ?');
  const takeBackEntries = db.prepare(
    `DELETE FROM recipient_entry WHERE domain = ? AND state = 'listed' AND origin = 'learned' AND since >= ? RETURNING address`,
  );
  return ({ rule, failures, known, unknown, takeBack }) => {
    const learned: Learned = { listed: [], unlisted: [] };
    if (takeBack) {
      takeBackFailures.run(takeBack.domain, takeBack.since);
      const rows = takeBackEntries.all(takeBack.domain, takeBack.since) as unknown as { address: string }[];
      learned.unlisted = rows.map((row) => row.address);
    }
    for (const { address, domain, at } of known) {
      know.run(address, domain, at);
      // Whom the server takes exists, however often it said otherwise; but one that takes everybody says so in its reports.
      forgetFailures.run(address, at);
      if (unlist.get(address) !== undefined) learned.unlisted.push(address);
    }
    for (const address of unknown) unknow.run(address);
    for (const { domain, address, at, source, reply } of failures) {
      insert.run(domain, address, at, source, JSON.stringify(reply));
      const present = entry.get(address) as { state: string; since: number } | undefined;
      if (present?.state === 'allowed') continue;
      if (present && at < present.since + rule.listing) continue;
      const { n } = count.get(address, at - rule.window, at) as { n: number };
      if (n < rule.failures) continue;
      list.run(address, domain, at);
      learned.listed.push({ address, domain, since: at });
    }
    return learned;
  };
}

interface ListRow {
  address: string;
  domain: string;
  state: RecipientEntryState;
  since: number | null;
  origin: 'learned' | 'admin' | null;
  failures: number;
  last: number | null;
}

/** Failures that count now, joined with entries that hold now. */
const ENTRIES = `
  WITH failing AS (
    SELECT address, min(domain) AS domain, count(*) AS failures, max(at) AS last FROM recipient_failure
    WHERE at >= :window AND (:domain IS NULL OR domain = :domain) GROUP BY address
  ), entry AS (
    SELECT * FROM recipient_entry
    WHERE (:domain IS NULL OR domain = :domain) AND (state = 'allowed' OR since > :listing)
  ), together AS (
    SELECT coalesce(entry.address, failing.address) AS address, coalesce(entry.domain, failing.domain) AS domain,
      coalesce(entry.state, 'failing') AS state, entry.since, entry.origin,
      coalesce(failing.failures, 0) AS failures, failing.last
    FROM failing FULL OUTER JOIN entry ON entry.address = failing.address
  )`;

export function recipientReads(db: DatabaseSync) {
  const entries = db.prepare('SELECT * FROM recipient_entry');
  const known = db.prepare('SELECT address, at FROM recipient_known WHERE at >= ?');
  const first = db.prepare(
    'SELECT address, min(domain) AS domain, min(at) AS at FROM recipient_failure WHERE at >= ? GROUP BY address LIMIT ?',
  );
  const lastReply = db.prepare(
    'SELECT reply FROM recipient_failure WHERE address = ? ORDER BY at DESC LIMIT 1',
  );
  const page = db.prepare(
    `${ENTRIES} SELECT * FROM together
     WHERE (:state IS NULL OR state = :state) AND (:after IS NULL OR address > :after)
       AND (:text IS NULL OR instr(address, :text) > 0)
     ORDER BY address LIMIT :limit`,
  );
  const counts = db.prepare(
    `${ENTRIES} SELECT domain, state, count(*) AS count FROM together GROUP BY domain, state`,
  );
  return {
    /** Everything the index in memory is made of. */
    recipientIndex(args: { knownSince: number; failuresSince: number; limit: number }): {
      entries: StoredEntry[];
      known: { address: string; at: number }[];
      failing: { address: string; domain: string; at: number }[];
    } {
      return {
        entries: entries.all() as unknown as StoredEntry[],
        known: known.all(args.knownSince) as unknown as { address: string; at: number }[],
        failing: first.all(args.failuresSince, args.limit) as unknown as {
          address: string;
          domain: string;
          at: number;
        }[],
      };
    },
    recipientList(query: RecipientQuery): { rows: RecipientEntry[]; more: boolean } {
      const rows = page.all({
        domain: query.domain,
        state: query.state,
        after: query.after,
        text: query.text === null ? null : query.text.toLowerCase(),
        window: query.now - query.rule.window,
        listing: query.now - query.rule.listing,
        limit: query.limit + 1,
      }) as unknown as ListRow[];
      return {
        more: rows.length > query.limit,
        rows: rows.slice(0, query.limit).map((row) => {
          const reply = lastReply.get(row.address) as { reply: string } | undefined;
          return {
            address: row.address,
            domain: row.domain,
            state: row.state,
            failures: row.failures,
            lastFailureAt: row.last,
            lastReply: reply ? parseReply(reply.reply) : null,
            since: row.since,
            until: row.state === 'listed' && row.since !== null ? row.since + query.rule.listing : null,
            origin: row.origin,
          };
        }),
      };
    },
    recipientCounts(args: {
      now: number;
      rule: ListingRule;
    }): { domain: string; state: RecipientEntryState; count: number }[] {
      return counts.all({
        domain: null,
        window: args.now - args.rule.window,
        listing: args.now - args.rule.listing,
      }) as unknown as { domain: string; state: RecipientEntryState; count: number }[];
    },
  };
}

export function recipientWrites(db: DatabaseSync) {
  const learn = lessonWriter(db);
  const put = db.prepare(
    `INSERT INTO recipient_entry (address, domain, state, since, origin) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (address) DO UPDATE SET state = excluded.state, since = excluded.since, origin = excluded.origin`,
  );
  const dropEntry = db.prepare('DELETE FROM recipient_entry WHERE address = ?');
  const dropFailures = db.prepare('DELETE FROM recipient_failure WHERE address = ?');
  const dropKnown = db.prepare('DELETE FROM recipient_known WHERE address = ?');
  const oldFailures = db.prepare('DELETE FROM recipient_failure WHERE at < ?');
  const oldKnown = db.prepare('DELETE FROM recipient_known WHERE at < ?');
  const oldEntries = db.prepare(
    `DELETE FROM recipient_entry WHERE state = 'listed' AND since <= ? RETURNING address`,
  );
  const ofDomain = ['recipient_entry', 'recipient_failure', 'recipient_known'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE domain = ?`),
  );
  return {
    learn,
    putEntries(list: StoredEntry[]): void {
      for (const one of list) put.run(one.address, one.domain, one.state, one.since, one.origin);
    },
    /** Forgets addresses as if nothing had ever been said of them; returns how many there was something of. */
    forgetRecipients(addresses: string[]): number {
      let count = 0;
      for (const address of addresses) {
        const changed = [dropEntry, dropFailures, dropKnown].map((drop) => Number(drop.run(address).changes));
        if (changed.some((n) => n > 0)) count++;
      }
      return count;
    },
    /** Removes what is past its time; returns the addresses whose listing ended. */
    pruneRecipients(args: { now: number; rule: ListingRule; knownFor: number }): string[] {
      oldFailures.run(args.now - args.rule.window);
      oldKnown.run(args.now - args.knownFor);
      const rows = oldEntries.all(args.now - args.rule.listing) as unknown as { address: string }[];
      return rows.map((row) => row.address);
    },
    forgetRecipientsOf(domain: string): void {
      for (const drop of ofDomain) drop.run(domain);
    },
  };
}
