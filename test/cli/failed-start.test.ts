// A start that fails: it leaves nothing that it made, touches nothing that was there, and says where the Mailward is that runs already.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailward, Service } from '../lab/mailward.ts';
import { type Scratch, scratch } from '../lab/scratch.ts';

let other: Server;
let taken: string;
let folder: Scratch;
beforeAll(async () => {
  folder = scratch('failed');
  other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
  taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
});
afterAll(() => {
  other.close();
  folder[Symbol.dispose]();
});

const free = '127.0.0.1:0';
const everything = (path: string) => readdirSync(path, { recursive: true }).map(String).sort();

describe('a start that fails', () => {
  it.each([
    ['the port for mail is taken', () => ['--smtp', taken, '--listen', free], 1],
    ['the port for browsers is taken', () => ['--smtp', free, '--listen', taken], 1],
    ['no such address is here', () => ['--smtp', '192.0.2.77:2525', '--listen', free], 1],
    ['an option is wrong', () => ['--smtp', 'nonsense'], 2],
    ['an option is unknown', () => ['--smpt', free], 2],
  ])('because %s leaves no new data folder, nor those above it', async (_, options, expected) => {
    const data = join(folder.path, 'new', 'deep', 'data');
    const { status } = await mailward(['serve', '--data', data, ...options()]);
    expect(status).toBe(expected);
    expect(everything(folder.path)).toEqual([]);
  });

  it('in a folder that was there leaves that, and what was in it', async () => {
    using own = scratch('own');
    const data = join(own.path, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'settings.json'), '{"log": {"keepDays": 7}}');
    writeFileSync(join(data, 'access-token'), 'x', { mode: 0o600 });
    const { status } = await mailward(['serve', '--data', data, '--smtp', free, '--listen', taken]);
    expect(status).toBe(1);
    expect(everything(own.path)).toEqual(['data', 'data/access-token', 'data/settings.json']);
    writeFileSync(join(data, 'settings.json'), '{"log": {"keepDays": 0}}');
    expect((await mailward(['serve', '--data', data])).status).toBe(1);
    expect(everything(data)).toEqual(['access-token', 'settings.json']);
  });

  it('where Mailward was before takes nothing away', async () => {
    using own = scratch('own');
    const data = join(own.path, 'data');
    await mailward(['domain', 'add', 'example.com', '--route', '127.0.0.1:1', '--data', data]);
    const before = everything(data);
    expect((await mailward(['serve', '--data', data, '--smtp', taken])).status).toBe(1);
    expect((await mailward(['serve', '--data', data, '--smtp', free, '--listen', taken])).status).toBe(1);
    expect(everything(data)).toEqual(expect.arrayContaining(before));
    expect((await mailward(['domain', 'list', '--data', data])).stdout).toContain('example.com');
  });

  it('is the same for a command that would have begun something', async () => {
    using own = scratch('own');
    const data = join(own.path, 'data');
    const many = Array.from({ length: 11 }, (_, at) => `127.0.0.1:${at + 1}`);
    expect(
      (await mailward(['domain', 'add', 'example.com', '--route', ...many, '--data', data])).status,
    ).toBe(2);
    expect((await mailward(['status', '--data', data])).status).toBe(3);
    expect(everything(own.path)).toEqual([]);
  });
});

describe('a second start', () => {
  it('says since when the first has run and how to get into it, and leaves it alone', async () => {
    await using service = await Service.start();
    const before = readFileSync(join(service.dataDir, 'engine.json'), 'utf8');
    const second = await mailward(['serve', '--data', service.dataDir]);
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(second.stderr).toMatch(
      /^mailward: Mailward is running already \(since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, process \d+, data folder /,
    );
    expect(second.stderr).toContain(`process ${service.pid},`);
    expect(second.stderr).toContain(`\`mailward token link --data ${service.dataDir}\``);
    expect(readFileSync(join(service.dataDir, 'engine.json'), 'utf8')).toBe(before);
    expect((await service.command('status')).stdout).toContain('SMTP listener');
  });
});
