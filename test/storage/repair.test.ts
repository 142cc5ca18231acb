// A damaged database: what can be read is copied into a new one, and nothing is removed.
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src-main/storage/database.ts';
import type { NewMessage } from '../../src-main/storage/operations/spool.ts';
import { repairDatabase } from '../../src-main/storage/repair.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';

const NOW = Date.UTC(2026, 2, 1, 12, 30, 5);
let folder: Scratch;
let db: Database;
const path = () => `${folder.path}/mailward.db`;

beforeEach(async () => {
  folder = scratch('repair');
  db = await openDatabase(path());
  await Promise.all(Array.from({ length: 300 }, (_, index) => db.write('accept', message(index + 1))));
  await db.close();
});
afterEach(() => folder[Symbol.dispose]());

function message(id: number): NewMessage {
  const data = Buffer.from(`Subject: ${id}\r\n\r\n${'x'.repeat(3000)}`);
  return {
    id,
    receivedAt: 1000,
    sender: 'ann@example.org',
    subject: `number ${id}`,
    size: data.length,
    clientAddress: '127.0.0.1',
    helo: 'h',
    tls: null,
    body8bit: false,
    smtpUtf8: false,
    reply: { code: 250, enhanced: '2.6.0', text: 'ok' },
    incoming: '[]',
    recipients: [
      {
        address: 'b@example.com',
        domain: 'example.com',
        state: 'queued',
        heldBy: null,
        cause: null,
        reply: null,
      },
    ],
    lastPiece: { piece: 0, data },
  };
}

function query(sql: string): unknown {
  const opened = new DatabaseSync(path());
  try {
    return opened.prepare(sql).get();
  } finally {
    opened.close();
  }
}

/** Overwrites pages of the table's tree, its root apart. */
function spoil(table: string, pages: number): void {
  const opened = new DatabaseSync(path());
  const size = (opened.prepare('PRAGMA page_size').get() as { page_size: number }).page_size;
  const rows = opened
    .prepare(`SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno`)
    .all(table) as unknown as { pageno: number }[];
  opened.close();
  const middle = Math.floor(rows.length / 2);
  const file = openSync(path(), 'r+');
  for (const { pageno } of rows.slice(middle, middle + pages))
    writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (pageno - 1) * size);
  expect(fstatSync(file).size).toBeGreaterThan(0);
  closeSync(file);
}

it('a whole one is left as it is', () => {
  const before = readFileSync(path());
  expect(repairDatabase(path(), NOW)).toMatchObject({ what: 'whole', keptAs: null });
  expect(readFileSync(path()).equals(before)).toBe(true);
});

it('of a search index alone, that is made anew and nothing else touched', async () => {
  const opened = new DatabaseSync(path());
  opened.enableDefensive(false);
  opened.exec('DROP TABLE log_text_config');
  opened.close();
  expect(repairDatabase(path(), NOW)).toMatchObject({ what: 'search', keptAs: null });
  db = await openDatabase(path());
  expect((await db.read('waiting'))[0]?.count).toBe(300);
  await db.close();
});

describe.each(['message', 'content'])('pages in the middle of %s', (table) => {
  it('cost what was on them and no more; the damaged one is kept, and a start finds the rest', async () => {
    spoil(table, 1);
    const repair = repairDatabase(path(), NOW);
    expect(repair.what).toBe('copied');
    expect(repair.keptAs).toBe(`${path()}.damaged-20260301T123005`);
    expect(existsSync(repair.keptAs ?? '')).toBe(true);
    const copied = repair.tables.find((one) => one.table === table);
    expect(copied?.isIncomplete).toBe(true);
    expect(copied?.rows).toBeGreaterThan(250);
    expect(copied?.rows).toBeLessThan(300);
    db = await openDatabase(path());
    expect(await db.read('complaints')).toEqual([]);
    const waits = (await db.read('waiting')).reduce((sum, { count }) => sum + count, 0);
    expect(waits).toBe(repair.tables.find((one) => one.table === 'recipient')?.rows);
    await db.close();
    // What lost its content is not sent as a whole message, nor forgotten.
    if (table === 'content') {
      expect(repair.torn).toBe(300 - (copied?.rows ?? 0));
      expect(query(`SELECT count(*) AS n FROM message WHERE state = 'held'`)).toMatchObject({
        n: repair.torn,
      });
    }
  });
});

