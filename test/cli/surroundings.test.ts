// The command line in surroundings that lack something: it uses no other folder than usual, and says what is missing.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entry } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

/** Somebody whom the system does not know, as in many containers. */
const nobody = 54321;

function start(args: string[], cwd: string, env: Record<string, string>, uid?: number) {
  const child = spawn(process.execPath, [entry(), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const status = once(child, 'close').then(([code]) => code as number | null);
  return { child, status, said: () => said };
}

async function run(args: string[], cwd: string, env: Record<string, string>, uid?: number) {
  const { status, said } = start(args, cwd, env, uid);
  return { status: await status, said: said() };
}

const add = ['domain', 'add', 'example.com', '--route', '127.0.0.1:2500'];

describe.skipIf(process.platform === 'win32')('the data folder', () => {
  it.each([['MAILWARD_DATA'], ['XDG_DATA_HOME']])(
    'is the usual one where %s is there and empty, not the folder that one happens to be in',
    async (name) => {
      using folder = scratch('surroundings');
      const [here, home] = [join(folder.path, 'here'), join(folder.path, 'home')];
      mkdirSync(here);
      mkdirSync(home);
      const { status, said } = await run(add, here, { HOME: home, [name]: '' });
      expect(status, said).toBe(0);
      expect(readdirSync(here)).toEqual([]);
      expect(readdirSync(join(home, process.platform === 'darwin' ? 'Library' : '.local'))).not.toEqual([]);
    },
  );

  it('must be named after --data', async () => {
    using folder = scratch('surroundings');
    expect(await run([...add, '--data', ''], folder.path, {})).toEqual({
      status: 2,
      said: 'mailward: --data needs a folder: --data DIR\n',
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')('a user without a home', () => {
  it('names the folder, and is told so', async () => {
    using folder = scratch('surroundings');
    const missing = await run(['status'], folder.path, {}, nobody);
    expect(missing).toEqual({
      status: 2,
      said: 'mailward: this user has no home directory; name the data folder with --data DIR or MAILWARD_DATA\n',
    });
    expect((await run(['classify'], folder.path, {}, nobody)).status).toBe(0);
  });

  it('runs the service, and ends it', async () => {
    using folder = scratch('surroundings');
    chmodSync(folder.path, 0o755);
    const dataDir = join(folder.path, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, nobody, nobody);
    const args = ['serve', '--data', dataDir, '--smtp', '127.0.0.1:0', '--listen', '127.0.0.1:0'];
    const { child, status, said } = start(args, folder.path, {}, nobody);
    try {
      await until(
        () => `it does not get ready: ${said()}`,
        () => said().includes('Press Ctrl-C') || child.exitCode !== null || null,
      );
      expect(said()).toContain(`mailward token link --data ${dataDir}`);
      child.kill('SIGTERM');
      expect(await status, said()).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'another user than the one who runs Mailward',
  () => {
    it('is told so, and not that Mailward was never started there', async () => {
      using folder = scratch('surroundings');
      const closed = join(folder.path, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      chmodSync(folder.path, 0o755);
      for (const data of [join(closed, 'data'), join(closed, 'more', 'data')]) {
        const { status, said } = await run(['status', '--data', data], folder.path, {}, nobody);
        expect(status).toBe(3);
        expect(said).toContain(`may not look into ${closed} (EACCES)`);
        expect(said).toContain('belongs to root (sudo -u root …)');
        expect(said).not.toMatch(/never|serve/);
      }
      // The folder itself: its owner is named.
      const { said } = await run(['status', '--data', closed], folder.path, {}, nobody);
      expect(said).toMatch(
        /belongs to another user .*Run Mailward as root \(sudo -u root …\), its commands too/,
      );
    });
  },
);

it('says which part of its input is wrong, and why', async () => {
  using folder = scratch('surroundings');
  const env = { MAILWARD_DATA: join(folder.path, 'data') };
  await run(add, folder.path, env);
  const { status, said } = await run(['log', 'list', '--text', 'x'.repeat(10_000)], folder.path, env);
  expect(status).toBe(2);
  expect(said).toMatch(/^mailward: text: .*\d/);
  for (const wrong of ['2026-02-30', '2026-04-31T08:00', '2026-13-01', '2025-02-29', 'x'])
    expect((await run(['log', 'list', '--from', wrong], folder.path, env)).said).toContain('is not a time');
  for (const right of ['2024-02-29', '2026-12-31T23:59', '2026-03-01T08:00Z'])
    expect((await run(['log', 'list', '--from', right], folder.path, env)).status).toBe(0);
});

describe.skipIf(process.platform === 'win32')('a command that needs no data', () => {
  const diagnose = ['diagnose', 'example.invalid'];

  /** A data folder in which Mailward never ran, and a place for what is thrown away. */
  function place() {
    const folder = scratch('surroundings');
    const [data, temporary] = [join(folder.path, 'data'), join(folder.path, 'temporary')];
    mkdirSync(data, { mode: 0o700 });
    mkdirSync(temporary);
    const env = { MAILWARD_DATA: data, TMPDIR: temporary };
    return { data, temporary, env, [Symbol.dispose]: () => folder[Symbol.dispose]() };
  }

  it('tells of wrong settings where they are, and leaves no copy of them', async () => {
    using folder = place();
    const settings = join(folder.data, 'settings.json');
    writeFileSync(settings, '{"x":');
    const { status, said } = await run(diagnose, folder.data, folder.env);
    expect(status).toBe(3);
    expect(said).toContain(`mailward: the settings ${settings} are not valid JSON`);
    rmSync(settings);
    execFileSync('mkfifo', [settings]);
    expect((await run(diagnose, folder.data, folder.env)).said).toContain(`${settings} is not a file`);
    expect(readdirSync(folder.temporary)).toEqual([]);
  });

  it('says that nothing can be put where its folder would be', async () => {
    using folder = place();
    const absent = join(folder.temporary, 'absent');
    const { status, said } = await run(diagnose, folder.data, { ...folder.env, TMPDIR: absent });
    expect(status).toBe(3);
    expect(said).toMatch(new RegExp(`^mailward: cannot make a folder in ${absent}: .*TMPDIR`));
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves nothing behind at a %s', async (signal) => {
    using folder = place();
    const { child } = start(diagnose, folder.data, folder.env);
    const ended = once(child, 'close');
    // Its folder is there: it is in the middle of things.
    await until('it makes no folder', () => readdirSync(folder.temporary).length > 0 || null);
    child.kill(signal);
    expect((await ended)[1]).toBe(signal);
    expect(readdirSync(folder.temporary)).toEqual([]);
  });
});
