// When mail cannot be stored: nothing is answered 250 that a start would not find, and everybody is told.
import { noLog } from '../../src-main/events/fault.ts';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Overview } from '../../shared/overview.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { startService } from '../../src-main/service/service.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

let mailward: EngineUnderTest;
const threads: Worker[] = [];
const remember = (thread: Worker) => threads.push(thread);

beforeEach(async () => {
  process.on('worker', remember);
  mailward = await EngineUnderTest.start();
  // Nothing leaves: what was stored is seen in the queue.
  await mailward.protect('example.com', 9);
  await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
});
afterEach(async () => {
  process.off('worker', remember);
  threads.length = 0;
  await mailward[Symbol.asyncDispose]();
});

const path = (name: string) => `${mailward.dataDir}/${name}`;
const send = () => mailward.send('office@example.com');
const refusal = () =>
  send().then(
    (id) => `250 ${id}`,
    (error: unknown) => (error as Error).message,
  );
const becomes = (kind: string | null): Promise<Overview> =>
  until(
    () => `storage to be ${kind ?? 'well'}; it is ${JSON.stringify(mailward.engine.overview().storage)}`,
    () => {
      const overview = mailward.engine.overview();
      return (overview.storage.trouble?.kind ?? null) === kind ? overview : null;
    },
  );
/** What the next start finds. */
async function afterRestart(): Promise<string[]> {
  await mailward.engine.close();
  await mailward.open();
  const { rows } = await mailward.client.messages.list({ limit: 100 });
  return rows.map(({ id }) => id).sort();
}

describe('files that are gone', () => {
  it.each(['mailward.db', 'mailward.db-wal', 'mailward.db-shm'])(
    '%s removed: the very next message is put off, and what was answered 250 is there after the next start',
    async (name) => {
      const before = [await send(), await send()];
      rmSync(path(name));
      // No look at the files has come in between: the commit itself looks.
      expect(await refusal()).toMatch(/451 4\.3\.0/);
      const overview = await becomes('files');
      expect(overview.state).toBe('problem');
      expect(overview.sentence).toContain(path(name));
      expect(overview.sentence).toMatch(/^Mailward cannot store mail: .* Senders keep their mail/);
      expect(overview.domains[0]?.sentence).not.toMatch(/nothing is lost/);
      expect(overview.domains[0]?.inbound.state).toBe('problem');
      expect(await refusal()).toMatch(/451 4\.3\.0/);
      expect(await afterRestart()).toEqual(before.sort());
    },
  );

  it('noticed without any mail, told once in the log, with what to do', async () => {
    const told = mailward.troubles.length;
    rmSync(path('mailward.db'));
    await becomes('files');
    await refusal();
    await refusal();
    expect(mailward.troubles.slice(told)).toEqual([
      expect.stringMatching(
        /mail cannot be stored: the database .*mailward\.db was removed or renamed\. Put it/,
      ),
    ]);
  });

  it('the folder renamed: put off; put back: taken again by itself, and nothing is lost', async () => {
    const away = `${mailward.dataDir}.away`;
    const before = await send();
    renameSync(mailward.dataDir, away);
    expect(await refusal()).toMatch(/451 4\.3\.0/);
    await becomes('files');
    expect(existsSync(mailward.dataDir)).toBe(false);
    renameSync(away, mailward.dataDir);
    await becomes(null);
    const after = await send();
    expect(await afterRestart()).toEqual([before, after].sort());
  });

  it('the folder removed: says how much in it does not go out by itself, and lets that be exported', async () => {
    const id = await send();
    await until('it to be counted', () => mailward.engine.overview().domains[0]?.held.count === 1);
    rmSync(mailward.dataDir, { recursive: true });
    const { storage } = await becomes('files');
    expect(storage.trouble?.remedy).toMatch(
      /If it cannot be put back, .*mail that waits goes out by itself, but 1 held does not, and cannot be released .*: export that in the user interface/,
    );
    expect((await mailward.client.messages.export({ id })).size).toBeGreaterThan(0);
    const { domains } = mailward.client;
    await expect(domains.setMode({ name: 'example.com', mode: 'deliver' })).rejects.toThrow(
      /could not be done: the data folder .* was removed/,
    );
    mkdirSync(mailward.dataDir);
  });

  it('another folder in its place: put off, and that folder is left as it is', async () => {
    const away = `${mailward.dataDir}.away`;
    renameSync(mailward.dataDir, away);
    mkdirSync(mailward.dataDir);
    writeFileSync(path('engine.json'), 'theirs');
    expect(await refusal()).toMatch(/451 4\.3\.0/);
    const { sentence } = await becomes('files');
    expect(sentence).toContain('was replaced by another');
    await mailward.engine.close();
    expect(readdirSync(mailward.dataDir)).toEqual(['engine.json']);
    rmSync(mailward.dataDir, { recursive: true });
    renameSync(away, mailward.dataDir);
    await mailward.open();
  });

  it('another database in its place: put off; what was in the first is kept in a file of its own', async () => {
    await send();
    rmSync(path('mailward.db'));
    const other = new DatabaseSync(path('mailward.db'));
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    expect(await refusal()).toMatch(/451 4\.3\.0/);
    await becomes('files');
    await mailward.engine.close();
    const kept = readdirSync(mailward.dataDir).find((name) => name.startsWith('mailward.db.rescued-'));
    const copy = new DatabaseSync(path(kept ?? ''), { readOnly: true });
    expect(copy.prepare('SELECT count(*) AS count FROM message').get()).toMatchObject({ count: 1 });
    copy.close();
    for (const name of ['mailward.db', 'mailward.db-wal', 'mailward.db-shm'])
      rmSync(path(name), { force: true });
    renameSync(path(kept ?? ''), path('mailward.db'));
    await mailward.open();
  });

  it('a log that is cut short where it lies is noticed, and nothing is taken after it', async () => {
    await send();
    truncateSync(path('mailward.db-wal'));
    expect(await refusal()).toMatch(/451 4\.3\.0/);
    expect((await becomes('files')).sentence).toContain('was cut short');
    expect(await refusal()).toMatch(/451 4\.3\.0/);
  });

  it('a database that another program wrote into is looked through before mail is taken again', async () => {
    const before = await send();
    const other = new DatabaseSync(path('mailward.db'));
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    await until('it is not noticed', () => mailward.troubles.join().includes('written to by another'));
    await becomes(null);
    const after = await send();
    expect(await afterRestart()).toEqual([before, after].sort());
  });

  it('the lock file removed: it is made again, so that no second Mailward starts on the folder', async () => {
    rmSync(path('engine.lock'));
    await until('the lock file is not made again', () => existsSync(path('engine.lock')));
    const { lockDataDir } = await import('../../src-main/engine/lock.ts');
    expect(() => lockDataDir(mailward.dataDir)).toThrow(/in use/);
    expect(mailward.engine.overview().storage.trouble).toBeNull();
  });
});