it('a file that is no database is kept, and an empty one begun', async () => {
  writeFileSync(path(), 'this is a text\n'.repeat(1000));
  await expect(openDatabase(path())).rejects.toThrow(
    /the database .*mailward\.db is damaged .*nothing in it was changed\. `mailward repair --data/,
  );
  const repair = repairDatabase(path(), NOW);
  expect(repair).toMatchObject({ what: 'begun-anew' });
  expect(readFileSync(repair.keptAs ?? '', 'utf8')).toMatch(/^this is a text/);
  db = await openDatabase(path());
  expect(await db.read('waiting')).toEqual([]);
  await db.close();
});

it.each([
  ['missing', () => rmSync(path())],
  ['empty', () => writeFileSync(path(), '')],
])('one that is %s while its log is there is not begun anew by a start', async (_, harm) => {
  writeFileSync(`${path()}-wal`, 'what is left of the mail');
  harm();
  await expect(openDatabase(path())).rejects.toThrow(
    /missing or empty .*nothing was changed.*mailward repair/,
  );
  expect(readFileSync(`${path()}-wal`, 'utf8')).toBe('what is left of the mail');
  expect(repairDatabase(path(), NOW).what).toBe('begun-anew');
  const kept = readdirSync(folder.path).find((name) => /damaged-.*-wal$/.test(name));
  expect(readFileSync(`${folder.path}/${kept ?? ''}`, 'utf8')).toBe('what is left of the mail');
});

describe('a repair that is killed', () => {
  /** What of its last steps was done. */
  const states: [string, (kept: string) => void][] = [
    ['before the damaged files are set aside', (kept) => renameSync(kept, path())],
    [
      'when only the log is not yet set aside',
      () => writeFileSync(`${path()}-wal`, 'the log of the damaged database'),
    ],
    ['when all of them are', () => undefined],
  ];

  describe.each(states)('%s', (_when, state) => {
    /** Repairs, and goes back to where a kill would have left the files. */
    const killed = () => {
      spoil('message', 1);
      const repair = repairDatabase(path(), NOW);
      utimesSync(path(), NOW / 1000, NOW / 1000);
      renameSync(path(), `${path()}.replacement`);
      state(repair.keptAs ?? '');
      return repair.tables.find(({ table }) => table === 'message')?.rows ?? 0;
    };

    it.each(['start', 'repair'])(
      'is finished by the next %s: nothing that was copied is missing',
      async (next) => {
        const rows = killed();
        expect(rows).toBeGreaterThan(250);
        if (next === 'repair') expect(repairDatabase(path(), NOW + 60_000).what).toBe('whole');
        db = await openDatabase(path());
        await db.close();
        expect(query('SELECT count(*) AS rows FROM message')).toMatchObject({ rows });
        const names = readdirSync(folder.path).filter((name) => /damaged|repaired|replacement/.test(name));
        expect(names).toContain('mailward.db.damaged-20260301T123005');
        expect(names.every((name) => name.startsWith('mailward.db.damaged-20260301T123005'))).toBe(true);
      },
    );
  });
});

it('of an earlier release keeps what was being rerouted on that way, and holds by hand what has lost it', () => {
  const old = new URL('../fixtures/data-folders/0.1.0/mailward.db.gz', import.meta.url);
  writeFileSync(path(), gunzipSync(readFileSync(old)));
  const before = query('SELECT message_id AS id, route, since, next_at FROM detour') as Record<
    string,
    unknown
  >;
  const opened = new DatabaseSync(path());
  opened.exec(
    `UPDATE recipient SET state = 'held', held_by = 'reroute' WHERE (message_id, position) IN
       (SELECT message_id, position FROM recipient WHERE state = 'queued' LIMIT 1)`,
  );
  const { root } = opened
    .prepare(`SELECT rootpage AS root FROM sqlite_schema WHERE name = 'message'`)
    .get() as {
    root: number;
  };
  const { size } = opened.prepare('SELECT page_size AS size FROM pragma_page_size').get() as { size: number };
  opened.close();
  // An index that does not fit its table: all can be read, and nothing can be brought up to date in place.
  const file = openSync(path(), 'r+');
  writeSync(file, Buffer.from([0xff, 0xff]), 0, 2, (root - 1) * size + 5);
  closeSync(file);
  expect(repairDatabase(path(), NOW).what).toBe('copied');
  expect(
    query(
      'SELECT message_id AS id, way AS route, way_since AS since, next_at FROM recipient WHERE way IS NOT NULL',
    ),
  ).toEqual(before);
  expect(query(`SELECT count(*) AS count FROM recipient WHERE held_by = 'reroute' AND way IS NULL`)).toEqual({
    count: 0,
  });
});
