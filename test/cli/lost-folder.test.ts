// Of whom it is said that a Mailward runs and lost its folder: only of one that was started for that folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whoLostFolder } from '../../src-main/cli/lost-folder.ts';
import { scratch } from '../lab/scratch.ts';

/** Has a lock file open in the folder `now`, as a Mailward would, until it is ended. */
async function holder(now: string, args: string[], env: Record<string, string>) {
  const script = `require('node:fs').openSync(${JSON.stringify(join(now, 'engine.lock'))}); console.log('open'); setInterval(() => {}, 60_000)`;
  const child = spawn(process.execPath, ['-e', script, '--', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return { pid: child.pid, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

describe.runIf(process.platform === 'linux')('a running process whose lock is elsewhere', () => {
  const cases: [string, string[], (place: string) => Record<string, string>, boolean][] = [
    ['was started for it by --data', ['serve', '--data', 'DATA'], () => ({}), true],
    ['was started for it by --data=', ['serve', '--data=DATA'], () => ({}), true],
    [
      'was started for it by the environment',
      ['serve'],
      (place) => ({ MAILWARD_DATA: join(place, 'data') }),
      true,
    ],
    ['serves the usual folder of its user', ['serve'], (place) => ({ XDG_DATA_HOME: place }), true],
    ['serves the usual folder of another user', ['serve'], (place) => ({ HOME: place }), false],
    [
      'is another program of the user whose usual folder it is',
      [],
      (place) => ({ XDG_DATA_HOME: place }),
      false,
    ],
    ['was started for another folder', ['serve', '--data', '/elsewhere'], () => ({}), false],
  ];
  it.each(cases)('and that %s', async (words, args, env, isIt) => {
    using folder = scratch('lost');
    const data = join(folder.path, words.includes('usual') ? 'mailward' : 'data');
    const moved = join(folder.path, 'moved');
    mkdirSync(data);
    writeFileSync(join(data, 'engine.lock'), '');
    using process_ = await holder(
      data,
      args.map((arg) => arg.replace('DATA', data)),
      env(folder.path),
    );
    // Its folder is where it was.
    expect(whoLostFolder(data)).toBeNull();
    renameSync(data, moved);
    const told = whoLostFolder(data);
    if (isIt)
      expect(told).toContain(`(process ${process_.pid}), but its data folder ${data} was moved to ${moved}`);
    else expect(told).toBeNull();
  });
});
