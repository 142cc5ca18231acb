// Opens files of the data folder: those that are really there, never through a link that somebody laid.
import { closeSync, constants, openSync, readFileSync } from 'node:fs';

/** As `open(2)` with O_NOFOLLOW, which Windows has not (there it takes a privilege to lay a link). Throws the system's error. */
export function openOwnFile(path: string, flags: number): number {
  // `constants.O_NOFOLLOW` is undefined on Windows.
  const noFollow = (constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;
  return openSync(path, flags | noFollow, 0o600);
}

/** The text of a file; null when there is none. Throws the system's error, ELOOP for a link. */
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
