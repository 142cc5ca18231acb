// A small file system of its own, so that a full disk is a real one.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from './scratch.ts';

export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Takes all free space away, to the last block, until `free`. */
  fill: () => void;
  free: () => Promise<void>;
  /** From now on it can only be read, also by those who have files on it open by other names; until `writable`. */
  readOnly: () => void;
  writable: () => void;
}

/** Mounts a tmpfs of the given size in octets; null where this user may not mount. */
export function mountSmallDisk(size: number): SmallDisk | null {
  const folder = scratch('disk');
  const path = join(folder.path, 'disk');
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', path]);
  if (mounted.status !== 0) {
    folder[Symbol.dispose]();
    return null;
  }
  const ballast = join(path, 'ballast');
  const mount = (...args: string[]) => {
    const done = spawnSync('mount', args, { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`mount ${args.join(' ')}: ${done.stderr}`);
  };
  let covered = false;
  const unmount = () => {
    const gone = spawnSync('umount', ['-l', path], { encoding: 'utf8' });
    if (gone.status !== 0) throw new Error(`cannot unmount ${path}: ${gone.stderr}`);
  };
  return {
    path,
    fill: () => writeUntilFull(ballast),
    free: () => rm(ballast, { force: true }),
    readOnly() {
      // A disk with files open for writing does not let itself be mounted anew; so the same files come to lie over it, to be read alone.
      mount('--bind', path, path);
      mount('-o', 'remount,bind,ro', path);
      covered = true;
    },
    writable() {
      covered = false;
      unmount();
    },
    [Symbol.dispose]() {
      if (covered) unmount();
      unmount();
      folder[Symbol.dispose]();
    },
  };
}

function writeUntilFull(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4)) {
      const block = Buffer.alloc(size);
      try {
        while (writeSync(file, block) > 0);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
