// Why Mailward could not start, in words that say what to do.
import { BrokenSettings, DataDirLocked, DataDirUnusable, errorMessage } from './neighbours.ts';

export interface StartFailure {
  /** One sentence. */
  what: string;
  /** What to do, and the error's own words. */
  detail: string;
  /** Whether looking into the data folder helps. */
  showFolder: boolean;
}

/** Errors of the file system that mean Mailward may not, or cannot, write to its folder, and the remedy. */
const unwritable: Readonly<Record<string, string>> = {
  EACCES: 'Give your user the right to write there',
  EPERM: 'Give your user the right to write there',
  EROFS: 'The disk is mounted read-only: mount it for writing',
  ENOSPC: 'The disk is full: free some space',
  EDQUOT: 'Your disk quota is used up: free some space',
  ENOTDIR: 'Part of the path is a file: move that away',
  EEXIST: 'There is a file where the folder should be: move that away',
};

/** Puts what kept Mailward from starting into words for the person in front of the screen. */
export function explain(error: unknown, dataDir: string): StartFailure {
  const words = sentence(errorMessage(error));
  const folder = `Folder: ${dataDir}`;
  if (error instanceof DataDirLocked) {
    return { what: 'Another Mailward is using the data folder.', detail: words, showFolder: false };
  }
  if (error instanceof BrokenSettings) {
    return {
      what: 'Mailward does not understand its settings.',
      detail: `${words}\n\nNothing has been changed. Mend the file, or move it away to start with the usual settings.`,
      showFolder: true,
    };
  }
  const remedy = unwritable[codeOf(error)];
  if (remedy !== undefined || error instanceof DataDirUnusable) {
    return {
      what: 'Mailward cannot use its data folder.',
      detail:
        remedy === undefined
          ? words
          : `${remedy}, or start Mailward on another folder with --data DIR.\n\n${folder}\n${words}`,
      showFolder: false,
    };
  }
  return { what: 'Mailward could not start.', detail: `${words}\n\n${folder}`, showFolder: true };
}

/** The engine's errors are written to follow a program's name; here they stand alone. */
function sentence(message: string): string {
  // A path keeps its letters as they are.
  const capital = /^[a-z]+\s/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}
