// The journal in the database: what was seen is compared with what was seen last, and read back in the order in which it was seen.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actorSchema, journalEntrySchema } from '../../shared/journal.ts';
import type { JournalFilter, NewEntry, Sighting } from '../../src-main/storage/operations/journal.ts';
import { memoryDatabase, type MemoryDatabase } from './memory-database.ts';

const HOUR = 3_600_000;
const world = actorSchema.parse({ who: 'world' });
const ann = actorSchema.parse({ who: 'admin', via: 'command', name: 'ann' });

let db: MemoryDatabase;
beforeEach(() => {
  db = memoryDatabase();
});
afterEach(() => db.close());

const entry = (at: number, more: Partial<NewEntry> = {}): NewEntry => ({
  ...{
    at,
    domain: 'example.com',
    kind: 'route',
    subject: '',
    before: 'a',
    after: 'b',
    by: ann,
    source: 'action',
  },
  ...more,
});

const mx = (at: number, value: string | null, more: Partial<Sighting> = {}): Sighting => ({
  ...{ domain: 'example.com', kind: 'mx', subject: '', value, at, by: world, source: 'check' },
  ...more,
});

async function page(filter: Partial<JournalFilter> = {}) {
  const all = { kinds: null, from: null, to: null, before: null, limit: 100 };
  return db.read('journalPage', { domain: 'example.com', ...all, ...filter });
}

/** Its entries as `kind before → after`, newest first. */
async function told(filter: Partial<JournalFilter> = {}) {
  const { entries } = await page(filter);
  return entries.map(({ kind, before, after }) => `${kind} ${before ?? '-'} → ${after ?? '-'}`);
}

const see = (...sightings: Sighting[]) => db.write('observe', sightings);

describe('reading', () => {
  it('has a domain’s own changes and those of all domains, newest first, whatever the clock said', async () => {
    await db.write('putJournal', [
      entry(300, { after: 'first' }),
      entry(100, { after: 'second' }),
      entry(200, { domain: 'example.org' }),
      entry(200, { domain: '', kind: 'settings', subject: 'smtp.port', after: 'third' }),
    ]);
    const { entries, more } = await page();
    expect(more).toBe(false);
    expect(entries.map(({ after }) => after)).toEqual(['third', 'second', 'first']);
    expect(journalEntrySchema.parse(entries[2])).toEqual({ id: 1, ...entry(300, { after: 'first' }) });
  });

  it('filters by kind and time, and goes on behind a page', async () => {
    await db.write('putJournal', [
      entry(100, { kind: 'mode', after: '1' }),
      entry(200, { kind: 'route', after: '2' }),
      entry(300, { kind: 'mode', after: '3' }),
      entry(400, { kind: 'mx', after: '4' }),
    ]);
    expect(await told({ kinds: ['mode', 'mx'] })).toEqual(['mx a → 4', 'mode a → 3', 'mode a → 1']);
    expect(await told({ from: 200, to: 400 })).toEqual(['mode a → 3', 'route a → 2']);
    const first = await page({ limit: 3 });
    expect(first.more).toBe(true);
    const rest = await page({ limit: 3, before: first.entries.at(-1)!.id });
    expect(rest).toMatchObject({ more: false, entries: [{ after: '1' }] });
  });

  it('leaves out what cannot be told, and tells what can though not by whom', async () => {
    await db.write('putJournal', [entry(1, { after: 'old' }), entry(2), entry(3), entry(4), entry(5)]);
    db.sql.exec(`UPDATE journal SET kind = 'weather' WHERE id = 2`);
    db.sql.exec(`UPDATE journal SET source = 'hearsay' WHERE id = 3`);
    db.sql.exec(`UPDATE journal SET "by" = '{"who":' WHERE id = 4`);
    db.sql.exec(`UPDATE journal SET "by" = '', source = 'check' WHERE id = 5`);
    const { entries } = await page();
    expect(entries.map(({ id, by }) => [id, by.who, by.name])).toEqual([
      [5, 'world', ''],
      [4, 'admin', ''],
      [1, 'admin', 'ann'],
    ]);
    // A page is full of what can be told, so that whoever turns pages comes to the end.
    expect(await page({ before: 4, limit: 1 })).toMatchObject({ more: false, entries: [{ after: 'old' }] });
  });
});

