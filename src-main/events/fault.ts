// What an operator reads in the log: what went wrong, in which part, and why.

/** The parts that have something to say in the log. */
export type Part =
  | 'authentication'
  | 'bounces'
  | 'checks'
  | 'clock'
  | 'command-line'
  | 'delivery'
  | 'door'
  | 'modes'
  /** Nobody knows which: nobody foresaw it. */
  | 'process'
  | 'recipients'
  | 'search'
  | 'settings'
  | 'storage'
  | 'user-interface';

/** Something that did not go as it should. */
export interface Fault {
  part: Part;
  domain?: string;
  /** The message's number in the spool. */
  messageId?: number;
  /** What could not be done, and what comes of it. */
  what: string;
  /** Why: whatever was thrown. */
  error: unknown;
}

/** Something that an operator should know, and nobody's fault. */
export interface Note {
  part: Part;
  domain?: string;
  words: string;
}

/** Where it is told. Neither may throw. */
export interface Log {
  fault: (fault: Fault) => void;
  note: (note: Note) => void;
}

/** For whatever has no log of its own. */
export const noLog: Log = { fault: () => undefined, note: () => undefined };

/** A fault with where it came from: for what nobody foresaw. */
export function traceOf({ what, error }: Pick<Fault, 'what' | 'error'>): string {
  return `${what}: ${(error instanceof Error ? error.stack : undefined) ?? errorWords(error)}`;
}

/** Characters of what was thrown that are told. */
const LONGEST = 300;

/** A fault on one line. */
export function faultWords({ what, error }: Pick<Fault, 'what' | 'error'>): string {
  return `${what}: ${errorWords(error)}`;
}

/** The names of JavaScript's own errors say what kind of mistake it was. */
function namedMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

/** What was thrown, with what led to it, on one line without control characters. */
export function errorWords(error: unknown): string {
  try {
    const words: string[] = [];
    for (
      let one = error;
      one !== undefined && words.length < 5;
      one = one instanceof Error ? one.cause : undefined
    )
      words.push(namedMessage(one));
    return words
      .join(': ')
      .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
      .slice(0, LONGEST);
  } catch {
    // Whatever can be thrown may throw in its turn when it is asked what it is.
    return 'something that cannot be put into words';
  }
}
