// Who may use the user interface, from the command line: one-time links, a new token, browsers; and what is printed where.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { credentialOf } from '../../shared/greeting.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { entry, mailward, Service } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

const codeOf = (link: string) => /#token=(.*)$/m.exec(link)?.[1] ?? '';

describe('mailward token link', () => {
  it('prints a link that lets one in, once', async () => {
    await using service = await Service.start();
    const [{ link, until: end } = { link: '', until: 0 }] = await service.json<{
      link: string;
      until: number;
    }>('token', 'link');
    expect(link).toMatch(new RegExp(`^${service.url}/#token=[\\w-]{32}$`));
    expect(link).not.toContain(service.token);
    expect(end).toBeGreaterThan(Date.now());
    const first = await connectClient({ url: service.url, token: codeOf(link) });
    expect(await first.client.domains.list()).toEqual([]);
    first.close();
    await expect(connectClient({ url: service.url, token: codeOf(link) })).rejects.toThrow(
      'does not know this access key',
    );
  });

  it('of a Mailward that is not running says so, and makes no folder', async () => {
    using folder = scratch('link');
    const dataDir = join(folder.path, 'data');
    const { status, stderr } = await mailward(['token', 'link', '--data', dataDir]);
    expect(status).toBe(3);
    expect(stderr).toContain(`there is no Mailward in ${dataDir}`);
    expect(() => statSync(dataDir)).toThrow();
    await mailward(['domain', 'add', 'example.com', '--route', 'mail.example.com', '--data', dataDir]);
    const stopped = await mailward(['token', 'link', '--data', dataDir]);
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toContain('start it with `mailward serve`');
  });

  it('ends after ten minutes', async () => {
    using folder = scratch('link');
    let now = 1_700_000_000_000;
    const keys = await Keys.open(folder.path, () => now);
    const { code } = await keys.link();
    const { id } = await credentialOf(code);
    now += 599_999;
    expect(keys.find(id, 'http://127.0.0.1:1')?.kind).toBe('link');
    now += 1;
    expect(keys.find(id, 'http://127.0.0.1:1')).toBeNull();
  });
});

describe('mailward token renew', () => {
  it('while running: ends all sessions, and former tokens, links and browsers are good for nothing', async () => {
    await using service = await Service.start();
    const { token, url, link } = service;
    const { ended } = await connectClient({ url, token });
    expect((await service.command('token', 'renew')).status).toBe(0);
    await ended;
    expect(service.token).not.toBe(token);
    for (const former of [token, codeOf(link)]) {
      await expect(connectClient({ url, token: former })).rejects.toThrow('does not know this access key');
    }
    // The command line itself goes on: it has read the new one.
    expect((await service.command('status')).status).toBe(0);
    expect(statSync(join(service.dataDir, 'access-token')).mode & 0o077).toBe(0);
    await service.stop();
    await service.start();
    await expect(connectClient({ url: service.url, token })).rejects.toThrow('does not know this access key');
  });

  it('while stopped: the next start knows the new one alone', async () => {
    await using service = await Service.start();
    const { token } = service;
    await service.stop();
    expect((await service.command('token', 'renew')).status).toBe(0);
    await service.start();
    await expect(connectClient({ url: service.url, token })).rejects.toThrow('does not know this access key');
    const { client, close } = await service.client();
    expect(await client.domains.list()).toEqual([]);
    close();
  });
});

