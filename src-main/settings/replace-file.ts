// Replaces a small file so that a crash, or a full disk, leaves the old one or the new one and never half of either.
import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openOwnFile } from './own-file.ts';

/** A file could not be replaced: the old one is untouched. The message says which, why and what to do. */
export class CannotWrite extends Error {
  override readonly name = 'CannotWrite';
  /** The system's, such as `ENOSPC`. */
  readonly code: string | undefined;
  constructor(path: string, error: unknown) {
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy = (code === undefined ? undefined : REMEDIES[code]) ?? `it failed (${message})`;
    super(`cannot write ${path}: ${remedy}`, { cause: error });
    this.code = code;
  }
}

const NOT_ALLOWED = 'this user may not write there; give it the right to';

/** What the system says when a file cannot be written (errno(3)), and what helps. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space on it, and try again',
  EDQUOT: "this user's quota on that disk is used up; raise it or free some space, and try again",
  EROFS: 'its disk can only be read; mount it for writing, and try again',
  EIO: "the disk fails; look at the disk and the system's log",
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EMFILE: 'this process has no file descriptor left; raise its limit (ulimit -n)',
  ENFILE: 'this machine has no file descriptor left',
};

/**
 * Writes the content beside the file, makes sure it is on disk, and puts it in the file's place in one step.
 * Relies on rename(2) being atomic within a folder (POSIX; on Windows, MoveFileEx with replacement, as libuv calls it).
 * The file can be read by this user alone. Throws `CannotWrite`; the old file is then untouched, and nothing is left beside it.
 */
export function replaceFile(path: string, content: string): void {
  replaceFiles([[path, content]]);
}

/**
 * As `replaceFile`, for files of one folder that belong together: all of them are on disk before the first takes its place, in the order
 * given, so that for want of room none is replaced.
 */
export function replaceFiles(files: readonly (readonly [path: string, content: string])[]): void {
  let at = '';
  try {
    for (const [path, content] of files) {
      at = path;
      writeBeside(path, content);
    }
    for (const [path] of files) {
      at = path;
      renameSync(beside(path), path);
    }
  } catch (error) {
    // What was begun takes no room on a disk that has none, and is no secret that lies about.
    for (const [path] of files) removeIfPossible(beside(path));
    throw new CannotWrite(at, error);
  }
  keepNames(dirname(at));
}

const beside = (path: string) => `${path}.new`;

function writeBeside(path: string, content: string): void {
  const temporary = beside(path);
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
}

/** Removes a file that may lie there for ever if the disk can only be read: whoever reads it knows that its writer may be gone. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The disk can only be read, or worse: that is told already.
  }
}

/**
 * New names in a folder are on disk only when the folder is (fsync(2)): a power cut would bring the old file back, and with it keys that were taken
 * away. Windows cannot open folders, and writes names through.
 */
function keepNames(path: string): void {
  if (process.platform === 'win32') return;
  try {
    const folder = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The new file is in its place all the same; some file systems cannot sync a folder.
  }
}
