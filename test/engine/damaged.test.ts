// Files that are damaged or in the way at a start: which one, what is safe, what helps; and one bad row stops nobody.
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../src-main/engine/engine.ts';
import { lockDataDir } from '../../src-main/engine/lock.ts';
import { scratch } from '../lab/scratch.ts';
import { mountSmallDisk } from '../lab/small-disk.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const things: Disposable[] = [];
afterEach(() => {
  for (const thing of things.splice(0)) thing[Symbol.dispose]();
});
function folder(): string {
  const made = scratch('damaged');
  things.push(made);
  return made.path;
}
const start = (dataDir: string) =>
  openEngine({ dataDir, host: 'service', smtp: { host: '127.0.0.1', port: 0 } });

/** Changes the database while Mailward is stopped, and starts it again. */
async function changed(mailward: EngineUnderTest, sql: string): Promise<void> {
  await mailward.engine.close();
  const db = new DatabaseSync(join(mailward.dataDir, 'mailward.db'));
  db.enableDefensive(false);
  db.exec(sql);
  db.close();
  mailward.troubles.length = 0;
  await mailward.open();
}

describe('a bad row', () => {
  it.each([
    ['route', 'not JSON'],
    ['route', '[]'],
    ['mode', '{"name":"dance"}'],
  ])(
    '%s = %s of one domain: its mail is taken and held, the others’ goes on, and the log says which',
    async (column, text) => {
      await using mailward = await EngineUnderTest.start();
      await mailward.protect('example.com', 9);
      await mailward.protect('example.net', 9);
      await changed(mailward, `UPDATE domain SET ${column} = '${text}' WHERE name = 'example.com'`);
      expect(mailward.troubles.join()).toMatch(new RegExp(`the ${column} of example.com cannot be read`));
      const id = await mailward.send('office@example.com');
      expect(await mailward.reaches(id, 'held')).toMatchObject({ state: 'held' });
      const domains = mailward.engine.overview().domains;
      expect(domains.find(({ name }) => name === 'example.com')?.sentence).toMatch(
        /is being held \(its (route|mode) in the database/,
      );
      expect(domains.find(({ name }) => name === 'example.net')?.mode.name).toBe('deliver');
      // What was there is there still, for whoever can read it.
      const db = new DatabaseSync(join(mailward.dataDir, 'mailward.db'), { readOnly: true });
      expect(
        db.prepare(`SELECT ${column} AS text FROM domain WHERE name = 'example.com'`).get(),
      ).toMatchObject({ text });
      db.close();
    },
  );

  it('of a message does not hide the others, nor of a server’s addresses or an attempt', async () => {
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', 9);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
    const ids = [await mailward.send('a@example.com'), await mailward.send('b@example.com')];
    await changed(
      mailward,
      `UPDATE message SET reply = '{', incoming = '[' WHERE id = (SELECT min(id) FROM message);
       UPDATE recipient SET reply = 'x';
       INSERT INTO server_address VALUES ('mail.example.com', '{', 1);
       INSERT INTO attempt (message_id, started_at, ended_at, host, port, results, transcript)
         SELECT id, ${Date.now()}, 1, 'h', 25, '{', '[' FROM message`,
    );
    const { rows } = await mailward.client.messages.list({ limit: 10 });
    expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort());
    for (const id of ids) expect((await mailward.client.messages.get({ id })).id).toBe(id);
  });

  it('a damaged search index is made anew by the start, and finds the messages again', async () => {
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', 9);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
    const id = await mailward.send('office@example.com', 'Subject: rhubarb\r\n\r\nx\r\n');
    await changed(mailward, 'DROP TABLE log_text_config');
    expect(mailward.troubles.join()).toMatch(/search index was damaged .*nothing else was touched/);
    const { rows } = await mailward.client.messages.list({ limit: 10, text: 'rhubarb' });
    expect(rows.map((row) => row.id)).toEqual([id]);
  });
});

describe('a database that is damaged while Mailward runs', () => {
  it('is told, nothing is lost without a word, and mail stays with its senders', async () => {
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', 9);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
    await mailward.send('office@example.com');
    await mailward.engine.close();
    await mailward.open();
    const file = openSync(join(mailward.dataDir, 'mailward.db'), 'r+');
    const size = statSync(join(mailward.dataDir, 'mailward.db')).size;
    for (let at = 8192; at < size; at += 4096) writeSync(file, Buffer.alloc(2048, 0x5a), 0, 2048, at);
    closeSync(file);
    await until(
      () => `it is not told: ${JSON.stringify(mailward.engine.overview().storage)}`,
      () => mailward.troubles.some((words) => words.includes('is damaged')),
    );
    const { sentence, state, domains } = mailward.engine.overview();
    expect(state).toBe('problem');
    expect(`${sentence} ${domains[0]?.sentence ?? ''}`).not.toMatch(/nothing is lost/);
    await expect(mailward.send('office@example.com')).rejects.toThrow(/451 4\.3\.0/);
  });
});

describe('a start', () => {
  it('on a full disk says so, where, and what to do; the folder is as it was', async (context) => {
    using disk = mountSmallDisk(8 * 1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    const dataDir = join(disk.path, 'data');
    await (await start(dataDir)).close();
    const before = readFileSync(join(dataDir, 'mailward.db'));
    disk.fill();
    await expect(start(dataDir)).rejects.toThrow(
      new RegExp(`${dataDir}.*the disk is full[:;] free some space.*The mail in it is as it was`, 'i'),
    );
    expect(readFileSync(join(dataDir, 'mailward.db')).equals(before)).toBe(true);
    await disk.free();
    await (await start(dataDir)).close();
  });

  it('with a lock file that is rubbish makes another: nothing was in it', () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, 'engine.lock'), 'rubbish'.repeat(1000));
    const lock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(/in use/);
    lock.release();
  });
});
