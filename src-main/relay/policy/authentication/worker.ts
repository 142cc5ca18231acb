// The thread that authenticates mail. Whatever a stranger's message costs to look at, it costs it here, and the main thread can end it.
import type { Timer } from '../../../clock/clock.ts';
import { systemClock } from '../../../clock/watched.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { Resolve } from '../../resolver.ts';
import { answersOf } from './answers.ts';
import {
  PRESENT,
  PULSE,
  type FromAuthentication,
  type Outcomes,
  type Task,
  type ToAuthentication,
  type AuthenticationInput,
} from './protocol.ts';
import { KeptAnswers, type KeptAnswer } from './kept-answers.ts';
import { SpfResults } from './spf-results.ts';
import { authenticate, authenticateSender } from './verify.ts';

// Only the words of an error leave this thread. That DNS has no such name is one too, some times for each message, and a stack costs more than
// the answer.
Error.stackTraceLimit = 0;

/** How often the pulse beats while there is work, ms. */
const BEAT_MS = 200;

const { shared } = workerData as AuthenticationInput;
const state = new Int32Array(shared);
const port = parentPort;
if (!port) throw new Error('the authentication worker runs only as a worker thread');

interface Question {
  job: number;
  /** What it asks, for those who ask the same. */
  key: string;
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

const questions = new Map<number, Question>();
/** What each message goes by: the number of its resolver. */
const jobs = new Map<number, number>();
const kept = new KeptAnswers(() => systemClock.steady());
const spfResults = new SpfResults(() => systemClock.steady());
let lastQuestion = 0;
let beating: Timer | null = null;

const say = (words: FromAuthentication) => port.postMessage(words);

/** A question, for those who ask the same. */
function keyOf(resolver: number, name: string, type: string): string {
  return `${resolver} ${type} ${name.toLowerCase()}`;
}

/** The main thread has the resolver. What it said before is asked again only when it no longer counts. */
async function ask(job: number, name: string, type: string): Promise<unknown> {
  const resolver = jobs.get(job);
  if (resolver === undefined) throw new Error('nobody waits for the answer');
  const key = keyOf(resolver, name, type);
  const known = kept.get(key);
  if (known) return said(known);
  const question = ++lastQuestion;
  return new Promise((resolve, reject) => {
    questions.set(question, { job, key, resolve, reject });
    say({ kind: 'ask', job, question, name, type });
  });
}

async function run(
  job: number,
  task: Task,
  resolver: number,
  content: Uint8Array,
): Promise<Outcomes[keyof Outcomes]> {
  const message = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const resolve: Resolve = async (name, type) => ask(job, name, type);
  resolve.keeps = (name, type) => kept.left(keyOf(resolver, name, type));
  if (task.kind === 'filters') {
    const results = spfResults.by(resolver);
    return answersOf(await authenticate(message, task.client, resolve, results));
  }
  const { spf, dkim } = await authenticateSender(message, task.client, resolve, task.longest);
  return {
    spf,
    dkim: dkim.flatMap((one) =>
      one.status.result === 'pass' && one.signingDomain && !one.canonBodyLengthLimited
        ? [one.signingDomain.toLowerCase()]
        : [],
    ),
    unclear: spf === 'temperror' || dkim.some((one) => one.status.result === 'temperror'),
  };
}

function said(answer: KeptAnswer): unknown {
  if ('value' in answer) return answer.value;
  throw Object.assign(new Error(answer.message), { code: answer.code });
}

function begin(job: number, task: Task, resolver: number, content: Uint8Array): void {
  jobs.set(job, resolver);
  beating ??= systemClock.every(BEAT_MS, () => Atomics.add(state, PULSE, 1));
  run(job, task, resolver, content)
    .then(
      (outcome) => say({ kind: 'done', job, outcome }),
      (error: unknown) =>
        say({ kind: 'failed', job, message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => {
      jobs.delete(job);
      if (jobs.size > 0 || beating === null) return;
      beating.cancel();
      beating = null;
    });
}

function take(question: number): Question | undefined {
  const known = questions.get(question);
  questions.delete(question);
  if (known) Atomics.store(state, PRESENT, known.job);
  return known;
}

port.on('message', (words: ToAuthentication) => {
  Atomics.add(state, PULSE, 1);
  switch (words.kind) {
    case 'begin':
      Atomics.store(state, PRESENT, words.job);
      begin(words.job, words.task, words.resolver, words.content);
      break;
    case 'forget':
      jobs.delete(words.job);
      for (const [question, { job, reject }] of questions) {
        if (job !== words.job) continue;
        questions.delete(question);
        reject(new Error('nobody waits for the answer'));
      }
      break;
    case 'answer': {
      const question = take(words.question);
      if (question) kept.set(question.key, { value: words.answer }, words.keeps);
      question?.resolve(words.answer);
      break;
    }
    case 'no-answer': {
      const { message, code, keeps } = words;
      const question = take(words.question);
      if (question) kept.set(question.key, { message, code }, keeps);
      question?.reject(Object.assign(new Error(message), { code }));
      break;
    }
  }
});
say({ kind: 'ready' });
