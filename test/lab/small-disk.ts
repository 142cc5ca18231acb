// A small file system of its own, so that a full disk is a real one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from './scratch.ts';

export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Takes the given octets away from the free space, until `free`. */
  fill: (octets: number) => void;
  free: () => Promise<void>;
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
  return {
    path,
    fill: (octets) => writeFileSync(ballast, Buffer.alloc(octets)),
    free: () => rm(ballast, { force: true }),
    [Symbol.dispose]() {
      const gone = spawnSync('umount', ['-l', path], { encoding: 'utf8' });
      if (gone.status !== 0) throw new Error(`cannot unmount ${path}: ${gone.stderr}`);
      folder[Symbol.dispose]();
    },
  };
}
