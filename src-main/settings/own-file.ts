// Opens files of the data folder: those that are really there, never through a link that somebody laid.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/**
 * As `open(2)` with O_NOFOLLOW, which Windows has not (there it takes a privilege to lay a link). Throws the system's error, and
 * for what is no file: a pipe would keep us waiting for ever.
 */
export function openOwnFile(path: string, flags: number): number {
  // Undefined on Windows. With O_NONBLOCK a pipe opens at once; to a file it means nothing.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as { O_NOFOLLOW?: number; O_NONBLOCK?: number };
  const file = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error(`${path} is not a file`);
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
