// When mail cannot be stored, with the service as users run it: nothing answered 250 is lost, and every way of asking says so.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { entry, mailward, Service } from '../lab/mailward.ts';
import { seededRandom } from '../lab/random.ts';
import { scratch } from '../lab/scratch.ts';
import { mountSmallDisk, type SmallDisk } from '../lab/small-disk.ts';
import { until } from '../lab/wait.ts';

async function held(options: Parameters<typeof Service.start>[0] = {}): Promise<Service> {
  const service = await Service.start(options);
  const { client, close } = await service.client();
  await client.domains.add({ name: 'example.com', route: [{ host: '127.0.0.1', port: 9 }] });
  await client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
  close();
  return service;
}

/** Sends one message after the other until told to stop; puts the id of each that is answered 250 into `stored`. Returns the refusals. */
async function keepSending(port: number, stored: string[], isOver: () => boolean): Promise<string[]> {
  const refusals: string[] = [];
  await using client = await RawClient.greet(port);
  while (!isOver()) {
    let last = await client.command('MAIL FROM:<ann@example.net>');
    if (last.code === 250) {
      await client.command('RCPT TO:<office@example.com>', 250);
      await client.command('DATA', 354);
      client.send('Subject: one of many\r\n\r\nhello\r\n.\r\n');
      last = await client.reply();
    }
    if (last.code === 250) stored.push(/id (\w+)/.exec(last.text)?.[1] ?? '');
    else refusals.push(last.text);
  }
  return refusals;
}

const health = async (service: Service) => (await fetch(new URL('/health', service.url))).status;

async function storedIn(service: Service): Promise<string[]> {
  const { client, close } = await service.client();
  const ids: string[] = [];
  for (let before: string | undefined; ; ) {
    const { rows, more } = await client.messages.list({ limit: 500, ...(before ? { before } : {}) });
    ids.push(...rows.map(({ id }) => id));
    before = rows.at(-1)?.id;
    if (!more) break;
  }
  close();
  return ids;
}

describe('under load, nothing that was answered 250 is lost', () => {
  it.each([
    ['the database is removed, and the service stopped', 'mailward.db', 'stop'],
    ['the database’s log is removed, and the service killed', 'mailward.db-wal', 'kill'],
    ['the folder is renamed, the service killed, and the folder put back', '', 'kill'],
  ] as const)('when %s', async (_, name, end) => {
    const random = seededRandom();
    const enough = random.between(50, 500);
    await using service = await held();
    let over = false;
    const stored: string[] = [];
    const sending = Promise.all(
      Array.from({ length: 6 }, () => keepSending(service.smtpPort, stored, () => over)),
    );
    await until(
      () => `only ${stored.length} of ${enough} messages were taken`,
      () => stored.length >= enough,
      { every: 1 },
    );
    if (name === '') renameSync(service.dataDir, `${service.dataDir}.away`);
    else rmSync(join(service.dataDir, name));
    await until('/health does not say so', async () => (await health(service)) === 503);
    over = true;
    const refused = (await sending).flat();
    process.stdout.write(`seed ${random.seed}: ${stored.length} answered 250, ${refused.length} put off\n`);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter((words) => !words.startsWith('451 4.3.0 '))).toEqual([]);
    if (end === 'stop') await service.stop();
    else await service.kill();
    if (name === '') renameSync(`${service.dataDir}.away`, service.dataDir);
    await service.start();
    const found = new Set(await storedIn(service));
    expect(stored.filter((id) => !found.has(id))).toEqual([]);
  });
});

