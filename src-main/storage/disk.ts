// The disk that holds the data folder: how much room there is, and whether it may be written to at all.
import { systemClock } from '../clock/watched.ts';
import { accessSync, constants, statfsSync, utimesSync } from 'node:fs';

export interface Disk {
  /** For this user. */
  freeBytes: number;
  writable: boolean;
}

/** With less than this free, octets, what cannot be written cannot for want of room. */
export const NO_ROOM = 1024 * 1024;

/**
 * Looks at the disk of a folder. What cannot be found out is taken to be well: storing shows it.
 * @param closely by changing the folder's times, too: Linux says nothing of it (access(2)) when a file system has shut itself off after an
 *   error of its own, and mail that does not come would not show it either.
 */
export function lookAtDisk(folder: string, closely = false): Disk {
  let freeBytes = Number.POSITIVE_INFINITY;
  let writable = true;
  try {
    const disk = statfsSync(folder);
    freeBytes = disk.bavail * disk.bsize;
    accessSync(folder, constants.W_OK);
    if (closely) {
      const now = systemClock.now() / 1000;
      utimesSync(folder, now, now);
    }
  } catch (error) {
    // A folder that is gone, and a file system that cannot say, are found out otherwise: storing fails, and the client is told then.
    if ((error as NodeJS.ErrnoException).code === 'EROFS') writable = false;
  }
  return { freeBytes, writable };
}
