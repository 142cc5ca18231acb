// Mailward's small files: what lies in their way is no way in, out, or into a standstill.
import { execFileSync } from 'node:child_process';
import { constants, chmodSync, linkSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOwnFile, readOwnFile } from '../../src-main/settings/own-file.ts';
import { replaceFile, replaceFiles } from '../../src-main/settings/replace-file.ts';
import { scratch } from '../lab/scratch.ts';
import { mountSmallDisk } from '../lab/small-disk.ts';

describe.skipIf(process.platform === 'win32')('a file that is replaced', () => {
  it.each<[string, (temporary: string, folder: string) => void]>([
    [
      'that others could read',
      (temporary) => {
        writeFileSync(temporary, 'old');
        chmodSync(temporary, 0o666);
      },
    ],
    ['that nobody may write', (temporary) => writeFileSync(temporary, 'old', { mode: 0o400 })],
    [
      'that is another name of some other file',
      (temporary, folder) => linkSync(join(folder, 'precious'), temporary),
    ],
    ['that is a pipe', (temporary) => execFileSync('mkfifo', [temporary])],
  ])('is for this user alone, and nothing else is touched, with something left over %s', (_what, leave) => {
    using folder = scratch('replace');
    const path = join(folder.path, 'secret');
    writeFileSync(join(folder.path, 'precious'), 'precious');
    leave(`${path}.new`, folder.path);
    replaceFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder.path, 'precious'), 'utf8')).toBe('precious');
    expect(readdirSync(folder.path).sort()).toEqual(['precious', 'secret']);
  });
});

describe('a file that cannot be replaced', () => {
  it('on a full disk is as it was, with nothing left beside it, and what to do is said', async (context) => {
    using disk = mountSmallDisk(1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    const path = join(disk.path, 'secret');
    replaceFile(path, 'old');
    disk.fill();
    expect(() => replaceFile(path, 'new')).toThrow(
      `cannot write ${path}: the disk is full; free some space on it`,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(disk.path).sort()).toEqual(['ballast', 'secret']);
    await disk.free();
    replaceFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('for want of room leaves those that belong to it as they were, too', (context) => {
    using disk = mountSmallDisk(1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    const [first, second] = [join(disk.path, 'first'), join(disk.path, 'second')];
    replaceFiles([
      [first, 'old'],
      [second, 'old'],
    ]);
    expect(() =>
      replaceFiles([
        [first, 'new'],
        [second, 'x'.repeat(2 * 1024 * 1024)],
      ]),
    ).toThrow(`cannot write ${second}: the disk is full`);
    expect([readFileSync(first, 'utf8'), readFileSync(second, 'utf8')]).toEqual(['old', 'old']);
    expect(readdirSync(disk.path).sort()).toEqual(['first', 'second']);
  });

  it('on a disk that can only be read says so', (context) => {
    using disk = mountSmallDisk(1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    const path = join(disk.path, 'secret');
    disk.readOnly();
    expect(() => replaceFile(path, 'new')).toThrow(
      `cannot write ${path}: its disk can only be read; mount it for writing`,
    );
  });
});

it.skipIf(process.platform === 'win32')(
  'a pipe or a folder in the place of a file keeps nobody waiting',
  () => {
    using folder = scratch('own');
    const path = join(folder.path, 'pipe');
    execFileSync('mkfifo', [path]);
    for (const wrong of [path, folder.path]) {
      expect(() => readOwnFile(wrong)).toThrow(`${wrong} is not a file`);
      expect(() => openOwnFile(wrong, constants.O_RDONLY)).toThrow('is not a file');
    }
    expect(() => openOwnFile(path, constants.O_RDWR | constants.O_APPEND)).toThrow('is not a file');
  },
);