describe('mailward token browsers and forget', () => {
  it('list who was let in, and shut one out', async () => {
    using folder = scratch('browsers');
    const keys = await Keys.open(folder.path);
    const id = await keys.enrol('a'.repeat(43), 'http://127.0.0.1:8025', 'Browser \u{1b}[31m/1.0');
    writeFileSync(join(folder.path, 'mailward.db'), '');
    const listed = await mailward(['token', 'browsers', '--data', folder.path]);
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).not.toContain('\u{1b}');
    expect(listed.stdout).not.toContain('a'.repeat(43));
    expect((await mailward(['token', 'forget', id, '--data', folder.path])).status).toBe(0);
    expect((await mailward(['token', 'forget', id, '--data', folder.path])).stderr).toContain(
      `no browser has the key ${id}`,
    );
    expect((await mailward(['token', 'browsers', '--data', folder.path])).stdout).toBe(
      'No browser has been let in.\n',
    );
  });

  it('know to the second who came in last, and write it down once an hour', async () => {
    using folder = scratch('browsers');
    let now = Date.now() - 3_700_000;
    const keys = await Keys.open(folder.path, () => now);
    const where = 'http://127.0.0.1:8025';
    await keys.enrol('a'.repeat(43), where, 'a browser');
    const file = join(folder.path, 'browsers.json');
    const visit = () => {
      const bearer = keys.find(keys.browsers[0]?.id ?? '', where);
      expect(bearer !== null && keys.use(bearer)).toBe(true);
    };
    const written = readFileSync(file, 'utf8');
    for (let visits = 1; visits <= 30; visits++) {
      now += 120_000;
      visit();
      expect(keys.browsers[0]?.lastAt).toBe(now);
    }
    expect(readFileSync(file, 'utf8')).toBe(written);
    now += 1000;
    visit();
    expect((await Keys.open(folder.path, () => now)).browsers[0]?.lastAt).toBe(now);
    writeFileSync(join(folder.path, 'mailward.db'), '');
    const { stdout } = await mailward(['token', 'browsers', '--data', folder.path]);
    expect(stdout).toMatch(/^KEY .*LAST CAME IN/);
    expect(stdout).toContain('known to the hour');
  });

  it('a browser gets in although the disk takes nothing, until the next start', async () => {
    using folder = scratch('browsers');
    let now = 1_700_000_000_000;
    const keys = await Keys.open(folder.path, () => now);
    // Nothing can be written beside the list: there is a folder of that name.
    mkdirSync(join(folder.path, 'browsers.json.new'));
    const id = await keys.enrol('a'.repeat(43), 'http://127.0.0.1:8025', 'a browser');
    now += 86_400_000;
    const bearer = keys.find(id, 'http://127.0.0.1:8025');
    expect(bearer !== null && keys.use(bearer)).toBe(true);
    // But nobody is told that a browser is shut out which could come back.
    await expect(keys.renew()).rejects.toThrow('EISDIR');
    expect((await Keys.open(folder.path)).browsers).toEqual([]);
  });

  it('a browser that has not come for thirty days, and one too many, must be let in anew', async () => {
    using folder = scratch('browsers');
    let now = 1_700_000_000_000;
    const keys = await Keys.open(folder.path, () => now);
    const key = (number: number) => Buffer.alloc(32, number).toString('base64url');
    const first = await keys.enrol(key(1), 'http://127.0.0.1:8025', 'first');
    now += 30 * 86_400_000;
    expect(keys.browsers.map(({ id }) => id)).toEqual([first]);
    now += 1;
    expect(keys.browsers).toEqual([]);
    for (let number = 2; number < 60; number++) {
      now += 1000;
      await keys.enrol(key(number), 'http://127.0.0.1:8025', `number ${number}`);
    }
    const names = (await Keys.open(folder.path, () => now)).browsers.map(({ name }) => name);
    expect(names).toHaveLength(50);
    expect(names).not.toContain('number 2');
    expect(names).toContain('number 59');
  });
});

describe('what serve prints', () => {
  it('into the journal is no link and no token, but the command that makes a link', async () => {
    using folder = scratch('journal');
    const dataDir = join(folder.path, 'data');
    const path = join(folder.path, 'journal');
    for (const json of [[], ['--json']]) {
      const file = openSync(path, 'w+');
      const { dev, ino } = fstatSync(file);
      const args = [
        entry(),
        'serve',
        ...json,
        '--data',
        dataDir,
        '--smtp',
        '127.0.0.1:0',
        '--listen',
        '127.0.0.1:0',
      ];
      const child = spawn(process.execPath, args, {
        env: { PATH: process.env['PATH'], HOME: folder.path, JOURNAL_STREAM: `${dev}:${ino}` },
        stdio: ['ignore', file, file],
      });
      closeSync(file);
      try {
        const printed = await until('it does not get ready', () => {
          const text = readFileSync(path, 'utf8');
          return /Data folder|"dataDir"/.test(text) ? text : null;
        });
        expect(printed).not.toContain('#token=');
        expect(printed).not.toContain(readFileSync(join(dataDir, 'access-token'), 'utf8').trim());
        if (json.length === 0) expect(printed).toContain(`mailward token link --data ${dataDir}`);
      } finally {
        const ended = once(child, 'close');
        child.kill('SIGTERM');
        await ended;
      }
      expect(readFileSync(path, 'utf8')).not.toContain('#token=');
    }
  });

  it('to the program that started it is a link that works once, and never the token', async () => {
    await using service = await Service.start();
    expect(service.stdout + service.complaints).not.toContain(service.token);
    const { close } = await connectClient({ url: service.url, token: codeOf(service.link) });
    close();
    await expect(connectClient({ url: service.url, token: codeOf(service.link) })).rejects.toThrow();
  });

  it('a token that others on this machine could read is not used again', async () => {
    await using service = await Service.start();
    const { token } = service;
    await service.stop();
    writeFileSync(join(service.dataDir, 'access-token'), `${token}\n`);
    chmodSync(join(service.dataDir, 'access-token'), 0o644);
    await service.start();
    expect(service.token).not.toBe(token);
  });
});

it('a proxy that stands in front is named at the start, or the start is refused with what was expected', async () => {
  await using service = await Service.start({ args: ['--public', 'https://mail.example.com'] });
  expect(service.link).toMatch(/^https:\/\/mail\.example\.com\/#token=/);
  expect((await service.command('status')).status).toBe(0);
  for (const wrong of [
    'mail.example.com',
    'http://mail.example.com',
    'https://mail.example.com/x',
    'https://a:b@x/',
  ]) {
    const { status, stderr } = await mailward(['serve', '--public', wrong, '--data', '/nowhere']);
    expect(status).toBe(2);
    expect(stderr).toContain('write https://HOST');
  }
});
