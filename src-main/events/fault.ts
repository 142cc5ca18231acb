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
  | 'journal'
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

/** Characters of what was thrown that are told on one line. */
const LONGEST = 300;
/** Errors of one fault that are told: some hold hundreds, or themselves. */
const MOST = 20;
const NO_WORDS = 'something that cannot be put into words';

/** A fault on one line. */
export function faultWords({ what, error }: Pick<Fault, 'what' | 'error'>): string {
  return `${what}: ${errorWords(error)}`;
}

/** A fault with where it came from: for what nobody foresaw. */
export function traceOf({ what, error }: Pick<Fault, 'what' | 'error'>): string {
  return `${what}: ${errorTrace(error)}`;
}

/** What was thrown, with what led to it or failed together with it, on one line without control characters. Never throws. */
export function errorWords(error: unknown): string {
  return wordsOf(error, namedMessage)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, LONGEST);
}

/** What was thrown, for whoever gave the command: its own message, and of several things that failed together those of all. Never throws. */
export function errorMessage(error: unknown): string {
  return isBundle(error) ? wordsOf(error, messageOf) : said(() => messageOf(error));
}

/** Where what was thrown came from, and what led to it or failed together with it: on several lines. Never throws. */
export function errorTrace(error: unknown): string {
  const traces: string[] = [];
  const seen = new Set<unknown>();
  const walk = (one: unknown) => {
    if (seen.has(one) || seen.size >= MOST) return;
    seen.add(one);
    traces.push(said(() => (one instanceof Error && one.stack ? one.stack : namedMessage(one))));
    for (const inner of behind(one)) walk(inner);
  };
  walk(error);
  return traces.join('\nbehind it: ');
}

/** The kind of what was thrown, e.g. `RangeError`. Never throws. */
export function errorKind(error: unknown): string {
  return said(() => (error instanceof Error ? error.name : typeof error));
}

function wordsOf(error: unknown, ownWords: (error: unknown) => string): string {
  const seen = new Set<unknown>();
  const tell = (one: unknown): string => {
    if (seen.has(one) || seen.size >= MOST) return '';
    seen.add(one);
    const own = said(() => (isBundle(one) ? bundleWords(one) : ownWords(one)));
    const inner = behind(one)
      .map(tell)
      .filter((words) => words !== '');
    return [own, inner.join('; ')].filter((words) => words !== '').join(': ');
  };
  return tell(error) || errorKind(error);
}

/** Several things failed together, or one while another was being put right: what happened is in them. */
function isBundle(error: unknown): error is AggregateError | SuppressedError {
  try {
    return error instanceof AggregateError || error instanceof SuppressedError;
  } catch {
    return false;
  }
}

/** A `SuppressedError` has nothing of its own to say, and of an `AggregateError` only what whoever made it gave it. */
function bundleWords(error: AggregateError | SuppressedError): string {
  return error instanceof SuppressedError ? '' : error.message;
}

/** What led to it, or all that failed together, in the order in which it happened. */
function behind(error: unknown): unknown[] {
  try {
    if (!(error instanceof Error)) return [];
    const together: unknown[] = [];
    if (error instanceof SuppressedError) together.push(error.suppressed, error.error);
    else if (error instanceof AggregateError) together.push(...(error.errors as unknown[]).slice(0, MOST));
    return error.cause === undefined ? together : [...together, error.cause];
  } catch {
    return [];
  }
}

/** The names of JavaScript's own errors say what kind of mistake it was. */
function namedMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whatever can be thrown may throw in its turn when it is asked what it is, or say something that is no text. */
function said(ask: () => unknown): string {
  try {
    const words = ask();
    return typeof words === 'string' ? words : NO_WORDS;
  } catch {
    return NO_WORDS;
  }
}