describe('every way of asking says so', () => {
  it('with the database gone: status ends with 1 and what to do', async () => {
    await using service = await held();
    rmSync(join(service.dataDir, 'mailward.db'));
    await until('/health does not say so', async () => (await health(service)) === 503);
    const { status, stdout } = await service.command('status');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Mailward cannot store mail: the database .*mailward\.db was removed or renamed/);
    expect(stdout).toMatch(/\nSince 2\d{3}-.*What to do: Put it back/);
    expect(stdout).not.toMatch(/nothing is lost/);
    const json = JSON.parse((await service.command('status', '--json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ state: 'problem', storage: { trouble: { kind: 'files' } } });
  });

  it('with the folder gone: no command makes an empty one, and the door stays shut', async () => {
    await using service = await held();
    renameSync(service.dataDir, `${service.dataDir}.away`);
    const add = ['domain', 'add', 'other.example', '--route', '127.0.0.1:1'];
    const serve = ['serve', '--smtp', '127.0.0.1:0', '--listen', '127.0.0.1:0'];
    for (const command of [['status'], ['queue', 'list'], ['domain', 'list'], add, serve]) {
      const { status, stderr } = await service.command(...command);
      expect(status).not.toBe(0);
      // Only Linux tells which process lost its folder, and where that is now.
      if (process.platform === 'linux')
        expect(stderr).toMatch(
          /Mailward is running \(process \d+\), but its .* was moved to .*\.away\. Put it back/,
        );
      else expect(stderr).toMatch(/there is no Mailward in .*moved or removed/);
      expect(existsSync(service.dataDir)).toBe(false);
    }
    expect(await health(service)).toBe(503);
    renameSync(`${service.dataDir}.away`, service.dataDir);
    await until('it is not well again', async () => (await health(service)) === 200);
  });

  it('with the disk under its reserve: 452, and status and /health say so though nothing was tried', async (context) => {
    const megabyte = 1024 * 1024;
    using disk = mountSmallDisk(90 * megabyte);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    await using service = await held({ dataDir: join(disk.path, 'data') });
    expect(await health(service)).toBe(200);
    disk.fill();
    await until('/health does not say so', async () => (await health(service)) === 503);
    const { status, stdout } = await service.command('status');
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(/cannot store mail: the disk that holds .* MiB free[\s\S]*Free some space/),
    ]);
    await using client = await RawClient.greet(service.smtpPort);
    expect((await client.command('MAIL FROM:<ann@example.net>')).text).toMatch(/^452 4\.3\.1 /);
    await disk.free();
    await until('it is not well again', async () => (await health(service)) === 200);
    expect(service.stderr).toBe('');
  });
});

