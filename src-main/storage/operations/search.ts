// Finding messages in the log. The index is filled behind the mail, in batches; what it does not have yet is looked at directly.
//
// - `log_text` (FTS5) has every message up to a mark, by its words and by keys for domains, causes and state.
// - `log_mark` is that mark: the highest id that is in the index.
// - `log_stale` has the ids up to the mark whose row in the index is out of date, because something became of them since.
// - `log_stretch` cuts the log into stretches of about as many messages each. Every word in the index is marked with its
//   stretch, and a search asks stretch by stretch, newest first: to find the beginning of a word FTS5 gathers every message
//   that has one, which takes long for all of the log and little for a stretch, and the newest one usually fills the page.
// So a search is the index without the stale ones, plus the stale ones and those past the mark, read one by one.
import type { DatabaseSync } from 'node:sqlite';
import { causeWords, type Cause } from '../../../shared/cause.ts';
import type { MessageState } from '../../../shared/message.ts';
import { found, readSearch, wordsOf, type Phrase } from '../../../shared/search.ts';
import { firstIdAt, idsEndAt } from '../ids.ts';
import { rebuildSearch } from '../search-index.ts';
import { parseReply } from '../stored-json.ts';
import { idLead } from './clock.ts';

export interface SearchQuery {
  states: MessageState[] | null;
  domain: string | null;
  cause: Cause | null;
  text: string | null;
  /** UTC ms: received at `from` or later, and before `to`. */
  from: number | null;
  to: number | null;
  before: number | null;
  limit: number;
}

/** Of messages with very many recipients these are searchable, and no more: the index must not grow with one message. */
const MOST_RECIPIENTS = 200;
const LONGEST_REPLY = 1000;

/** What of a message can be searched. */
interface Searchable {
  id: number;
  receivedAt: number;
  state: MessageState;
  sender: string;
  subject: string;
  recipients: string;
  replies: string;
  domains: string[];
  causes: string[];
}

interface MessageRow {
  id: number;
  received_at: number;
  sender: string;
  subject: string;
  state: MessageState;
  reply: string;
}

function searchables(db: DatabaseSync) {
  const message = db.prepare(
    'SELECT id, received_at, sender, subject, state, reply FROM message WHERE id = ?',
  );
  const recipients = db.prepare(
    `SELECT address, domain, cause, reply FROM recipient WHERE message_id = ? ORDER BY position LIMIT ${MOST_RECIPIENTS}`,
  );
  return (id: number): Searchable | null => {
    const row = message.get(id) as unknown as MessageRow | undefined;
    if (!row) return null;
    const all = recipients.all(id) as unknown as {
      address: string;
      domain: string;
      cause: Cause | null;
      reply: string | null;
    }[];
    const causes = [...new Set(all.flatMap(({ cause }) => (cause === null ? [] : [cause])))];
    const said = new Set(all.map(({ reply }) => reply).filter((reply) => reply !== null));
    if (row.state === 'rejected') said.add(row.reply);
    const replies = [...said].map((json) => {
      const { code, enhanced, text } = parseReply(json);
      return `${code} ${enhanced ?? ''} ${text.slice(0, LONGEST_REPLY)}`;
    });
    return {
      id,
      receivedAt: row.received_at,
      state: row.state,
      sender: row.sender,
      subject: row.subject,
      recipients: all.map(({ address }) => address).join(' '),
      replies: [...replies, ...causes.map((cause) => `${cause} ${causeWords[cause].short}`)].join(' '),
      domains: [...new Set(all.map(({ domain }) => domain))],
      causes,
    };
  };
}

const fields = (one: Searchable) => [one.sender, one.recipients, one.subject, one.replies];

function fits(one: Searchable, query: SearchQuery, phrases: readonly Phrase[]): boolean {
  if (query.from !== null && one.receivedAt < query.from) return false;
  if (query.to !== null && one.receivedAt >= query.to) return false;
  if (query.states !== null && !query.states.includes(one.state)) return false;
  if (query.domain !== null && !one.domains.includes(query.domain)) return false;
  if (query.cause !== null && !one.causes.includes(query.cause)) return false;
  return found(phrases, fields(one));
}

