// Replaces a small file so that a crash, or a full disk, leaves the old one or the new one and never half of either.
import { closeSync, constants, fsyncSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { openOwnFile } from './own-file.ts';

/**
 * Writes the content beside the file, makes sure it is on disk, and puts it in the file's place in one step.
 * Relies on rename(2) being atomic within a folder (POSIX; on Windows, MoveFileEx with replacement, as libuv calls it).
 * The file can be read by this user alone. Throws what the file system says; the old file is then untouched.
 */
export function replaceFile(path: string, content: string): void {
  const temporary = `${path}.new`;
  // Whatever is left there from before may have other rights, or be another name of some other file.
  rmSync(temporary, { force: true });
  const file = openOwnFile(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  try {
    // All of it, or an error: one write may take only a part when the disk is nearly full.
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
