// The message log's search index, made anew when it is damaged: nothing is in it that is not in the messages themselves.
import type { DatabaseSync } from 'node:sqlite';

/** As the migrations make it; test/storage/search-index.test.ts holds the two together. */
const TABLE = `CREATE VIRTUAL TABLE log_text USING fts5 (
    sender, recipients, subject, replies, keys,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.:-_~'"
  )`;
const SHADOWS = ['data', 'idx', 'docsize', 'config'];

/** Says what was done when the index cannot be used and is made anew; null when it can. Throws when the damage is elsewhere. */
export function mendSearch(db: DatabaseSync): string | null {
  const why = faultOf(db);
  if (why === null) return null;
  rebuildSearch(db);
  return `the message log's search index was damaged (${why}) and is being made anew from the messages; nothing else was touched`;
}

function faultOf(db: DatabaseSync): string | null {
  try {
    db.prepare(`SELECT rowid FROM log_text WHERE log_text MATCH '"x"' LIMIT 1`).all();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Takes the index away and begins an empty one; the indexer fills it again, as after the first start. */
export function rebuildSearch(db: DatabaseSync): void {
  const inOneGo = !db.isTransaction;
  if (inOneGo) db.exec('BEGIN IMMEDIATE');
  try {
    try {
      db.exec('DROP TABLE IF EXISTS log_text');
    } catch {
      dropByHand(db);
    }
    db.exec(TABLE);
    db.exec('UPDATE log_mark SET id = 0; DELETE FROM log_stretch; INSERT INTO log_stretch VALUES (0, 0);');
    db.exec('DELETE FROM log_stale');
    if (inOneGo) db.exec('COMMIT');
  } catch (error) {
    if (inOneGo) db.exec('ROLLBACK');
    throw error;
  }
}

/** A virtual table that cannot be opened cannot be dropped: its entry is taken out of the schema, and its tables after it. */
function dropByHand(db: DatabaseSync): void {
  db.enableDefensive(false);
  try {
    db.exec("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'log_text'");
    db.exec('PRAGMA writable_schema = RESET');
    for (const shadow of SHADOWS) db.exec(`DROP TABLE IF EXISTS log_text_${shadow}`);
  } finally {
    db.enableDefensive(true);
  }
}