/** A message's id may be made so much before its time is noted, ms. */
const MOMENT_MS = 1_000;

/** Messages in a stretch of the index. */
const STRETCH = 25_000;

/** Words as they are in the index, marked with their stretch. */
const marked = (stretch: number, words: readonly string[]) => {
  const mark = `${stretch.toString(36)}~`;
  return words.map((word) => mark + word).join(' ');
};

/** FTS5's query for one stretch: words are quoted, so that nothing typed is syntax. */
function matchOf(stretch: number, query: SearchQuery, phrases: readonly Phrase[]): string {
  const key = (text: string) => `"${marked(stretch, [text])}"`;
  const parts = phrases.map(({ words, beginning }) => `"${marked(stretch, words)}"${beginning ? ' *' : ''}`);
  if (query.domain !== null) parts.push(key(`d:${query.domain}`));
  if (query.cause !== null) parts.push(key(`c:${query.cause}`));
  if (query.states !== null) parts.push(`(${query.states.map((state) => key(`s:${state}`)).join(' OR ')})`);
  return parts.join(' AND ');
}

function isOpen({ text, domain, cause, states }: SearchQuery, phrases: readonly Phrase[]): boolean {
  return (text === null || phrases.length === 0) && domain === null && cause === null && states === null;
}

export function searchReads(db: DatabaseSync) {
  const searchable = searchables(db);
  const mark = db.prepare('SELECT id FROM log_mark');
  const leadOfIds = idLead(db);
  const plain = db.prepare(
    'SELECT id FROM message WHERE id >= ? AND id < ? AND received_at >= ? AND received_at < ? ORDER BY id DESC LIMIT ?',
  );
  const byId = db.prepare('SELECT id FROM message WHERE id > ? AND id >= ? AND id < ? ORDER BY id DESC');
  const stale = db.prepare('SELECT id FROM log_stale WHERE id >= ? AND id < ? ORDER BY id DESC');
  const indexed = db.prepare(
    `SELECT rowid AS id FROM log_text WHERE log_text MATCH ? AND rowid >= ? AND rowid < ?
     AND rowid NOT IN (SELECT id FROM log_stale)
     AND (? = 0 OR EXISTS (SELECT 1 FROM message WHERE id = log_text.rowid AND received_at >= ? AND received_at < ?))
     ORDER BY rowid DESC LIMIT ?`,
  );

  const stretches = db.prepare(
    'SELECT first_id AS first FROM log_stretch WHERE first_id < ? ORDER BY first_id DESC',
  );

  /** The newest of these that fit, in order, until there are enough. */
  function take(
    ids: Iterable<unknown>,
    query: SearchQuery,
    phrases: readonly Phrase[],
    most: number,
  ): number[] {
    const fitting: number[] = [];
    for (const { id } of ids as Iterable<{ id: number }>) {
      if (fitting.length >= most) break;
      const one = searchable(id);
      if (one && fits(one, query, phrases)) fitting.push(id);
    }
    return fitting;
  }

  function search(query: SearchQuery, most: number): number[] {
    // An id tells when its message was received at the latest; the message itself tells when it was, where ids ran ahead of the clock.
    const isTimed = query.from !== null || query.to !== null;
    const lead = isTimed ? leadOfIds() : 0;
    const [from, to] = [query.from ?? 0, query.to ?? Number.MAX_SAFE_INTEGER];
    const low = firstIdAt(from - MOMENT_MS);
    const high = Math.min(
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.to === null ? Number.MAX_SAFE_INTEGER : idsEndAt(to + lead),
    );
    const phrases = query.text === null ? [] : readSearch(query.text);
    if (isOpen(query, phrases))
      return (plain.all(low, high, from, to, most) as unknown as { id: number }[]).map(({ id }) => id);
    const upTo = (mark.get() as { id: number }).id;
    // Past the mark are the newest of all: when they fill the page nothing else need be asked.
    const news = take(byId.iterate(upTo, low, high), query, phrases, most);
    if (news.length >= most) return news;
    const older = take(stale.iterate(low, high), query, phrases, most);
    let left = most - news.length;
    for (const { first } of stretches.all(high) as unknown as { first: number }[]) {
      const match = matchOf(first, query, phrases);
      const within = [Math.max(low, first), high, isTimed ? 1 : 0, from, to];
      const ids = indexed.all(match, ...within, left) as unknown as { id: number }[];
      older.push(...ids.map(({ id }) => id));
      left -= ids.length;
      if (left <= 0 || first <= low) break;
    }
    return [...news, ...older.sort((a, b) => b - a)].slice(0, most);
  }

  return {
    /** Ids of messages that fit, newest first, one more than `limit` when there are more. */
    search(query: SearchQuery): number[] {
      const most = query.limit + 1;
      // Mark, stale ones and index must be of one moment. On the writer's side every call is in a transaction already.
      if (db.isTransaction) return search(query, most);
      db.exec('BEGIN');
      try {
        return search(query, most);
      } finally {
        db.exec('COMMIT');
      }
    },
  };
}

