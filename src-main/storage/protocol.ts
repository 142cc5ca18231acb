// What the storage worker and its caller say to each other.
import type { FileTrouble } from './open-files.ts';

export interface WorkerInput {
  path: string;
  role: 'writer' | 'reader';
  /** Whether a database may be begun: only by a start, never by a thread that takes up another's work. */
  mayBegin: boolean;
  /** Whether a time of change that is not of the writer's own making means that somebody else wrote. */
  trustTimes: boolean;
}

export interface Call {
  name: string;
  args: unknown;
}

export interface WorkerFailure {
  message: string;
  /** SQLite's extended result code, where the failure came from SQLite. */
  sqliteCode: number | null;
  /** The files are not where they were when they were opened: what was asked for may be in them, and cannot be relied on. */
  files?: FileTrouble;
}

export type Result = { ok: true; value: unknown } | { ok: false; failure: WorkerFailure };

/**
 * `close` ends the thread. `empty-log` does so too, once all that the log holds is in the database; else it says why not, and goes
 * on. `rescue` writes what is in a database that lost its name to a file that has one.
 */
export type ToWorker = { calls: Call[] } | 'close' | 'empty-log' | 'rescue';

export type FromWorker =
  | { kind: 'ready'; notes: string[] }
  | { kind: 'failed'; failure: WorkerFailure }
  | { kind: 'results'; results: Result[] }
  | { kind: 'rescued'; path: string }
  /** The files went, or came back. */
  | { kind: 'files'; trouble: FileTrouble | null };
