// Starting and stopping: what is in the way is told, nothing is left running, nobody is kept waiting.
import { chmodSync, chownSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEngine } from '../../src-main/engine/engine.ts';
import { errorMessage } from '../../src-main/events/fault.ts';
import { HealthChecks } from '../../src-main/engine/health.ts';
import {
  DataDirLocked,
  DataDirMissing,
  DataDirUnusable,
  lockDataDir,
  takeDataDir,
  type Holder,
} from '../../src-main/engine/lock.ts';
import { placeInstead } from '../../src-main/engine/system-folders.ts';
import { Listener } from '../../src-main/relay/inbound/listener.ts';
import { Reroutes } from '../../src-main/relay/outbound/reroutes.ts';
import { Scheduler } from '../../src-main/relay/outbound/scheduler.ts';
import { RawClient } from '../lab/client.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { EngineUnderTest } from './engine-under-test.ts';

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
    mailward.engine.announce({ pid: process.pid, host: 'desktop', url: null, token: null });
    const second = openEngine({ dataDir: mailward.dataDir, host: 'service' });
    await expect(second).rejects.toBeInstanceOf(DataDirLocked);
    await expect(second).rejects.toThrow(
      new RegExp(`desktop app \\(process ${process.pid}\\); stop that one first`),
    );
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

function named(...names: string[]): string {
  const path = folder();
  for (const name of names) writeFileSync(`${path}/${name}`, '');
  return path;
}

describe('a folder with things in it', () => {
  it.each([
    [
      'all but the lock of a backup',
      ['mailward.db', 'settings.json', 'receipts', 'access-token', 'rdap-bootstrap.json'],
    ],
    ['a database alone', ['mailward.db']],
    ['a database beside other things', ['mailward.db', 'README.txt', 'backup.log']],
    ['a lock beside other things', ['engine.lock', 'README.txt']],
    ['settings written beforehand', ['settings.json']],
    [
      'what is left without a database',
      ['settings.json', 'access-token', 'receipts', 'engine.json', 'mailward.db.damaged-20260301T120000'],
    ],
    [
      'the desktop app’s own',
      ['desktop.json', 'desktop.json.tmp-17956022161a2b3c', 'browser', 'SingletonLock'],
    ],
    ['what systems leave', ['lost+found', '.DS_Store', 'desktop.ini', 'Thumbs.db']],
  ])('is ours: %s', (_, names) => {
    lockDataDir(named(...names)).release();
  });

  it.each([
    ['somebody’s papers', ['letter.txt', 'settings.json']],
    ['another program’s data', ['data.db', 'config.json']],
    ['names that only begin like ours', ['mailward.dbx', 'receipts.txt', 'desktop.json.tmp-backup']],
  ])('is not ours and left as it is: %s', (_, names) => {
    const path = named(...names);
    const mode = statSync(path).mode;
    expect(() => lockDataDir(path)).toThrow(DataDirUnusable);
    expect(() => lockDataDir(path)).toThrow(/has other things in it/);
    expect([statSync(path).mode, readdirSync(path).sort()]).toEqual([mode, names.toSorted()]);
  });
});

describe('advice', () => {
  it.skipIf(process.platform === 'win32').each(['/', '/etc', '/tmp', '/usr/lib', '/bin'])(
    'about %s is not to fill or to empty it',
    (path) => {
      const before = statSync(path).mode;
      expect(() => lockDataDir(path)).toThrow(
        /is a folder of the system.*a folder of its own with --data, such as \/\S+$/,
      );
      expect(() => lockDataDir(path)).not.toThrow(/empty/);
      expect(statSync(path).mode).toBe(before);
    },
  );

  it('about a folder with other things names one that would do', () => {
    const path = named('letter.txt');
    expect(() => lockDataDir(path)).toThrow(`such as ${path}/mailward.`);
    lockDataDir(`${path}/mailward`).release();
    expect(placeInstead('/etc/ssl', 'linux')).not.toMatch(/^\/etc/);
    expect(placeInstead('/usr/local/data', 'linux')).toBe('/usr/local/data/mailward');
  });

  it('to whoever only asks is to name the right folder, not an empty one', () => {
    const path = named('letter.txt');
    expect(() => lockDataDir(path, { existing: true })).toThrow(
      /^there is no Mailward in .*letter\.txt.*name the right folder with --data$/,
    );
    expect(readdirSync(path)).toEqual(['letter.txt']);
  });

  it.runIf(process.getuid?.() === 0)('about a folder of somebody else is not to become them', () => {
    const path = folder();
    chownSync(path, 54321, 54321);
    expect(() => lockDataDir(path)).toThrow(/no Mailward can be seen in it; choose a folder of your own/);
    expect(() => lockDataDir(path)).not.toThrow(/as that user/);
  });
});

