// The journal: what changed, in the order in which it was seen, and beside it what was last seen of each thing, by which a change is known.
//
// Things that change all the time (a pool whose addresses take turns, a server that comes and goes) would hide all else: of each thing only
// so many changes are written in a stretch of time. What is held back is not remembered as seen, so that the next look after that time
// writes the change from what was written last to what is then.
import type { DatabaseSync } from 'node:sqlite';
import {
  actorSchema,
  journalKindSchema,
  journalSourceSchema,
  type Actor,
  type JournalEntry,
  type JournalKind,
  type JournalSource,
} from '../../../shared/journal.ts';
import { readStored } from '../stored-json.ts';

export type NewEntry = Omit<JournalEntry, 'id'>;

/** One thing as it is now. */
export interface Sighting {
  /** Empty: of all domains. */
  domain: string;
  kind: JournalKind;
  subject: string;
  /** Null: there is nothing. */
  value: string | null;
  /** What it was, as far as the caller knows: counts where nothing is remembered. Left out: then it is seen for the first time. */
  was?: string | null;
  /** UTC ms. */
  at: number;
  by: Actor;
  source: JournalSource;
  /** No more changes of this thing than so many within so long (ms) are written; left out: all are. */
  most?: { changes: number; withinMs: number };
}

/**
 * `first`: nothing was known; `same`: as it was; `changed`: an entry was written; `known`: it changed, and another source's entry says so
 * already; `held`: it changed, and too often to be written.
 */
export type Sight = 'first' | 'same' | 'changed' | 'known' | 'held';

export interface JournalFilter {
  /** Its own entries, and those of all domains. */
  domain: string;
  kinds: readonly JournalKind[] | null;
  /** UTC ms: at `from` or later, and before `to`. */
  from: number | null;
  to: number | null;
  /** Ids below this; null: from the newest. */
  before: number | null;
  limit: number;
}

interface EntryRow {
  id: number;
  at: number;
  domain: string;
  kind: string;
  subject: string;
  before: string | null;
  after: string | null;
  by: string;
  source: string;
}

/** Null for what cannot be told: a later release wrote it, or it is damaged. */
function entryOf({ kind, source, by, ...row }: EntryRow): JournalEntry | null {
  const known = { kind: journalKindSchema.safeParse(kind), source: journalSourceSchema.safeParse(source) };
  if (!known.kind.success || !known.source.success) return null;
  // Somebody did what was done here, even when it cannot be read any more who.
  const who = known.source.data === 'action' ? 'admin' : 'world';
  const actor = readStored(by, actorSchema) ?? actorSchema.parse({ who });
  return { ...row, kind: known.kind.data, source: known.source.data, by: actor };
}

export function journalReads(db: DatabaseSync) {
  const newestFirst = db.prepare(
    `SELECT * FROM journal WHERE domain IN (:domain, '') AND (:before IS NULL OR id < :before)
       AND (:from IS NULL OR at >= :from) AND (:to IS NULL OR at < :to)
       AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
     ORDER BY id DESC`,
  );
  const observed = db.prepare('SELECT domain, kind, subject, value FROM observation WHERE source = ?');
  return {
    /** Newest first. What cannot be read is left out. */
    journalPage({ domain, kinds, from, to, before, limit }: JournalFilter): {
      entries: JournalEntry[];
      more: boolean;
    } {
      const entries: JournalEntry[] = [];
      const asked = { domain, kinds: kinds === null ? null : JSON.stringify(kinds), from, to, before };
      for (const row of newestFirst.iterate(asked) as unknown as Iterable<EntryRow>) {
        const entry = entryOf(row);
        if (entry === null) continue;
        if (entries.length === limit) return { entries, more: true };
        entries.push(entry);
      }
      return { entries, more: false };
    },
    /** What was last seen of each thing in this way. */
    observedBy(
      source: JournalSource,
    ): { domain: string; kind: string; subject: string; value: string | null }[] {
      return observed.all(source) as unknown as ReturnType<typeof this.observedBy>;
    },
  };
}

export function journalWrites(db: DatabaseSync) {
  const insert = db.prepare(
    `INSERT INTO journal (at, domain, kind, subject, before, after, by, source)
     VALUES (:at, :domain, :kind, :subject, :before, :after, :by, :source)`,
  );
  const last = db.prepare(
    'SELECT value FROM observation WHERE domain = ? AND kind = ? AND subject = ? AND source = ?',
  );
  const remember = db.prepare(
    `INSERT INTO observation (domain, kind, subject, source, value, at)
     VALUES (:domain, :kind, :subject, :source, :value, :at)
     ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at`,
  );
  const newest = db.prepare(
    'SELECT source, after FROM journal WHERE domain = ? AND kind = ? AND subject = ? ORDER BY id DESC LIMIT 1',
  );
  const lately = db.prepare(
    `SELECT count(*) AS count FROM journal
     WHERE domain = ? AND kind = ? AND subject = ? AND source = ? AND at > ?`,
  );
  const forgetThings = db.prepare('DELETE FROM observation WHERE domain = ?');
  const oldEntries = db.prepare(
    'DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < ? ORDER BY at LIMIT ?)',
  );
  const oldThings = db.prepare(
    `DELETE FROM observation WHERE (domain, kind, subject, source) IN
       (SELECT domain, kind, subject, source FROM observation WHERE at < ? LIMIT ?)`,
  );

  function put({ at, domain, kind, subject, before, after, by, source }: NewEntry): void {
    insert.run({ at, domain, kind, subject, before, after, by: JSON.stringify(by), source });
  }

  function see({ domain, kind, subject, value, was, at, by, source, most }: Sighting): Sight {
    const thing = [domain, kind, subject] as const;
    const known = last.get(...thing, source) as { value: string | null } | undefined;
    const before = known === undefined ? was : known.value;
    const rememberIt = () => remember.run({ domain, kind, subject, source, value, at });
    if (before === undefined || before === value) {
      rememberIt();
      return known === undefined ? 'first' : 'same';
    }
    const told = newest.get(...thing) as { source: string; after: string | null } | undefined;
    if (told !== undefined && told.source !== source && told.after === value) {
      rememberIt();
      return 'known';
    }
    if (most !== undefined) {
      const { count } = lately.get(...thing, source, at - most.withinMs) as { count: number };
      if (count >= most.changes) return 'held';
    }
    put({ at, domain, kind, subject, before, after: value, by, source });
    rememberIt();
    return 'changed';
  }

  return {
    putJournal(entries: readonly NewEntry[]): void {
      for (const entry of entries) put(entry);
    },
    /** Compares things with what was last seen of them, and writes an entry for each that is another; returns what came of each. */
    observe(sightings: readonly Sighting[]): Sight[] {
      return sightings.map(see);
    },
    /** A domain is not followed any more: what is seen of it later is no change. Its entries stay. */
    forgetObserved(domain: string): void {
      forgetThings.run(domain);
    },
    /** Removes entries older than `before` (UTC ms), and things not seen since, `limit` of each; returns how many went at most of either. */
    forgetJournal({ before, limit }: { before: number; limit: number }): number {
      return Math.max(
        Number(oldEntries.run(before, limit).changes),
        Number(oldThings.run(before, limit).changes),
      );
    },
  };
}
