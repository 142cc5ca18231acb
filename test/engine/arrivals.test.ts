// When a domain's mail came: each message once, in its stretch of time, however the log is read.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecipientState } from '../../shared/message.ts';
import { countArrivals } from '../../src-main/engine/arrivals.ts';
import { firstIdAt } from '../../src-main/storage/ids.ts';
import { memoryDatabase, type MemoryDatabase } from '../storage/memory-database.ts';
import { Sink } from '../lab/sink.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2026, 4, 1);

let db: MemoryDatabase;
beforeEach(() => {
  db = memoryDatabase();
});
afterEach(() => db.close());

/** Writes a message that came at a time, for these: `example.com queued`. */
function put(at: number, ...recipients: `${string} ${RecipientState}`[]): void {
  let id = firstIdAt(at);
  const free = db.sql.prepare('SELECT 1 FROM message WHERE id = ?');
  while (free.get(id) !== undefined) id += 1;
  db.sql
    .prepare(
      `INSERT INTO message (id, received_at, sender, subject, size, client_address, helo, tls, body_8bit, smtputf8, reply, incoming, state)
       VALUES (?, ?, '', '', 1, '', '', NULL, 0, 0, '{}', '[]', 'delivered')`,
    )
    .run(id, at);
  const recipient = db.sql.prepare(
    `INSERT INTO recipient (message_id, position, address, domain, state, size, queued_since, attempts) VALUES (?, ?, '', ?, ?, 1, ?, 0)`,
  );
  for (const [position, words] of recipients.entries()) {
    const [domain = '', state = ''] = words.split(' ');
    recipient.run(id, position, domain, state, at);
  }
}

/** `accepted delivered refused rejected` of each stretch. */
async function counted(
  asked: Partial<Parameters<typeof countArrivals>[1]> = {},
  page?: { limit: number; most: number },
) {
  const answer = await countArrivals(
    db,
    { domain: 'example.com', from: start, to: start + 4 * HOUR, parts: 4, keptSince: 0, ...asked },
    undefined,
    page,
  );
  const figures = answer.buckets.map(({ accepted, delivered, refused, rejected }) =>
    [accepted, delivered, refused, rejected].join(' '),
  );
  return { ...answer, figures };
}

function fill(): void {
  put(start - 1, 'example.com delivered');
  put(start, 'example.com delivered', 'example.com delivered', 'example.com delivered');
  put(start + 1, 'example.com rejected', 'example.org delivered');
  put(start + HOUR - 1, 'example.com delivered', 'example.com refused', 'example.org queued');
  put(start + HOUR, 'example.com queued', 'example.com delivered');
  put(start + HOUR, 'example.com expired');
  put(start + HOUR, 'example.org delivered');
  put(start + 2 * HOUR, 'example.com rejected', 'example.com rejected');
  put(start + 2 * HOUR, 'example.com rejected', 'example.com delivered');
  put(start + 4 * HOUR - 1, 'example.com deleted');
  put(start + 4 * HOUR, 'example.com delivered');
}

describe('mail is counted', () => {
  it('once a message, when it came, by what has become of it for the domain’s people', async () => {
    fill();
    const { figures, buckets, countedFrom, each } = await counted();
    expect(figures).toEqual(['2 1 1 1', '2 0 1 0', '1 1 0 1', '1 0 0 0']);
    expect(buckets.map(({ at }) => (at - start) / HOUR)).toEqual([0, 1, 2, 3]);
    expect({ countedFrom, each }).toEqual({ countedFrom: start, each: HOUR });
  });

  it.each([1, 2, 3, 4, 5, 100])('the same, %d recipients at a time', async (limit) => {
    fill();
    const { figures } = await counted({}, { limit, most: 100 });
    expect(figures).toEqual(['2 1 1 1', '2 0 1 0', '1 1 0 1', '1 0 0 0']);
  });

  it('from the newest back, and no more pages than somebody waits for: it says from when on', async () => {
    fill();
    const { figures, countedFrom } = await counted({}, { limit: 5, most: 1 });
    expect(figures.slice(2)).toEqual(['1 1 0 1', '1 0 0 0']);
    expect(countedFrom).toBe(start + HOUR + 1);
  });

  it('and what the log does not keep is not said to be none', async () => {
    expect((await counted({ keptSince: start + HOUR })).countedFrom).toBe(start + HOUR);
    expect((await counted({ keptSince: start + 9 * HOUR })).countedFrom).toBe(start + 4 * HOUR);
  });

  it('in no more stretches than were asked for, which cover all of the time', async () => {
    const { buckets, each } = await counted({ to: start + 1000, parts: 7 });
    expect(buckets).toHaveLength(7);
    expect(7 * each).toBeGreaterThanOrEqual(1000);
    expect((await counted({ to: start + 3, parts: 120 })).buckets).toHaveLength(3);
  });

  it('and it stops when nobody waits for it any more', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    const asked = { domain: 'example.com', from: start, to: start + HOUR, parts: 4, keptSince: 0 };
    await expect(countArrivals(db, asked, gone)).rejects.toThrow('gone');
  });
});

it('mail that comes in is in the last stretch at once', async () => {
  await using sink = await new Sink().start();
  await using under = await EngineUnderTest.start();
  await under.protect('example.com', sink.port);
  await under.reaches(await under.send('office@example.com'), 'delivered');
  const to = Date.now() + 1000;
  const rates = await under.client.journal.rates({
    domain: 'example.com',
    from: to - 24 * HOUR,
    to,
    parts: 24,
  });
  expect(rates.buckets.at(-1)).toMatchObject({ accepted: 1, delivered: 1, refused: 0, rejected: 0 });
  await expect(
    under.client.journal.rates({ domain: 'example.com', from: to, to, parts: 1 }),
  ).rejects.toThrow();
});
