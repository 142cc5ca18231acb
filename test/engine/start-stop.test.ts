// Starting and stopping: what is in the way is told, nothing is left running, nobody is kept waiting.
import { chmodSync, existsSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../src-main/engine/engine.ts';
import { DataDirLocked, DataDirUnusable, lockDataDir } from '../../src-main/engine/lock.ts';
import { RawClient } from '../lab/client.ts';
import { scratch } from '../lab/scratch.ts';
import { EngineUnderTest } from './support.ts';

const folders: Disposable[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder[Symbol.dispose]();
});
function folder(): string {
  const made = scratch('start');
  folders.push(made);
  return made.path;
}

describe('a start', () => {
  it('that finds its port taken says so, and leaves the folder free for another try', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
    const { port } = other.address() as AddressInfo;
    const dataDir = folder();
    const options = { dataDir, host: 'service', smtp: { host: '127.0.0.1', port } } as const;
    await expect(openEngine(options)).rejects.toThrow(
      /taken by another program; stop that program or choose another port/,
    );
    await new Promise((resolve) => other.close(resolve));
    await (await openEngine(options)).close();
  });

  it('on a folder in use says by whom', async () => {
    await using mailward = await EngineUnderTest.start();
    mailward.engine.announce({ pid: 4711, host: 'desktop', url: null, token: null });
    const second = openEngine({ dataDir: mailward.dataDir, host: 'service' });
    await expect(second).rejects.toBeInstanceOf(DataDirLocked);
    await expect(second).rejects.toThrow(/desktop app \(process 4711\); stop that one first/);
  });

  it('makes the folder, and the folders above it', () => {
    const path = `${folder()}/a/b/c`;
    lockDataDir(path).release();
    expect(existsSync(`${path}/engine.lock`)).toBe(true);
  });

  it.each(['/proc/nothing/here', '/dev/null/x'])('on %s, where nothing can be made, says so', (path) => {
    expect(() => lockDataDir(path)).toThrow(DataDirUnusable);
  });

  it('on a folder that somebody left open closes it to others', () => {
    const path = folder();
    chmodSync(path, 0o777);
    lockDataDir(path).release();
    expect(statSync(path).mode & 0o077).toBe(0);
  });
});

describe('a stop', () => {
  it('tells idle clients to come back later, at once', async () => {
    const mailward = await EngineUnderTest.start();
    await using client = await RawClient.open(mailward.engine.smtp?.port ?? 0);
    expect((await client.reply()).code).toBe(220);
    const stopped = mailward.engine.close();
    expect(await client.reply()).toMatchObject({ code: 421 });
    await stopped;
    await mailward[Symbol.asyncDispose]();
  });

  it('may be asked for twice', async () => {
    const mailward = await EngineUnderTest.start();
    await Promise.all([mailward.engine.close(), mailward.engine.close()]);
    await mailward[Symbol.asyncDispose]();
  });
});
