// The data folders of released versions, opened by this one: nothing in them is lost, and what waits goes where it was to go.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { MessageDetail } from '../../shared/message.ts';
import { letters, office as officePlace, spare as sparePlace } from '../fixtures/data-folders/scene.ts';
import { RawClient } from '../lab/client.ts';
import { Sink } from '../lab/sink.ts';
import { LabTime } from '../lab/time.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

interface About {
  version: string;
  format: number;
  madeAt: number;
  messages: number;
}

const fixtures = join(import.meta.dirname, '../fixtures/data-folders');
const folders = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const aboutOf = (folder: string) =>
  JSON.parse(readFileSync(join(fixtures, folder, 'about.json'), 'utf8')) as About;
const formatOf = (file: string): number => {
  using db = new DatabaseSync(file, { readOnly: true });
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
};

/** This version on a copy of the folder, a minute after the old one was stopped. */
async function upgraded(folder: string): Promise<EngineUnderTest> {
  const { madeAt } = aboutOf(folder);
  const time = new LabTime();
  time.set(madeAt + 60_000 - Date.now());
  time.reboot();
  const mailward = new EngineUnderTest();
  mailward.world = { ...mailward.world, time, allowInner: true };
  const packed = readFileSync(join(fixtures, folder, 'mailward.db.gz'));
  writeFileSync(join(mailward.dataDir, 'mailward.db'), gunzipSync(packed));
  writeFileSync(
    join(mailward.dataDir, 'settings.json'),
    readFileSync(join(fixtures, folder, 'settings.json')),
  );
  await mailward.open();
  return mailward;
}

/** A server at an address of the folders' own; another run of the tests may have it just now. */
async function serverAt(place: { host: string; port: number }): Promise<Sink> {
  const sink = new Sink(place);
  await until(`the address ${place.host} to be free`, () =>
    sink.start().then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
        throw error;
      },
    ),
  );
  return sink;
}

/** The newest message with a subject. */
async function find(mailward: EngineUnderTest, subject: string): Promise<MessageDetail> {
  const { rows } = await mailward.client.messages.list({ limit: 500 });
  const row = rows.find((one) => one.subject === subject);
  if (row === undefined) throw new Error(`no message “${subject}”`);
  return mailward.client.messages.get({ id: row.id });
}

const wordsOf = (message: MessageDetail) =>
  message.attemptList.map(({ transcript }) => transcript.map(({ text }) => text).join('\n'));

it('the version in package.json has left a data folder for those that come after it', () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as Pick<About, 'version'>;
  expect(folders, 'run `node test/fixtures/data-folders/make.ts` (CONTRIBUTING.md, A release)').toContain(
    version,
  );
});

