// The search index: damaged, it is made anew, as the migrations made it, and keeps nobody from starting.
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrate } from '../../src-main/storage/migrations.ts';
import { mendSearch, rebuildSearch } from '../../src-main/storage/search-index.ts';

function fresh(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  return db;
}
const shape = (db: DatabaseSync) =>
  db
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE name LIKE 'log%' ORDER BY name`)
    .all()
    .map((row) => [row['name'], String(row['sql']).replace(/\s+/g, ' ')]);

it('made anew is the same as made first', () => {
  const db = fresh();
  const before = shape(db);
  rebuildSearch(db);
  expect(shape(db)).toEqual(before);
});

it('that is well is left alone', () => {
  expect(mendSearch(fresh())).toBeNull();
});

it.each(['DELETE FROM log_text_config', 'DROP TABLE log_text_config', 'DELETE FROM log_text_data'])(
  'after %s is made anew',
  (harm) => {
    const db = fresh();
    db.exec('UPDATE log_mark SET id = 7');
    db.enableDefensive(false);
    db.exec(harm);
    db.enableDefensive(true);
    expect(mendSearch(db)).toMatch(/search index was damaged .*nothing else was touched/);
    expect(mendSearch(db)).toBeNull();
    // The indexer starts from the first message.
    expect(db.prepare('SELECT id FROM log_mark').get()).toMatchObject({ id: 0 });
  },
);
