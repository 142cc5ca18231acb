// A thread in the authentication thread's place: the subject of a message says what becomes of it.
import { parentPort, workerData } from 'node:worker_threads';
import {
  PRESENT,
  PULSE,
  type FromAuthentication,
  type ToAuthentication,
  type AuthenticationInput,
} from '../../../../src-main/relay/policy/authentication/protocol.ts';

const state = new Int32Array((workerData as AuthenticationInput).shared);
const say = (words: FromAuthentication) => parentPort?.postMessage(words);
setInterval(() => Atomics.add(state, PULSE, 1), 50);

parentPort?.on('message', (words: ToAuthentication) => {
  if (words.kind !== 'begin') return;
  Atomics.store(state, PRESENT, words.job);
  const content = Buffer.from(words.content).toString('latin1');
  const { job } = words;
  if (content.includes('hangs')) for (;;);
  if (content.includes('dies')) process.exit(1);
  if (content.includes('throws'))
    setImmediate(() => {
      throw new Error('broken');
    });
  if (content.includes('at once')) say({ kind: 'done', job, outcome: [] });
  if (content.includes('waits')) setTimeout(() => say({ kind: 'done', job, outcome: [] }), 1_000);
});
say({ kind: 'ready' });