export function searchWrites(db: DatabaseSync) {
  const searchable = searchables(db);
  const mark = db.prepare('SELECT id FROM log_mark');
  const setMark = db.prepare('UPDATE log_mark SET id = ?');
  const past = db.prepare('SELECT id, received_at AS at FROM message WHERE id > ? ORDER BY id LIMIT ?');
  const stale = db.prepare('SELECT id FROM log_stale ORDER BY id LIMIT ?');
  const drop = db.prepare('DELETE FROM log_text WHERE rowid = ?');
  const add = db.prepare(
    'INSERT INTO log_text (rowid, sender, recipients, subject, replies, keys) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const stretchOf = db.prepare(
    'SELECT first_id AS first, messages FROM log_stretch WHERE first_id <= ? ORDER BY first_id DESC LIMIT 1',
  );
  const grow = db.prepare('UPDATE log_stretch SET messages = messages + ? WHERE first_id = ?');
  const begin = db.prepare('INSERT INTO log_stretch VALUES (?, 0)');
  const unstale = db.prepare('DELETE FROM log_stale WHERE id = ?');

  const stretchFor = (id: number) => stretchOf.get(id) as unknown as { first: number; messages: number };

  function put(id: number, stretch: number): void {
    const one = searchable(id);
    if (!one) return;
    const keys = [
      `s:${one.state}`,
      ...one.domains.map((domain) => `d:${domain}`),
      ...one.causes.map((cause) => `c:${cause}`),
    ];
    const [sender, recipients, subject, replies] = fields(one).map((text) => marked(stretch, wordsOf(text)));
    add.run(id, sender ?? '', recipients ?? '', subject ?? '', replies ?? '', marked(stretch, keys));
  }

  return {
    /** Throws the index away and begins it anew. */
    rebuildSearch(): void {
      rebuildSearch(db);
    },
    /**
     * Brings the index on by `limit` messages at most: those past the mark up to the first that arrived between `before` and `now` (UTC
     * ms; those that have just arrived are about to change), then those that changed. Returns how many it worked on: 0 when all is done.
     */
    indexLog(args: { before: number; now: number; limit: number }): number {
      const { id: upTo } = mark.get() as { id: number };
      const found = past.all(upTo, args.limit) as unknown as { id: number; at: number }[];
      // A time to come is not just now: the clock was wrong then.
      const fresh = found.findIndex(({ at }) => at >= args.before && at <= args.now);
      const news = fresh < 0 ? found : found.slice(0, fresh);
      const [oldest] = news;
      const last = news.at(-1);
      if (oldest && last) {
        let stretch = stretchFor(oldest.id);
        if (stretch.messages >= STRETCH) {
          begin.run(oldest.id);
          stretch = { first: oldest.id, messages: 0 };
        }
        for (const { id } of news) put(id, stretch.first);
        grow.run(news.length, stretch.first);
        setMark.run(last.id);
      }
      const changed = stale.all(args.limit - news.length) as unknown as { id: number }[];
      for (const { id } of changed) {
        drop.run(id);
        put(id, stretchFor(id).first);
        unstale.run(id);
      }
      return news.length + changed.length;
    },
  };
}
