// Files that a command is told to read or to write: what is in the way is said in plain words, with the path and what to do.
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CannotWrite } from '../settings/replace-file.ts';
import { Ended, EXIT } from './context.ts';

type Doing = 'read' | 'write';

/** Why a file cannot be read or written, from what the system says. */
function fileWords(error: unknown, path: string, doing: Doing): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const folder = dirname(path);
  switch (code) {
    case 'EEXIST':
      return isFolder(path)
        ? `${path} is a folder; name a file in it`
        : `${path} is there already and is not overwritten; choose another name, or remove it first`;
    case 'EISDIR':
      return `${path} is a folder; name a file in it`;
    case 'ENOENT':
      return doing === 'read'
        ? `there is no file ${path}`
        : `there is no folder ${folder} in which the file could be made; make it first, or choose another`;
    case 'ENOTDIR':
      return `${path} leads through a file as if that were a folder; choose another path`;
    case 'EACCES':
    case 'EPERM':
      return doing === 'read'
        ? `this user may not read ${path}; give them the right to, or run this as a user who has it`
        : `this user may not write to ${folder}; choose another folder, or give them the right to`;
    case 'ENAMETOOLONG':
      return `the name ${path.slice(0, 80)}… is too long; choose a shorter one`;
    default:
      return doing === 'write' ? new CannotWrite(path, error).message : `cannot read ${path}: ${message}`;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The text of a file, or without one of standard input. Ends the command when it cannot be read. */
export function readText(path: string | undefined): string {
  const isStandardInput = path === undefined || path === '-';
  try {
    return readFileSync(isStandardInput ? 0 : path, 'utf8');
  } catch (error) {
    throw new Ended(
      EXIT.usage,
      isStandardInput
        ? `cannot read standard input: ${(error as Error).message}`
        : fileWords(error, path, 'read'),
    );
  }
}

/** A new file that only its owner reads, written piece by piece. What goes wrong ends the command. */
interface NewFile {
  write: (content: string | Uint8Array) => void;
  close: () => void;
  /** Closes it and takes it away: half of it would pass for all. */
  discard: () => void;
}

export function openNewFile(path: string): NewFile {
  const ended = (error: unknown) => new Ended(EXIT.problem, fileWords(error, path, 'write'));
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw ended(error);
  }
  return {
    write: (content) => {
      try {
        // All of it, or an error: one write may take only a part when the disk is nearly full.
        writeFileSync(file, content);
      } catch (error) {
        throw ended(error);
      }
    },
    close: () => closeSync(file),
    discard: () => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

/** Writes a new file in one go, or leaves none. */
export function writeNewFile(path: string, content: string | Uint8Array): void {
  const file = openNewFile(path);
  try {
    file.write(content);
  } catch (error) {
    file.discard();
    throw error;
  }
  file.close();
}
