// The main thread's side of authentication: messages go to a thread of their own, one by one or many at once, and never hold up the rest.
//
// What happens when things fail:
// - A message keeps the thread busy without a break: the thread is ended, that message could not be checked, and those that were with it
//   are tried once more in a new one.
// - The thread dies: the same.
// - No thread can be started: nothing can be checked, and it is tried again after a while.
// - More comes than it can do: what waits is bounded, and the rest could not be checked.
import type { Timer } from '../../../clock/clock.ts';
import { systemClock } from '../../../clock/watched.ts';
import type { Publisher } from '../../../events/emitter.ts';
import type { RelayEvents } from '../../events.ts';
import { Worker } from 'node:worker_threads';
import type { Resolve } from '../../resolver.ts';
import { headerEnd } from '../filters/results-header.ts';
import {
  PRESENT,
  PULSE,
  type FromAuthentication,
  type Outcomes,
  type Task,
  type ToAuthentication,
  type AuthenticationInput,
} from './protocol.ts';

/** Messages that the thread has at once. Nearly all of them wait for DNS. */
const MOST_AT_ONCE = 100;
/** What these may take together, octets; a larger one goes alone. A heap that is full ends the process, and not only the thread. */
const MOST_OCTETS = 64 * 1024 * 1024;
/** Octets that an octet of a header takes while it is looked at: each line is a text, each field an object, each signature copies some. */
const HEADER_WEIGHT = 24;
const MOST_WAITING = 1_000;
/** How often it is looked whether the thread still moves, ms. */
const LOOK_MS = 500;
/** Looks without a beat of its pulse before it is ended: a message that is within the bounds takes a second at most, on a slow machine. */
const PATIENCE = 16;
/** Until a new thread must be ready, ms. */
const LONGEST_START_MS = 30_000;
/** After a thread that could not be started, ms; doubled each time. */
const REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;
/** Its heap, MiB; bodies are not in it. Far more than the messages that it has at once take. */
const HEAP = 512;

export interface AuthenticatorOptions {
  /** Something happened that an admin should read in the service's log. */
  events: Publisher<RelayEvents>;
  /** Instead of Mailward's own thread. */
  file?: URL;
}

