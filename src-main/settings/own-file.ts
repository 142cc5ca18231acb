// Opens files: those of the data folder never through a link that somebody laid, and none that is no file at all.
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';

/**
 * As `open(2)` with O_NOFOLLOW, which Windows has not (there it takes a privilege to lay a link). Throws the system's error, and
 * for what is no file: a pipe would keep us waiting for ever.
 */
export function openOwnFile(path: string, flags: number): number {
  return openFile(path, flags | (onUnix.O_NOFOLLOW ?? 0));
}

/** Undefined on Windows. */
const onUnix = constants as { O_NOFOLLOW?: number; O_NONBLOCK?: number };

function openFile(path: string, flags: number): number {
  // With O_NONBLOCK a pipe opens at once; to a file it means nothing.
  const file = openSync(path, flags | (onUnix.O_NONBLOCK ?? 0), 0o600);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error(`${path} is not a file`);
}

/** Nothing that an admin writes, or names in the settings, is larger; octets. */
const MOST_NAMED = 4_194_304;

/** The content of a file that an admin wrote or named, also through a link. Throws as `openOwnFile`, and for one above 4 MiB. */
export function readNamedFile(path: string): Buffer {
  const file = openFile(path, constants.O_RDONLY);
  try {
    if (fstatSync(file).size > MOST_NAMED) throw new Error(`${path} is larger than 4 MiB`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** The text of a file; null when there is none. Throws as `openOwnFile`, ELOOP for a link. */
export function readOwnFile(path: string): string | null {
  let file: number;
  try {
    file = openOwnFile(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Device and inode; null when there is no such file or folder. */
export function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
