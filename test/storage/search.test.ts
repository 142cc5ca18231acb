// The message log's search finds the same whether a message is in the index, has changed since, or has only just come.
import { expect, it } from 'vitest';
import { openDatabase } from '../../src-main/storage/database.ts';
import { firstIdAt } from '../../src-main/storage/ids.ts';
import type { ListQuery } from '../../src-main/storage/operations/log.ts';
import type { NewMessage } from '../../src-main/storage/operations/spool.ts';
import { scratch } from '../lab/scratch.ts';

const start = Date.UTC(2026, 2, 1);
const everything: ListQuery = {
  states: null,
  domain: null,
  cause: null,
  text: null,
  from: null,
  to: null,
  before: null,
  limit: 100,
  everyRecipient: false,
};

function message(minute: number, about: { to?: string[]; subject?: string } = {}): NewMessage {
  const { to = ['office@example.com'], subject = `letter ${minute}` } = about;
  return {
    id: firstIdAt(start + minute * 60_000),
    receivedAt: start + minute * 60_000,
    sender: `anna${minute}@sender.example`,
    subject,
    size: 3,
    clientAddress: '192.0.2.1',
    helo: 'h',
    tls: null,
    body8bit: false,
    smtpUtf8: false,
    reply: { code: 250, enhanced: '2.6.0', text: 'stored' },
    incoming: '[]',
    recipients: to.map((address) => ({
      address,
      domain: address.split('@')[1] ?? '',
      state: 'queued',
      heldBy: null,
      cause: null,
      reply: null,
    })),
    lastPiece: { piece: 0, data: Buffer.from('abc') },
  };
}

async function log() {
  const folder = scratch('search');
  const db = await openDatabase(`${folder.path}/mailward.db`);
  const subjects = async (query: Partial<ListQuery>) =>
    (await db.read('list', { ...everything, ...query })).rows.map((row) => row.subject);
  return {
    db,
    subjects,
    add: async (...messages: NewMessage[]) => {
      for (const one of messages) await db.write('accept', one);
    },
    settle: (minute: number, state: 'delivered' | 'refused', words: string, position = 0) =>
      db.write('settle', {
        messageId: firstIdAt(start + minute * 60_000),
        results: [
          {
            position,
            state,
            nextAt: null,
            cause: state === 'refused' ? 'user-unknown' : null,
            reply: { code: state === 'refused' ? 550 : 250, enhanced: '5.1.1', text: words },
            counted: true,
          },
        ],
        attempt: null,
      }),
    index: async () => {
      while (
        (await db.write('indexLog', { before: start + 86_400_000, now: start + 86_400_000, limit: 2 })) > 0
      );
    },
    [Symbol.asyncDispose]: async () => {
      await db.close();
      folder[Symbol.dispose]();
    },
  };
}

const searches: [string, Partial<ListQuery>, string[]][] = [
  ['a word', { text: 'roof' }, ['Plan for the roof']],
  ['the beginning of a word, in any case', { text: 'INVO' }, ['Invoices due', 'Invoice 7']],
  ['two letters are a whole word', { text: 'In' }, []],
  ['words in any order and field', { text: 'due anna3@' }, ['Invoices due']],
  ['a whole address', { text: 'anna2@sender.example' }, ['Invoice 7']],
  ['part of an address', { text: 'office@exam' }, ['Über die Brücke', 'Plan for the roof', 'Invoice 7']],
  ['without the accents', { text: 'uber bruck' }, ['Über die Brücke']],
  ['part of a text without spaces', { text: '求書' }, ['請求書在中']],
  ['what the server said', { text: 'mailbox here' }, ['Invoice 7']],
  ['a cause in words', { text: 'unknown-recipient' }, ['Invoice 7']],
  ['nothing', { text: 'nowhere' }, []],
  ['what would be syntax', { text: '" OR roof* NEAR( -' }, []],
  [
    'no word at all',
    { text: '@ "' },
    ['請求書在中', 'Über die Brücke', 'Plan for the roof', 'Invoices due', 'Invoice 7'],
  ],
  ['a domain', { domain: 'example.org' }, ['請求書在中', 'Invoices due']],
  ['a state', { states: ['refused'] }, ['Invoice 7']],
  ['several states', { states: ['refused', 'delivered'] }, ['Plan for the roof', 'Invoice 7']],
  ['a cause', { cause: 'user-unknown' }, ['Invoice 7']],
  ['a time', { from: start + 3 * 60_000, to: start + 5 * 60_000 }, ['Plan for the roof', 'Invoices due']],
  [
    'all of it',
    { domain: 'example.com', states: ['delivered'], text: 'roof', from: start },
    ['Plan for the roof'],
  ],
  ['all of it but the time', { domain: 'example.com', states: ['delivered'], text: 'roof', to: start }, []],
];

