// The caller's side of the database: a writer thread with group commit, and a reader thread that never holds it up.
import { Worker } from 'node:worker_threads';
import type { Reads, Writes } from './operations/index.ts';
import type { Call, Result, WorkerFailure, WorkerInput } from './protocol.ts';

/** A call that the database could not carry out. */
export class StorageError extends Error {}
/** The disk, or the quota on it, is full (SQLITE_FULL, or an I/O error while writing for want of space). */
export class StorageFull extends StorageError {}

const SQLITE_FULL = 13;
/** Calls in one transaction at most: bounds how long a commit, and everyone waiting for it, takes. */
const MOST_TOGETHER = 512;
/** Writes in one transaction that mean there are many to come. */
const BUSY = 16;
/** How long the next transaction then waits for more, ms: each costs an fsync, however small it is. With few writers the wait costs more. */
const GATHERING = 5;

interface Waiting {
  call: Call;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** One worker thread and the calls that wait for it. */
class Channel {
  readonly #worker: Worker;
  #pending: Waiting[] = [];
  /** The batch that the worker runs. */
  #underWay: Waiting[] | null = null;
  /** Whether its transactions cost an fsync, and are worth waiting for one another. */
  readonly #gathers: boolean;
  #flushPlanned = false;
  #ended: Error | null = null;

  private constructor(worker: Worker, gathers: boolean) {
    this.#worker = worker;
    this.#gathers = gathers;
    worker.on('message', (results: Result[]) => this.#settle(results));
    worker.on('error', (error: unknown) =>
      this.#end(error instanceof Error ? error : new StorageError(String(error))),
    );
    worker.on('exit', () => this.#end(new StorageError('the database is closed')));
  }

  static async open(input: WorkerInput): Promise<Channel> {
    // Built, the worker stands beside the bundle that holds this code; unbuilt, it is the source beside this file.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './storage-worker.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: input,
      name: `storage ${input.role}`,
    });
    const first = await new Promise<'ready' | WorkerFailure>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    if (first !== 'ready') {
      await worker.terminate();
      throw toError(first);
    }
    return new Channel(worker, input.role === 'writer');
  }

  async call<T>(name: string, args: unknown): Promise<T> {
    if (this.#ended) throw this.#ended;
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ call: { name, args }, resolve, reject });
      if (this.#flushPlanned || this.#underWay) return;
      this.#flushPlanned = true;
      // After this turn of the event loop: whatever else arrives in it shares the commit.
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#flushPlanned = false;
    if (this.#ended || this.#pending.length === 0 || this.#underWay) return;
    const batch = this.#pending.splice(0, MOST_TOGETHER);
    this.#underWay = batch;
    this.#worker.postMessage(batch.map((waiting) => waiting.call));
  }

  #settle(results: Result[]): void {
    const batch = this.#underWay ?? [];
    this.#underWay = null;
    if (this.#gathers && batch.length >= BUSY && this.#pending.length < 2 * batch.length) {
      this.#flushPlanned = true;
      setTimeout(() => this.#flush(), GATHERING);
    } else this.#flush();
    batch.forEach((waiting, index) => {
      const result = results[index];
      if (result?.ok) waiting.resolve(result.value as never);
      else
        waiting.reject(
          toError(result?.failure ?? { message: 'no answer from the database', sqliteCode: null }),
        );
    });
  }

  #end(error: Error): void {
    this.#ended ??= error;
    const waiting = [...(this.#underWay ?? []), ...this.#pending];
    this.#underWay = null;
    this.#pending = [];
    for (const one of waiting) one.reject(this.#ended);
  }

  /** Lets calls under way finish, then ends the thread. */
  async close(): Promise<void> {
    while (this.#underWay || this.#pending.length > 0) {
      await this.call('highestId', undefined).catch(() => undefined);
    }
    if (this.#ended) return;
    const exited = new Promise<void>((resolve) => {
      this.#worker.once('exit', () => resolve());
    });
    this.#worker.postMessage('close');
    await exited;
  }
}

type Operations = Record<string, (args: never) => unknown>;
type Caller<Ops extends Operations> = <Name extends keyof Ops & string>(
  name: Name,
  ...args: Parameters<Ops[Name]> extends [] ? [] : [Parameters<Ops[Name]>[0]]
) => Promise<ReturnType<Ops[Name]>>;

export interface Database {
  /** In order with all other writes, and on disk when the promise resolves. May also run a read, in the same order. */
  write: Caller<Writes & Reads>;
  /** From the last committed state, beside the writes. */
  read: Caller<Reads>;
  close: () => Promise<void>;
}

/** Opens (and if need be makes or brings up to date) the database file. Throws `StorageError` with the reason. */
export async function openDatabase(path: string): Promise<Database> {
  const writer = await Channel.open({ path, role: 'writer' });
  const reader = await Channel.open({ path, role: 'reader' });
  return {
    write: (name, ...args) => writer.call(name, args[0]),
    read: (name, ...args) => reader.call(name, args[0]),
    close: async () => {
      await reader.close();
      await writer.close();
    },
  };
}

function toError(failure: WorkerFailure): StorageError {
  const primary = failure.sqliteCode === null ? null : failure.sqliteCode & 0xff;
  return primary === SQLITE_FULL || /no space|disk is full/i.test(failure.message)
    ? new StorageFull('the disk is full')
    : new StorageError(failure.message);
}
