// A message log of any size, made quickly: what a small office's relay sees, written into the database by bulk.
import { DatabaseSync } from 'node:sqlite';
import { causeSchema } from '../../shared/cause.ts';
import { migrate } from '../../src-main/storage/migrations.ts';
import { firstIdAt } from '../../src-main/storage/ids.ts';
import { writes } from '../../src-main/storage/operations/index.ts';

const people = [
  'anna',
  'bert',
  'carla',
  'dieter',
  'elif',
  'frank',
  'gudrun',
  'hans',
  'ines',
  'jonas',
  'kofi',
  'lena',
];
const subjects = [
  'Invoice',
  'Offer',
  'Meeting on',
  'Re: delivery of',
  'Newsletter',
  'Your order',
  'Report for',
  'Fwd: plan',
];
const things = [
  'bicycles',
  'paper',
  'March',
  'the roof',
  'spare parts',
  'Q3',
  'the harbour',
  'coffee',
  'software',
];
const domains = ['example.com', 'example.com', 'example.com', 'example.org', 'example.org', 'small.example'];
const causes = causeSchema.options;

export interface Fill {
  messages: number;
  /** When the last one came, UTC ms; one comes every 20 s before it. */
  until: number;
}

/** Makes the database and fills it, index and all. Of 1,000 messages 10 were refused, 3 wait, 1 expired; the rest arrived. */
export function fillLog(path: string, fill: Fill): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  migrate(db);
  const message = db.prepare(
    `INSERT INTO message (id, received_at, sender, subject, size, client_address, helo, tls, body_8bit, smtputf8, reply, incoming, state)
     VALUES (?, ?, ?, ?, 4096, '192.0.2.1', 'mx.example.net', NULL, 0, 0, '{"code":250,"enhanced":"2.6.0","text":"Message stored"}', '[]', ?)`,
  );
  const recipient = db.prepare(
    `INSERT INTO recipient (message_id, position, address, domain, state, size, held_by, queued_since, next_at, attempts, cause, reply)
     VALUES (?, 0, ?, ?, ?, 4096, NULL, ?, ?, 1, ?, ?)`,
  );
  const operations = writes(db);
  for (let done = 0; done < fill.messages; ) {
    db.exec('BEGIN');
    for (const end = Math.min(fill.messages, done + 20_000); done < end; done += 1) {
      const at = fill.until - (fill.messages - done) * 20_000;
      const id = firstIdAt(at);
      const fate = done % 1000;
      const state = fate < 10 ? 'refused' : fate < 13 ? 'queued' : fate < 14 ? 'expired' : 'delivered';
      const domain = pick(domains, done * 7);
      const cause = state === 'delivered' ? null : pick(causes, Math.floor(done / 100));
      const word = done === 123_456 % fill.messages ? 'Zaunkönig' : String(done);
      message.run(
        id,
        at,
        `${pick(people, done)}.${(done * 31) % 5000}@sender${(done * 13) % 3000}.example`,
        `${pick(subjects, done * 3)} ${pick(things, done * 5)} ${word}`,
        state,
      );
      recipient.run(
        id,
        `${pick(people, done * 11)}@${domain}`,
        domain,
        state,
        at,
        state === 'queued' ? fill.until + 3_600_000 : null,
        cause,
        JSON.stringify(
          cause === null
            ? {
                code: 250,
                enhanced: '2.0.0',
                text: `Ok: queued as ${((done * 2654435761) >>> 0).toString(16).toUpperCase()}`,
              }
            : { code: 550, enhanced: '5.1.1', text: 'User unknown in local recipient table' },
        ),
      );
    }
    db.exec('COMMIT');
    db.exec('BEGIN');
    while (operations.indexLog({ before: fill.until + 1, now: fill.until + 1, limit: 5000 }) > 0);
    db.exec('COMMIT');
  }
  db.close();
}

function pick<T>(list: readonly T[], number: number): T {
  const one = list[number % list.length];
  if (one === undefined) throw new Error('an empty list');
  return one;
}
