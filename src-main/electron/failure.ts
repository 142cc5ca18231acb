// Why Mailward could not start, in words that say what to do.
import { DataDirLocked } from '../engine/lock.ts';

export interface Failure {
  /** One sentence. */
  what: string;
  /** What to do, and the error's own words. */
  detail: string;
  /** Whether looking into the data folder helps. */
  showFolder: boolean;
}

/** Errors of the file system that mean Mailward may not, or cannot, write to its folder. */
const unwritable: Readonly<Record<string, string>> = {
  EACCES: 'Give your user the right to write there',
  EPERM: 'Give your user the right to write there',
  EROFS: 'The disk is mounted read-only: mount it for writing',
  ENOSPC: 'The disk is full: free some space',
  EDQUOT: 'Your disk quota is used up: free some space',
  ENOTDIR: 'Part of the path is a file: move that away',
  EEXIST: 'There is a file where the folder should be: move that away',
};

/** Puts what `openBackend` rejected with into words for the person in front of the screen. */
export function explain(error: unknown, dataDir: string): Failure {
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof DataDirLocked) {
    const who = error.holder === null ? 'Another Mailward' : `Another Mailward (process ${error.holder.pid})`;
    return {
      what: `${who} is using the data folder.`,
      detail: `Close that one first, or start this one on a folder of its own with --data DIR.\n\nFolder: ${dataDir}`,
      showFolder: false,
    };
  }
  const remedy = unwritable[codeOf(error)];
  if (remedy !== undefined) {
    return {
      what: 'Mailward cannot write to its data folder.',
      detail: `${remedy}, or start Mailward on another folder with --data DIR.\n\nFolder: ${dataDir}\n${words}`,
      showFolder: false,
    };
  }
  return {
    what: 'Mailward could not start.',
    detail: `${words}\n\nFolder: ${dataDir}`,
    showFolder: true,
  };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}
