// A file that a command writes for its user: whole, or not there at all, and never in the place of another.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { CannotWrite, removeIfPossible } from '../settings/replace-file.ts';
import { Ended, EXIT } from './context.ts';

/** A new file that only its owner reads. Every step ends the command when it fails. */
export class OutputFile {
  readonly #path: string;
  readonly #file: number;

  /** An existing file is not overwritten. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'wx', 0o600);
    } catch (error) {
      throw ended(path, error);
    }
  }

  /** All of it: one write may take only a part when the disk is nearly full, and say nothing. */
  write(content: string | Uint8Array): void {
    try {
      writeFileSync(this.#file, content);
    } catch (error) {
      throw ended(this.#path, error);
    }
  }

  /** Something failed: half a file would be taken for a whole one, and be in the way of the next try. */
  abandon(): void {
    removeIfPossible(this.#path);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Writes a whole file at once; as `OutputFile`. */
export function writeOutput(path: string, content: string | Uint8Array): void {
  const file = new OutputFile(path);
  try {
    file.write(content);
  } catch (error) {
    file.abandon();
    throw error;
  } finally {
    file.close();
  }
}

function ended(path: string, error: unknown): Ended {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST')
    return new Ended(EXIT.problem, `cannot write ${path}: it is there already, and is not overwritten`);
  return new Ended(EXIT.problem, new CannotWrite(path, error).message);
}