describe.each(folders)('the data folder of %s', (folder) => {
  it('is brought to the present format, and needs no attention', async () => {
    await using mailward = await upgraded(folder);
    await using fresh = await EngineUnderTest.start();
    expect(mailward.troubles).toEqual([]);
    const file = join(mailward.dataDir, 'mailward.db');
    expect(formatOf(file)).toBe(formatOf(join(fresh.dataDir, 'mailward.db')));
    expect(formatOf(file)).toBeGreaterThanOrEqual(aboutOf(folder).format);
    expect(mailward.engine.settings.get().smtp.hostname).toBe('relay.example.com');
    // A second start finds nothing left to do.
    await mailward.engine.close();
    await mailward.open();
    expect(mailward.troubles).toEqual([]);
  });

  it('keeps the domains with their routes, modes, profiles and moves', async () => {
    await using mailward = await upgraded(folder);
    const domains = await mailward.client.domains.list();
    expect(domains).toMatchObject([
      {
        name: 'example.com',
        route: [{ ...officePlace, tls: 'none' }],
        mode: { name: 'deliver' },
        profile: { selectors: ['s2027'], expiresAt: Date.UTC(2028, 0, 31) },
      },
      {
        name: 'example.net',
        route: [{ host: 'mail.example.net', port: officePlace.port }],
        mode: { name: 'hold', reason: 'the server moves to the cellar', setBy: 'admin' },
      },
    ]);
    expect(await mailward.client.domains.moves({ name: 'example.net' })).toMatchObject([
      { host: 'mail.example.net', before: ['127.91.4.25'], after: ['127.91.4.25', '127.91.4.26'] },
    ]);
  });

  it('keeps every message with its state, its attempts and the words that were said', async () => {
    await using mailward = await upgraded(folder);
    const { rows, more } = await mailward.client.messages.list({ limit: 500 });
    expect([rows.length, more]).toEqual([aboutOf(folder).messages, false]);
    const seen = async (subject: string) => {
      const { state, attempts, hasContent, cause } = await find(mailward, subject);
      return [state, attempts, hasContent, cause];
    };
    expect(await seen(letters.delivered.subject)).toEqual(['delivered', 1, false, null]);
    expect(await seen(letters.eightBit.subject)).toEqual(['delivered', 1, false, null]);
    expect(await seen(letters.queued.subject)).toEqual(['queued', 2, true, 'mailbox-full']);
    expect(await seen(letters.heldByHand.subject)).toEqual(['held', 1, true, 'mailbox-full']);
    expect(await seen(letters.heldByMode.subject)).toEqual(['held', 0, true, null]);
    expect(await seen(letters.quarantined.subject)).toEqual(['quarantined', 0, true, null]);
    expect(await seen(letters.refused.subject)).toEqual(['refused', 1, true, 'user-unknown']);
    // How often it was tried before it was too old is chance.
    expect(await find(mailward, letters.expired.subject)).toMatchObject({
      state: 'expired',
      hasContent: true,
      cause: 'mailbox-full',
    });
    expect(await seen(letters.learned.subject)).toEqual(['deleted', 1, false, 'user-unknown']);

    const queued = await find(mailward, letters.queued.subject);
    expect(wordsOf(queued)).toHaveLength(2);
    for (const words of wordsOf(queued))
      expect(words).toMatch(/RCPT TO:<full@example\.com>[^]*452 4\.2\.2 <full@example\.com>: Mailbox full/);
    expect(queued.incoming.map(({ text }) => text).join('\n')).toMatch(/MAIL FROM:<ann@sender\.example>/);
    expect(queued.nextAttemptAt).toBeGreaterThan(aboutOf(folder).madeAt);
    const mixed = await find(mailward, letters.mixed.subject);
    expect(mixed.allRecipients.map(({ state }) => state)).toEqual(['delivered', 'queued']);
    const quarantined = await find(mailward, letters.quarantined.subject);
    expect(quarantined.faults).toEqual(['blocklists']);
    const rejected = rows.find(({ state }) => state === 'rejected');
    expect(rejected).toMatchObject({ sender: 'spammer@example.org', size: 0 });
    const found = await mailward.client.messages.list({ limit: 10, text: 'slips full@example.com' });
    expect(found.rows.map(({ subject }) => subject)).toEqual([letters.rerouted.subject]);
  });

  it('keeps what was told to senders, and tells nobody twice', async () => {
    await using mailward = await upgraded(folder);
    const { bounce } = await find(mailward, letters.refused.subject);
    expect(bounce).toMatchObject({ state: 'sent', reason: 'spf' });
    const report = await mailward.client.messages.get({ id: bounce!.bounceId! });
    expect(report).toMatchObject({ sender: '', state: 'delivered', recipients: ['ann@sender.example'] });
    expect((await find(mailward, letters.learned.subject)).bounce).toMatchObject({ state: 'suppressed' });
    const [overview] = await mailward.client.recipients.overview();
    expect(overview?.bounces.sent).toBe(2);
  });

  it('keeps what was learned of recipients, and refuses by it', async () => {
    await using mailward = await upgraded(folder);
    const { rows } = await mailward.client.recipients.list({ domain: 'example.com' });
    const states = Object.fromEntries(
      rows.map(({ address, state, failures }) => [address, [state, failures]]),
    );
    expect(states).toMatchObject({
      'gone-but-allowed@example.com': ['allowed', 0],
      'gone-for-long@example.com': ['listed', 10],
      'gone-lately@example.com': ['failing', 2],
    });
    await using client = await RawClient.greet(mailward.engine.smtp!.port);
    await client.command('MAIL FROM:<ann@sender.example>', 250);
    await client.command('RCPT TO:<gone-for-long@example.com>', 550);
    await client.command('RCPT TO:<gone-but-allowed@example.com>', 250);
  });

  it('keeps what checks found, and since when', async () => {
    await using mailward = await upgraded(folder);
    const { findings } = await mailward.client.checks.latest({ domain: 'example.com' });
    const codes = Object.fromEntries(findings.map(({ check, code, runs }) => [check, [code, runs]]));
    expect(codes).toEqual({
      'spool-space': ['enough', 2],
      'server-reachable': ['answers', 2],
      'server-greeting': ['greets', 2],
      'relay-denied': ['relay-denied', 1],
    });
    const denied = findings.find(({ check }) => check === 'relay-denied');
    expect(denied).toMatchObject({ state: 'problem', subject: '127.91.4.25 port 2525' });
    expect(denied?.evidence.map(({ answer }) => answer).join('\n')).toMatch(
      /554 5\.7\.1 .*Relay access denied/,
    );
    const { madeAt } = aboutOf(folder);
    const range = { from: madeAt - 3_600_000, to: madeAt };
    const past = await mailward.client.checks.history({
      domain: 'example.com',
      check: 'relay-denied',
      ...range,
    });
    expect(JSON.stringify(past)).toMatch(/"ok"[^]*"problem"/);
  });

  it('has its mail delivered: on its route when released, and what was rerouted goes there', async () => {
    await using office = await serverAt(officePlace);
    await using spare = await serverAt(sparePlace);
    await using mailward = await upgraded(folder);
    const payslips = await find(mailward, letters.rerouted.subject);
    expect([payslips.via, payslips.attemptList.length]).toEqual([`${sparePlace.host}:${sparePlace.port}`, 2]);
    await mailward.reaches(payslips.id, 'delivered');
    expect(spare.arrivals.map(({ content }) => content.toString())).toEqual([
      expect.stringContaining(letters.rerouted.content),
    ]);

    const waiting = [letters.queued, letters.mixed, letters.heldByHand, letters.quarantined, letters.expired];
    const ids = await Promise.all(waiting.map(async ({ subject }) => (await find(mailward, subject)).id));
    await mailward.client.queue.release({ ids });
    await mailward.client.queue.retry({ ids });
    for (const id of ids) await mailward.reaches(id, 'delivered');
    const contents = office.arrivals.map(({ content }) => content.toString());
    for (const { content } of waiting)
      expect(contents.filter((text) => text.endsWith(content))).toHaveLength(1);
    // What was delivered before is not delivered again.
    expect(office.arrivals.flatMap(({ recipients }) => recipients).sort()).toEqual([
      'bob@example.com',
      ...Array.from({ length: 4 }, () => 'full@example.com'),
    ]);
    expect(spare.taken).toBe(1);
  });
});
