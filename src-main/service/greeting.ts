// The service's side of the greeting (shared/greeting.ts): who comes, whether they have the key, and what they want.
import {
  agreedKey,
  answerSchema,
  helloSchema,
  isProof,
  type Meeting,
  proofOf,
  randomNumber,
  read,
  type GreetingRefusal,
  type Wire,
  type Wish,
} from '../../shared/greeting.ts';
import { type Keys, mayWish } from './keys.ts';

/** Who has shown that they may come in. */
export interface Guest {
  want: Wish;
  about: string;
  /** The key they came with, or got. */
  keyId: string;
  /** Whether that key is a browser's own, which can be forgotten. */
  isBrowser: boolean;
}

/**
 * Hears a client out. Null when it is not let in: it has been told why, unless it did not speak the greeting at all. Rejects
 * with what the wire says when it ends first. `name` is what a browser that gets a key of its own is remembered as.
 */
export async function receive(wire: Wire, where: string, keys: Keys, name: string): Promise<Guest | null> {
  const refuse = (refused: GreetingRefusal) => {
    wire.send(JSON.stringify({ refused }));
    return null;
  };
  const hello = read(helloSchema, await wire.next());
  if (hello === null) return null;
  const bearer = keys.find(hello.key, where);
  if (bearer === null) return refuse('unknown-key');
  const { key } = bearer.credential;
  const meeting: Meeting = { where, hello, serverNonce: randomNumber() };
  wire.send(JSON.stringify({ nonce: meeting.serverNonce, proof: await proofOf(key, 'server', meeting) }));
  const answer = read(answerSchema, await wire.next());
  if (answer === null) return null;
  if (!(await isProof(key, 'client', meeting, answer.proof))) return refuse('unknown-key');
  if (!mayWish(bearer, hello.want)) return refuse('not-allowed');
  const own = hello.want === 'enrol' ? await agreedKey(key, meeting) : null;
  // From the proof to here another may have used the same link.
  if (!keys.use(bearer)) return refuse('unknown-key');
  const guest = { want: hello.want, about: hello.about };
  if (own === null) return { ...guest, keyId: bearer.credential.id, isBrowser: bearer.kind === 'browser' };
  return { ...guest, keyId: await keys.enrol(own, where, name), isBrowser: true };
}
