// What the storage worker and its caller say to each other.

export interface WorkerInput {
  path: string;
  role: 'writer' | 'reader';
}

export interface Call {
  name: string;
  args: unknown;
}

export interface WorkerFailure {
  message: string;
  /** SQLite's extended result code, where the failure came from SQLite. */
  sqliteCode: number | null;
}

export type Result = { ok: true; value: unknown } | { ok: false; failure: WorkerFailure };