async function filled() {
  const it = await log();
  await it.add(
    message(2, { subject: 'Invoice 7' }),
    message(3, { subject: 'Invoices due', to: ['hans@example.org'] }),
    message(4, { subject: 'Plan for the roof' }),
    message(5, { subject: 'Über die Brücke' }),
    message(6, { subject: '請求書在中', to: ['hans@example.org'] }),
  );
  return it;
}

const moments = {
  'before anything is in the index': async () => {
    const it = await filled();
    await it.settle(2, 'refused', 'no such mailbox here');
    await it.settle(4, 'delivered', 'ok');
    return it;
  },
  'when all is in the index': async () => {
    const it = await filled();
    await it.settle(2, 'refused', 'no such mailbox here');
    await it.settle(4, 'delivered', 'ok');
    await it.index();
    return it;
  },
  'when some of it has changed since': async () => {
    const it = await filled();
    await it.index();
    await it.settle(2, 'refused', 'no such mailbox here');
    await it.settle(4, 'delivered', 'ok');
    return it;
  },
  'when the changes are in the index too': async () => {
    const it = await filled();
    await it.index();
    await it.settle(2, 'refused', 'no such mailbox here');
    await it.settle(4, 'delivered', 'ok');
    await it.index();
    return it;
  },
};

for (const [moment, make] of Object.entries(moments)) {
  it(`finds the same ${moment}`, async () => {
    await using made = await make();
    for (const [what, query, expected] of searches)
      expect(await made.subjects(query), what).toEqual(expected);
  });
}

it('a message that took so long to arrive that later ones are in the index is found', async () => {
  await using it = await log();
  await it.add(message(2), message(4));
  await it.index();
  await it.add(message(3, { subject: 'Late' }));
  expect(await it.subjects({ text: 'late' })).toEqual(['Late']);
  await it.index();
  expect(await it.subjects({ text: 'late' })).toEqual(['Late']);
  expect(await it.subjects({ domain: 'example.com' })).toEqual(['letter 4', 'Late', 'letter 2']);
});

it('pages follow one another without a gap, over index, changes and news', async () => {
  await using it = await log();
  const minutes = Array.from({ length: 40 }, (_, at) => at);
  await it.add(...minutes.slice(0, 30).map((minute) => message(minute)));
  await it.index();
  for (const minute of [3, 7, 8, 20]) await it.settle(minute, 'delivered', 'ok');
  await it.add(...minutes.slice(30).map((minute) => message(minute)));
  const seen: string[] = [];
  for (let before: number | null = null; ; ) {
    const page = await it.db.read('list', { ...everything, text: 'letter', before, limit: 7 });
    seen.push(...page.rows.map((row) => row.subject));
    const last = page.rows.at(-1);
    if (!page.more || !last) break;
    before = firstIdAt(last.receivedAt);
  }
  expect(seen).toEqual(minutes.toReversed().map((minute) => `letter ${minute}`));
});

it('what is forgotten is not found', async () => {
  await using it = await log();
  await it.add(message(2), message(3));
  await it.settle(2, 'delivered', 'ok');
  await it.index();
  expect((await it.db.write('forget', { before: start + 86_400_000, after: 0, limit: 10 })).gone).toBe(1);
  expect(await it.subjects({ text: 'letter' })).toEqual(['letter 3']);
});