describe('a folder that somebody has for a moment', () => {
  const words = (holder: Partial<Holder>): Holder => ({
    pid: process.pid,
    host: 'service',
    url: null,
    token: null,
    ...holder,
  });

  it('is waited for: a command is done soon', async () => {
    const path = folder();
    const first = lockDataDir(path);
    first.announce(words({ host: 'command' }));
    const second = takeDataDir(path);
    first.release();
    (await second).release();
  });

  it('is waited for, too, while nobody has said who has it, and when those who said so are gone', async () => {
    const path = folder();
    const first = lockDataDir(path);
    const second = takeDataDir(path);
    // A process id that no system hands out.
    writeFileSync(`${path}/engine.json`, JSON.stringify(words({ pid: 2 ** 30 })));
    const third = takeDataDir(path);
    first.release();
    (await second).release();
    (await third).release();
  });

  it('is refused at once when a service has it', async () => {
    const path = folder();
    const first = lockDataDir(path);
    first.announce(words({}));
    await expect(takeDataDir(path)).rejects.toThrow(
      /Mailward's service \(process \d+\); stop that one first/,
    );
    first.release();
  });

  it('is started on while others look into it again and again', async () => {
    const dataDir = folder();
    await (await openEngine({ dataDir, host: 'service', offline: true })).close();
    let looking = true;
    const looker = async () => {
      while (looking) await (await openEngine({ dataDir, host: 'service', offline: true })).close();
    };
    const lookers = [looker(), looker()];
    try {
      for (let start = 0; start < 3; start++)
        await (await openEngine({ dataDir, host: 'service', smtp: { host: '127.0.0.1', port: 0 } })).close();
    } finally {
      looking = false;
      await Promise.all(lookers);
    }
  });
});

describe('a folder that is asked about', () => {
  it.each(['not there', 'empty', 'with settings alone'])('%s is left so', async (how) => {
    const path = how === 'not there' ? `${folder()}/data` : folder();
    if (how === 'with settings alone') writeFileSync(`${path}/settings.json`, '{}');
    const before = existsSync(path) ? readdirSync(path) : null;
    const asked = openEngine({ dataDir: path, host: 'service', offline: true, existing: true });
    await expect(asked).rejects.toBeInstanceOf(DataDirMissing);
    await expect(asked).rejects.toThrow(/there is no Mailward in .*moved or removed.*Nothing was made/);
    expect(existsSync(path) ? readdirSync(path) : null).toEqual(before);
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

  it.each([
    ['the listener', Listener],
    ['the way out', Scheduler],
    ['the checks', HealthChecks],
  ])('that %s fails leaves the data folder free all the same, and says so', async (what, { prototype }) => {
    const mailward = await EngineUnderTest.start();
    await using office = await new Sink().start();
    await mailward.protect('example.com', office.port);
    const { close } = prototype as { close: () => Promise<void> };
    const failing = vi.spyOn(prototype as { close: () => Promise<void> }, 'close');
    failing.mockImplementation(async function (this: unknown) {
      await close.call(this);
      throw new Error('a handle is stuck');
    });
    try {
      await expect(mailward.engine.close()).rejects.toThrow('a handle is stuck');
    } finally {
      failing.mockRestore();
    }
    expect(mailward.troubles).toEqual([`${what} could not be stopped in good order: a handle is stuck`]);
    await mailward.open();
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    await mailward[Symbol.asyncDispose]();
  });

  it('that fails in several parts says of each what went wrong, to the log and to whoever asked', async () => {
    const mailward = await EngineUnderTest.start();
    const failing = [Listener, Scheduler, Reroutes].map(({ prototype }) => {
      const { close } = prototype as { close: () => Promise<void> };
      return vi
        .spyOn(prototype as { close: () => Promise<void> }, 'close')
        .mockImplementation(async function (this: unknown) {
          await close.call(this);
          throw new Error(`${(this as object).constructor.name} is stuck`);
        });
    });
    const error: unknown = await mailward.engine.close().catch((thrown: unknown) => thrown);
    for (const one of failing) one.mockRestore();
    expect(errorMessage(error)).toBe(
      'not everything could be stopped in good order: Listener is stuck; Scheduler is stuck; Reroutes is stuck',
    );
    expect(mailward.troubles).toEqual([
      'the listener could not be stopped in good order: Listener is stuck',
      'the way out could not be stopped in good order: Scheduler is stuck',
      'the reroutes could not be stopped in good order: Reroutes is stuck',
    ]);
    await mailward[Symbol.asyncDispose]().catch(() => undefined);
  });

  it('may be asked for twice', async () => {
    const mailward = await EngineUnderTest.start();
    await Promise.all([mailward.engine.close(), mailward.engine.close()]);
    await mailward[Symbol.asyncDispose]();
  });
});
