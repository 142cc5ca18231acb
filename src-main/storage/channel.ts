// One worker thread and the calls that wait for it. A thread that dies is started anew.
import { pause } from '../clock/clock.ts';
import { systemClock } from '../clock/watched.ts';
import { Worker } from 'node:worker_threads';
import { StorageError, toError } from './failures.ts';
import type { FileTrouble } from './open-files.ts';
import type { Call, FromWorker, Result, ToWorker, WorkerInput } from './protocol.ts';

/** Calls in one transaction at most: bounds how long a commit, and everyone waiting for it, takes. */
const MOST_TOGETHER = 512;
/** Writes in one transaction that mean there are many to come. */
const BUSY = 16;
/** How long the next transaction then waits for more, ms: each costs an fsync, however small it is. With few writers the wait costs more. */
const GATHERING_MS = 5;
/** A thread that dies within this time of its start is not started at once again, ms. */
const STEADY_MS = 5_000;
/** How long until a thread that could not be started is tried again: this, then twice as long, up to the most; ms. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

interface Waiting {
  call: Call;
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/** What happens to a thread besides answering. */
export interface ChannelEvents {
  /** It died, or could not be started again. It is being tried again. */
  ended: (error: StorageError) => void;
  /** It runs again. */
  running: () => void;
  files: (trouble: FileTrouble | null) => void;
  failed: (error: StorageError) => void;
  /** These calls were carried out (a writer's: they are on disk). */
  worked: (names: string[]) => void;
  /** Something that was put right while opening. */
  note: (words: string) => void;
}

export class Channel {
  readonly #input: () => WorkerInput;
  readonly #events: ChannelEvents;
  /** Null while the thread is being started anew; calls wait then. */
  #worker: Worker | null = null;
  #startedAt = 0;
  #pending: Waiting[] = [];
  /** The batch that the worker runs, and since when (by the monotonic clock, ms). */
  #underWay: Waiting[] | null = null;
  #underWaySince = 0;
  /** Whether its transactions cost an fsync, and are worth waiting for one another. */
  readonly #gathers: boolean;
  #flushPlanned = false;
  /** Why there is no thread, once it could not be started again; calls fail at once then. */
  #down: StorageError | null = null;
  #closing = false;
  readonly #closed = new AbortController();
  #resting: ((failure: StorageError | null) => void) | null = null;
  #rescued: ((path: string | StorageError) => void) | null = null;

  private constructor(input: () => WorkerInput, events: ChannelEvents) {
    this.#input = input;
    this.#events = events;
    this.#gathers = input().role === 'writer';
  }

  /** `input` is asked at each start of the thread. */
  static async open(input: () => WorkerInput, events: ChannelEvents): Promise<Channel> {
    const channel = new Channel(input, events);
    await channel.#start();
    return channel;
  }

  /** For how long the batch in hand has been with the disk, ms; 0 when there is none. */
  get waiting(): number {
    return this.#underWay === null ? 0 : systemClock.steady() - this.#underWaySince;
  }