interface Job {
  id: number;
  task: Task;
  content: Buffer;
  /** Octets of memory that it takes. */
  weight: number;
  resolve: Resolve;
  tries: number;
  done: (outcome: never) => void;
  failed: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  state: Int32Array;
  ready: boolean;
  startedAt: number;
  /** What the thread has in hand. */
  jobs: Map<number, Job>;
  weight: number;
  /** The pulse as it was seen last, and how often it has been the same since. */
  pulse: number;
  still: number;
}

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #thread: Thread | null = null;
  #waiting: Job[] = [];
  #lastJob = 0;
  /** Their numbers: what one of them answered is not for messages that ask another. */
  readonly #resolvers = new WeakMap<Resolve, number>();
  #lastResolver = 0;
  #watch: Timer | null = null;
  #failures = 0;
  #restsUntil = 0;
  #whyNot = '';
  #closed = false;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Starts the thread before it is needed: the library takes a while to load. */
  warm(): void {
    if (!this.#closed && this.#thread === null && systemClock.steady() >= this.#restsUntil) this.#start();
  }

  /**
   * Finds out about one message. Rejects when it cannot be found out, with words for an admin; what DNS could not answer is part of the outcome.
   * @param resolve asked in this thread.
   * @param signal nobody waits for it any more.
   */
  async ask<Kind extends Task['kind']>(
    task: Extract<Task, { kind: Kind }>,
    content: Buffer,
    resolve: Resolve,
    signal?: AbortSignal,
  ): Promise<Outcomes[Kind]> {
    if (this.#closed) throw new Error('Mailward is stopping');
    this.warm();
    if (this.#thread === null) throw new Error(this.#whyNot);
    if (this.#waiting.length >= MOST_WAITING) throw new Error('too many messages came at once');
    return new Promise<Outcomes[Kind]>((done, failed) => {
      const job: Job = {
        id: ++this.#lastJob,
        task,
        ...needed(content),
        resolve,
        tries: 0,
        done,
        failed,
      };
      signal?.addEventListener('abort', () => this.#forget(job), { once: true });
      this.#waiting.push(job);
      this.#feed();
    });
  }

  /** Ends the thread; what it has in hand is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = this.#thread;
    const left = [...(thread?.jobs.values() ?? []), ...this.#waiting];
    this.#drop();
    this.#waiting = [];
    for (const job of left) job.failed(new Error('Mailward is stopping'));
    await thread?.worker.terminate();
  }

  #start(): void {
    // Built, the worker stands beside the bundle that holds this code; unbuilt, it is the source beside this file.
    const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './authentication-worker.js';
    const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    const worker = new Worker(this.#options.file ?? new URL(name, import.meta.url), {
      workerData: { shared } satisfies AuthenticationInput,
      name: 'authentication',
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    // Whoever has nothing else to do may end.
    worker.unref();
    const thread: Thread = {
      worker,
      state: new Int32Array(shared),
      ready: false,
      startedAt: systemClock.steady(),
      jobs: new Map(),
      weight: 0,
      pulse: 0,
      still: 0,
    };
    this.#thread = thread;
    // A thread lives in real time.
    this.#watch ??= systemClock.every(LOOK_MS, () => this.#look()).unref();
    worker.on('message', (words: FromAuthentication) => this.#heard(thread, words));
    worker.on('error', (error: unknown) =>
      this.#lost(thread, error instanceof Error ? error.message : String(error)),
    );
    worker.on('exit', () => this.#lost(thread, 'it ended'));
  }

  #feed(): void {
    const thread = this.#thread;
    if (thread?.ready !== true) return;
    while (this.#waiting.length > 0 && thread.jobs.size < MOST_AT_ONCE) {
      const [job] = this.#waiting;
      if (!job) return;
      if (thread.jobs.size > 0 && thread.weight + job.weight > MOST_OCTETS) return;
      this.#waiting.shift();
      thread.jobs.set(job.id, job);
      thread.weight += job.weight;
      // A copy, that is given away with all the memory it has: the message itself goes on to the spool.
      const content = new Uint8Array(job.content.length);
      content.set(job.content);
      const resolver = this.#numberOf(job.resolve);
      const words: ToAuthentication = { kind: 'begin', job: job.id, task: job.task, resolver, content };
      thread.worker.postMessage(words, [content.buffer]);
    }
  }

  #heard(thread: Thread, words: FromAuthentication): void {
    if (thread !== this.#thread) return;
    switch (words.kind) {
      case 'ready':
        thread.ready = true;
        this.#failures = 0;
        this.#feed();
        return;
      case 'ask':
        this.#answer(thread, words);
        return;
      case 'done':
      case 'failed': {
        const job = thread.jobs.get(words.job);
        if (!job) return;
        thread.jobs.delete(job.id);
        thread.weight -= job.weight;
        if (words.kind === 'done') job.done(words.outcome as never);
        else job.failed(new Error(words.message));
        this.#feed();
      }
    }
  }

  #answer(thread: Thread, { job, question, name, type }: Extract<FromAuthentication, { kind: 'ask' }>): void {
    const say = (words: ToAuthentication) => {
      if (thread === this.#thread) thread.worker.postMessage(words);
    };
    const known = thread.jobs.get(job);
    if (!known) return;
    const keeps = () => known.resolve.keeps?.(name, type) ?? 0;
    known
      .resolve(name, type)
      .then((answer) => say({ kind: 'answer', question, answer, keeps: keeps() }))
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        const { code: its } = error as { code?: unknown };
        const code = typeof its === 'string' ? its : null;
        say({ kind: 'no-answer', question, message, code, keeps: keeps() });
      });
  }

  #numberOf(resolve: Resolve): number {
    let number = this.#resolvers.get(resolve);
    if (number === undefined) this.#resolvers.set(resolve, (number = ++this.#lastResolver));
    return number;
  }

  /** It stays counted until the thread has let go of it. */
  #forget(job: Job): void {
    const waits = this.#waiting.indexOf(job);
    if (waits >= 0) this.#waiting.splice(waits, 1);
    else if (this.#thread?.jobs.has(job.id)) {
      const words: ToAuthentication = { kind: 'forget', job: job.id };
      this.#thread.worker.postMessage(words);
    }
    job.failed(new Error('no answer in time'));
  }

  #look(): void {
    const thread = this.#thread;
    if (!thread) return;
    if (!thread.ready) {
      if (systemClock.steady() - thread.startedAt > LONGEST_START_MS) this.#lost(thread, 'it does not start');
      return;
    }
    const pulse = Atomics.load(thread.state, PULSE);
    thread.still = thread.jobs.size > 0 && pulse === thread.pulse ? thread.still + 1 : 0;
    thread.pulse = pulse;
    if (thread.still >= PATIENCE)
      this.#lost(thread, `a message kept it busy for ${(PATIENCE * LOOK_MS) / 1000} s`);
  }

  /** The thread is gone, or has to go. */
  #lost(thread: Thread, why: string): void {
    if (thread !== this.#thread) return;
    this.#drop();
    void thread.worker.terminate();
    const words = `the thread that checks signatures was lost: ${why}`;
    this.#options.events.emit('note', { part: 'authentication', words });
    const present = Atomics.load(thread.state, PRESENT);
    const innocent: Job[] = [];
    for (const job of thread.jobs.values()) {
      if (job.id === present || ++job.tries > 1) job.failed(new Error(words));
      else innocent.push(job);
    }
    this.#waiting.unshift(...innocent);
    if (!thread.ready) {
      this.#whyNot = words;
      this.#restsUntil = systemClock.steady() + Math.min(REST_MS * 2 ** this.#failures++, LONGEST_REST_MS);
      for (const job of this.#waiting.splice(0)) job.failed(new Error(words));
    } else this.warm();
  }

  #drop(): void {
    this.#thread = null;
    this.#watch?.cancel();
    this.#watch = null;
  }
}

/** Without a signature nothing is asked about the body. */
function needed(message: Buffer): { content: Buffer; weight: number } {
  const end = headerEnd(message);
  const header = end < 0 ? message : message.subarray(0, end);
  const signed = /^(dkim-signature|arc-message-signature)[ \t\r\n]*:/im.test(header.toString('latin1'));
  const content = signed ? message : header;
  return { content, weight: content.length + HEADER_WEIGHT * header.length };
}