describe('a storage thread that dies', () => {
  it.each(['writer', 'reader'])(
    'the %s is started again, and mail is taken and shown as before',
    async (role) => {
      const before = await send();
      const known = threads.length;
      // The writer is the first to be started.
      await threads[role === 'writer' ? 0 : 1]?.terminate();
      await until('it is not started again', () => threads.length > known);
      await becomes(null);
      const after = await send();
      expect(await afterRestart()).toEqual([before, after].sort());
      expect(mailward.troubles.join('\n')).toMatch(/storage thread does not run/);
    },
  );

  it('with a message in its hands: 451, and the message is not half there', async () => {
    const stored: string[] = [];
    const [writer] = threads;
    // Some get their answer before the thread dies and some do not; each is either 250 and there, or neither.
    const sending = Array.from({ length: 30 }, async () => {
      const words = await refusal();
      if (words.startsWith('250 ')) stored.push(words.slice(4));
      else expect(words).toMatch(/451 4\.3\.0|421/);
    });
    await until('nothing is stored', () => stored.length > 0);
    await writer?.terminate();
    await Promise.all(sending);
    await becomes(null);
    expect(await afterRestart()).toEqual(stored.sort());
  });
});

describe('who is told', () => {
  it('/health is 503 while mail cannot be stored, and 200 again after', async () => {
    const service = await startService({
      engine: mailward.engine,
      keys: await Keys.open(mailward.dataDir),
      listen: { host: '127.0.0.1', port: 0 },
      log: noLog,
    });
    const ask = () => fetch(`${service.url}/health`);
    try {
      expect((await ask()).status).toBe(200);
      renameSync(path('mailward.db'), path('mailward.db.aside'));
      await becomes('files');
      const answer = await ask();
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ ready: false, storage: 'files' });
      renameSync(path('mailward.db.aside'), path('mailward.db'));
      await becomes(null);
      expect((await ask()).status).toBe(200);
    } finally {
      await service.close();
    }
  });
});