  async #start(): Promise<void> {
    // Built, the worker stands beside the bundle that holds this code; unbuilt, it is the source beside this file.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './storage-worker.js';
    const input = this.#input();
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: input,
      name: `storage ${input.role}`,
    });
    let why: unknown = null;
    worker.on('error', (error: unknown) => {
      why = error;
    });
    worker.on('exit', () => this.#ended(worker, why));
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
    });
    const first = await new Promise<FromWorker>((resolve, reject) => {
      worker.once('message', resolve);
      void exited.then(() => reject(new StorageError(endedFor(why), 'ended')));
    });
    if (first.kind !== 'ready') {
      // It ends by itself, with its files closed.
      await exited;
      throw first.kind === 'failed' ? toError(first.failure) : new StorageError('it did not start');
    }
    for (const note of first.notes) this.#events.note(note);
    worker.on('message', (words: FromWorker) => this.#hear(words));
    this.#worker = worker;
    this.#startedAt = systemClock.steady();
    this.#down = null;
  }

  #hear(words: FromWorker): void {
    if (words.kind === 'results') this.#settle(words.results);
    else if (words.kind === 'files') this.#events.files(words.trouble);
    else if (words.kind === 'rescued') this.#rescued?.(words.path);
    else if (words.kind === 'failed') (this.#resting ?? this.#rescued)?.(toError(words.failure));
  }

  async call<T>(name: string, args: unknown): Promise<T> {
    if (this.#closing) throw new StorageError('the database is closed');
    if (this.#down) throw this.#down;
    return this.#enqueue<T>(name, args);
  }

  #enqueue<T>(name: string, args: unknown): Promise<T> {
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
    if (!this.#worker || this.#resting || this.#pending.length === 0 || this.#underWay) return;
    const batch = this.#pending.splice(0, MOST_TOGETHER);
    this.#underWay = batch;
    this.#underWaySince = systemClock.steady();
    this.#post({ calls: batch.map((waiting) => waiting.call) });
  }

  #post(words: ToWorker): void {
    this.#worker?.postMessage(words);
  }

  #settle(results: Result[]): void {
    const batch = this.#underWay ?? [];
    this.#underWay = null;
    if (this.#gathers && batch.length >= BUSY && this.#pending.length < 2 * batch.length) {
      this.#flushPlanned = true;
      systemClock.after(GATHERING_MS, () => this.#flush());
    } else this.#flush();
    const worked: string[] = [];
    const failures: StorageError[] = [];
    batch.forEach((waiting, index) => {
      const result = results[index];
      if (result?.ok) {
        worked.push(waiting.call.name);
        waiting.resolve(result.value as never);
        return;
      }
      const error = toError(
        result?.failure ?? { message: 'no answer from the database', sqliteCode: null },
        waiting.call.name,
      );
      if (error.failing !== null) failures.push(error);
      waiting.reject(error);
    });
    const [failed] = failures;
    if (failed) this.#events.failed(failed);
    else if (worked.length > 0) this.#events.worked(worked);
  }

  #ended(worker: Worker, why: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = null;
    this.#rescued?.(new StorageError(endedFor(why), 'ended'));
    const resting = this.#resting;
    if (resting) {
      resting(null);
      return;
    }
    const error = new StorageError(endedFor(why), 'ended');
    const inHand = this.#underWay ?? [];
    this.#underWay = null;
    // Nobody knows whether they are on disk.
    for (const one of inHand) one.reject(error);
    this.#events.ended(error);
    const isSteady = systemClock.steady() - this.#startedAt > STEADY_MS;
    void this.#revive(isSteady ? 0 : FIRST_PAUSE_MS);
  }

  async #revive(firstPause: number): Promise<void> {
    for (let rest = firstPause; ; rest = Math.min(Math.max(FIRST_PAUSE_MS, rest * 2), LONGEST_PAUSE_MS)) {
      try {
        if (rest > 0) await pause(systemClock, rest, this.#closed.signal);
        this.#closed.signal.throwIfAborted();
        await this.#start();
        this.#events.running();
        this.#flush();
        return;
      } catch (error) {
        if (this.#closed.signal.aborted) {
          this.#fail(new StorageError('the database is closed'));
          return;
        }
        const reason =
          error instanceof StorageError ? error : new StorageError((error as Error).message, 'ended');
        this.#events.ended(reason);
        this.#fail(reason);
      }
    }
  }

  #fail(error: StorageError): void {
    this.#down = error;
    for (const one of this.#pending.splice(0)) one.reject(error);
  }

  /**
   * Ends the thread once what is under way is done; calls wait until `go`. With `empty-log` all that the log holds is
   * copied into the database first; throws, and goes on as it was, when that cannot be done.
   */
  async rest(how: 'close' | 'empty-log'): Promise<void> {
    if (!this.#worker) throw this.#down ?? new StorageError('its thread is being started');
    const failure = await new Promise<StorageError | null>((resolve) => {
      this.#resting = resolve;
      this.#post(how);
    });
    if (failure === null) return;
    this.#resting = null;
    this.#flush();
    throw failure;
  }

  /** Writes what is in a database that lost its name to a file that has one; returns its path. */
  async rescue(): Promise<string> {
    const told = await new Promise<string | StorageError>((resolve) => {
      if (!this.#worker) resolve(new StorageError(endedFor(null), 'ended'));
      this.#rescued = resolve;
      this.#post('rescue');
    });
    if (typeof told === 'string') return told;
    throw told;
  }

  /** Starts the thread again after `rest`; when it cannot be started it is tried again, and `ended` says why. */
  async go(): Promise<void> {
    this.#resting = null;
    await this.#revive(0);
  }

  /** A thread that cannot be started is not tried any more. */
  stopTrying(): void {
    this.#closed.abort();
  }

  /** Lets calls under way finish, then ends the thread. */
  async close(): Promise<void> {
    while (this.#worker && (this.#underWay || this.#pending.length > 0)) {
      await this.#enqueue('highestId', undefined).catch(() => undefined);
    }
    this.#closing = true;
    this.stopTrying();
    this.#fail(new StorageError('the database is closed'));
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
    });
    this.#worker = null;
    worker.postMessage('close');
    await exited;
  }
}

function endedFor(why: unknown): string {
  return why === null
    ? 'its thread ended'
    : `its thread ended: ${why instanceof Error ? why.message : 'an error without words'}`;
}