describe('what is seen', () => {
  it('is remembered the first time, and written when it is another', async () => {
    expect(await see(mx(1, '10 a'), mx(1, '10 a', { domain: 'example.org' }))).toEqual(['first', 'first']);
    expect(await see(mx(2, '10 a'))).toEqual(['same']);
    expect(await see(mx(3, '10 b'), mx(3, '10 a', { domain: 'example.org' }))).toEqual(['changed', 'same']);
    expect(await see(mx(4, null))).toEqual(['changed']);
    expect(await told()).toEqual(['mx 10 b → -', 'mx 10 a → 10 b']);
  });

  it('is compared with what the caller knows, where nothing is remembered', async () => {
    expect(await see(mx(1, '10 b', { was: '10 a' }))).toEqual(['changed']);
    expect(await see(mx(2, '10 c', { was: '10 x' }))).toEqual(['changed']);
    expect(await see(mx(3, 'busy', { kind: 'server-state', was: null }))).toEqual(['changed']);
    expect(await see(mx(3, 'same', { kind: 'banner', was: 'same' }))).toEqual(['first']);
    expect(await told()).toEqual(['server-state - → busy', 'mx 10 b → 10 c', 'mx 10 a → 10 b']);
  });

  it('in two ways is one change, and neither way is mistaken for the other', async () => {
    const inside = (at: number, value: string) => mx(at, value, { source: 'traffic' });
    await see(mx(1, 'outer'), inside(1, 'inner'));
    expect(await see(mx(2, 'outer'), inside(2, 'inner'))).toEqual(['same', 'same']);
    expect(await see(inside(3, 'new'))).toEqual(['changed']);
    expect(await see(mx(4, 'new'))).toEqual(['known']);
    expect(await see(mx(5, 'new'), inside(5, 'new'))).toEqual(['same', 'same']);
    expect(await told()).toEqual(['mx inner → new']);
  });

  it('and changes all the time is written so often, and then as it is when that time is over', async () => {
    const most = { changes: 2, withinMs: HOUR };
    await see(mx(0, '0', { most }));
    for (let at = 1; at <= 5; at++) await see(mx(at, String(at), { most }));
    expect(await told()).toEqual(['mx 1 → 2', 'mx 0 → 1']);
    // Another thing is not held back by it.
    expect(await see(mx(6, 'x', { most, subject: 'other', was: 'y' }))).toEqual(['changed']);
    expect(await see(mx(HOUR + 3, '5', { most }))).toEqual(['changed']);
    expect((await told())[0]).toBe('mx 2 → 5');
  });

  it('of a domain that is not followed any more is no change when it is seen again', async () => {
    await see(mx(1, '10 a'), mx(1, '10 a', { domain: 'example.org' }));
    await db.write('forgetObserved', 'example.com');
    expect(await see(mx(2, '10 b'), mx(2, '10 b', { domain: 'example.org' }))).toEqual(['first', 'changed']);
  });
});

describe('what is old', () => {
  it('goes in slices; what was seen since stays remembered', async () => {
    await db.write(
      'putJournal',
      [1, 2, 3, 4, 5].map((at) => entry(at)),
    );
    await see(mx(1, 'gone', { subject: 'gone' }), mx(9, 'here'));
    expect(await db.write('forgetJournal', { before: 4, limit: 2 })).toBe(2);
    expect(await db.write('forgetJournal', { before: 4, limit: 2 })).toBe(1);
    expect(await db.write('forgetJournal', { before: 4, limit: 2 })).toBe(0);
    expect((await page()).entries.map(({ at }) => at)).toEqual([5, 4]);
    expect((await db.read('observedBy', 'check')).map(({ value }) => value)).toEqual(['here']);
  });
});

it('when the clock was ahead, what was written meanwhile is taken back with it', async () => {
  await db.write('putJournal', [entry(100), entry(10_000)]);
  await db.write('clockJumped', { by: -9_000, now: 1_000 });
  expect((await page()).entries.map(({ at }) => at)).toEqual([1_000, 100]);
});