describe('on a disk that takes nothing', () => {
  it.for([
    ['is full', 'the disk is full', (disk: SmallDisk) => disk.fill(), (disk: SmallDisk) => disk.free()],
    [
      'can only be read',
      'its disk can only be read',
      (disk: SmallDisk) => disk.readOnly(),
      async (disk: SmallDisk) => {
        disk.writable();
        await Promise.resolve();
      },
    ],
  ] as const)(
    'because it %s: what is asked of a running Mailward is refused with the reason, and works after',
    async ([what, why, spoil, mend], context) => {
      using disk = mountSmallDisk(90 * 1024 * 1024);
      if (disk === null) {
        context.skip('this user may not mount a small disk');
        return;
      }
      await using service = await held({ dataDir: join(disk.path, 'data') });
      const { client, close } = await service.client();
      const settings = await client.settings.get();
      const save = () =>
        client.settings.set({
          settings: { ...settings, log: { ...settings.log, keepDays: 7 } },
          before: settings,
        });
      const { token } = service;
      spoil(disk);
      await until('/health does not say so', async () => (await health(service)) === 503);
      expect((await service.command('status')).stdout).toMatch(/^Mailward cannot store mail/);
      const renewal = await service.command('token', 'renew');
      expect(renewal.stderr).toMatch(new RegExp(`^mailward: cannot write .*/data/[a-z.-]+: ${why}; `));
      expect(renewal.status).toBe(3);
      await expect(save()).rejects.toThrow(`settings.json: ${why}`);
      expect(await client.settings.get()).toEqual(settings);
      if (what === 'is full')
        expect(
          (await service.command('domain', 'add', 'example.net', '--route', '127.0.0.1:9')).stderr,
        ).toMatch(/^mailward: that could not be done: the disk that holds .* Free some space/);
      expect(service.token).toBe(token);
      await mend(disk);
      await until('it is not well again', async () => (await health(service)) === 200);
      await save();
      await service.addDomain('example.org', '127.0.0.1:9');
      expect((await service.command('token', 'renew')).status).toBe(0);
      close();
      expect(service.token).not.toBe(token);
      expect(await service.stop()).toBe(0);
    },
  );

  it('a stop leaves in good order, and a start says what to do, where the disk can only be read', async (context) => {
    using disk = mountSmallDisk(90 * 1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    await using service = await held({ dataDir: join(disk.path, 'data') });
    disk.readOnly();
    expect(await service.stop()).toBe(0);
    expect(service.stderr).not.toMatch(/rror/);
    service.launch();
    await expect(service.ready()).rejects.toThrow(
      /can only be read: mount its disk for writing and start Mailward again/,
    );
    disk.writable();
    await service.start();
    expect(await service.json('domain', 'list')).toMatchObject([{ name: 'example.com' }]);
  });

  it.for(['log', 'recipients'])('%s export leaves no half of a file, and says why', async (what, context) => {
    using disk = mountSmallDisk(1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    await using service = await held();
    const output = join(disk.path, 'export.csv');
    disk.fill();
    const refused = await service.command(what, 'export', '--output', output);
    expect(refused).toMatchObject({
      status: 1,
      stderr: `mailward: cannot write ${output}: the disk is full; free some space on it, and try again\n`,
    });
    await disk.free();
    expect((await service.command(what, 'export', '--output', output)).status).toBe(0);
    const whole = readFileSync(output, 'utf8');
    expect((await service.command(what, 'export', '--output', output)).stderr).toMatch(
      /is there already and is not overwritten/,
    );
    expect(readFileSync(output, 'utf8')).toBe(whole);
  });

  it.runIf(existsSync('/dev/full'))(
    'a list that goes into a file on it is not whole, and that is said',
    async () => {
      await using service = await held();
      const full = openSync('/dev/full', 'w');
      const list = spawn(process.execPath, [entry(), 'log', 'export', '--data', service.dataDir], {
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      let words = '';
      list.stderr?.on('data', (part: Buffer) => (words += part.toString()));
      const [status] = (await once(list, 'close')) as [number];
      expect([status, words]).toEqual([
        1,
        expect.stringMatching(/the disk is full.*what was written is not whole/),
      ]);
    },
  );
});

describe('repair', () => {
  it('waits for nobody while Mailward runs, leaves a whole database alone, and copies what can be read of a damaged one', async () => {
    await using service = await held();
    const running = await service.command('repair');
    expect([running.status, running.stderr]).toEqual([
      3,
      expect.stringMatching(/in use by Mailward's service/),
    ]);
    await service.stop();
    const whole = await service.command('repair');
    expect([whole.status, whole.stdout]).toEqual([0, 'The database is whole. Nothing was changed.\n']);
    writeFileSync(join(service.dataDir, 'mailward.db'), 'no database at all\n'.repeat(500));
    const start = await mailward(['serve', '--data', service.dataDir, '--listen', '127.0.0.1:0']);
    expect(start.status).toBe(1);
    expect(start.stderr).toMatch(
      /^mailward: the database .*mailward\.db is damaged .*nothing in it was changed\. `mailward repair --data .*\n$/,
    );
    const anew = await service.command('repair');
    expect([anew.status, anew.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^Found: file is not a database\nNothing could be read.*\nThe damaged database is kept as .*damaged-/,
      ),
    ]);
    await service.start();
    expect(await health(service)).toBe(200);
  });
});

describe('starting and ending', () => {
  it('starts while status is asked again and again', async () => {
    await using service = await held();
    await service.stop();
    const over = new AbortController();
    const looking = (async () => {
      const ends = new Set<number>();
      while (!over.signal.aborted) ends.add((await service.command('status')).status);
      return ends;
    })();
    try {
      for (let start = 0; start < 3; start++) {
        await service.start();
        await service.stop();
      }
    } finally {
      over.abort();
    }
    // Stopped it is a problem, running it is none; that somebody else has the folder for a moment is no answer.
    for (const end of await looking) expect([0, 1]).toContain(end);
  });

  it('goes on at a hang-up when no terminal is its own, as with nohup', async () => {
    await using service = await held({ under: ['nohup'] });
    process.kill(service.pid, 'SIGHUP');
    process.kill(service.pid, 'SIGHUP');
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('NOOP', 250);
    expect(await service.stop()).toBe(0);
  });

  it('ends in good order when its terminal closes', async () => {
    using folder = scratch('terminal');
    const dataDir = join(folder.path, 'data');
    mkdirSync(dataDir);
    const entry = process.env['MAILWARD_FROM'] === 'out' ? 'out/main/mailward.js' : 'src-main/cli/main.ts';
    const command = `exec "${process.execPath}" ${entry} serve --data ${dataDir} --smtp 127.0.0.1:0 --listen 127.0.0.1:0`;
    // A terminal of its own, whose other end is ours.
    const terminal = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let text = '';
    terminal.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(
      () => `it does not get ready: ${text}`,
      () => text.includes('Press Ctrl-C'),
    );
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'engine.json'), 'utf8')) as { pid: number };
    const closed = once(terminal, 'close');
    terminal.kill('SIGKILL');
    await closed;
    // Whoever comes next finds the folder free, and no announcement of one who is gone.
    const asked = await mailward(['domain', 'list', '--data', dataDir]);
    expect([asked.status, asked.stderr]).toEqual([0, '']);
    // Only what runs has a program there.
    await until(`process ${pid} goes on`, () => !existsSync(`/proc/${pid}/exe`));
  });
});
