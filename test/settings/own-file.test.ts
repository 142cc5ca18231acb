// Mailward's small files: what lies in their way is no way in, out, or into a standstill.
import { execFileSync } from 'node:child_process';
import { constants, chmodSync, linkSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOwnFile, readOwnFile } from '../../src-main/settings/own-file.ts';
import { replaceFile } from '../../src-main/settings/replace-file.ts';
import { scratch } from '../lab/scratch.ts';

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
