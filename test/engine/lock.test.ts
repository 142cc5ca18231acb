// Who has the data folder, and who waits for it: what one who is gone left behind holds up nobody.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDataDir, readHolder, takeDataDir } from '../../src-main/engine/lock.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

describe('a command', () => {
  it('does not wait for a starting engine that was killed, although its process id is another program’s now', async () => {
    using folder = scratch('lock');
    lockDataDir(folder.path).release();
    const waiting = join(folder.path, 'engine.next');
    for (const left of [String(process.pid), `${process.pid} 7`, '1', `${process.pid} 7\n`]) {
      writeFileSync(waiting, left);
      (await takeDataDir(folder.path, { yields: true })).release();
      // Nor does the next one.
      expect(existsSync(waiting)).toBe(false);
    }
  });

  it('lets an engine go first that has waited for long', async () => {
    using folder = scratch('lock');
    const waiting = join(folder.path, 'engine.next');
    let held = lockDataDir(folder.path);
    held.announce({ pid: process.pid, host: 'command', url: null, token: null });
    const order: string[] = [];
    const engine = takeDataDir(folder.path).then((lock) => {
      order.push('engine');
      return lock;
    });
    await until('it does not say that it waits', () => existsSync(waiting) || null);
    const command = takeDataDir(folder.path, { yields: true }).then((lock) => {
      order.push('command');
      return lock;
    });
    // Longer than one that says nothing would be waited for.
    const began = performance.now();
    await until('time stands still', () => performance.now() - began > 5000 || null);
    held.release();
    held = await engine;
    expect(order).toEqual(['engine']);
    held.release();
    (await command).release();
    expect(existsSync(waiting)).toBe(false);
  });
});

it.each([
  '',
  'null',
  '[]',
  '{}',
  '"x"',
  '{"pid":1}',
  '{"pid":-1,"host":"service","url":"http://127.0.0.1:1","token":"x"}',
  '{"pid":1,"host":"toString","url":null,"token":null}',
  '{"pid":1,"host":"service","url":7,"token":"x"}',
  '{"pid":1,"host":"service","url":"file:///etc/passwd","token":"x"}',
  '{"pid":1,"host":"service","url":"http://127.0.0.1:1","token":{}}',
])('the announcement %j tells of nobody', (text) => {
  using folder = scratch('lock');
  writeFileSync(join(folder.path, 'engine.json'), text);
  expect(readHolder(folder.path)).toBeNull();
});
