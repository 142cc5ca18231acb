// How the two ends of a connection show each other that they know the same secret, without either of them saying it.
//
//   client  hello      which key, for what, and a random number
//   server  challenge  another random number, and its proof
//   client  answer     its own proof, once the server's has been found right
//   server  welcome
//
// A proof is HMAC-SHA-256 (RFC 2104) under the secret over: whose proof it is, the address at which the client believes the
// server to be, what the client wants, and both random numbers. So a program that has taken the server's port learns nothing
// that it could use, now or later; and one that passes everything on to the real server, which stands at another address,
// fails because the two sign different addresses. The server proves first: who cannot, hears no proof of the client's.
import { z } from 'zod';

/** A key that signs: what WebCrypto calls a CryptoKey. */
type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A secret as far as it is needed here: its name, which may be known, and a key that signs. */
export interface Credential {
  id: string;
  key: SigningKey;
}

/**
 * What a client wants: to speak the contract; the same and a key of its own for next time; or, with the data folder's own
 * token alone, a one-time link, a new token, the list of browsers, or one of them forgotten.
 */
const wishes = ['contract', 'enrol', 'link', 'renew', 'browsers', 'forget'] as const;
export type Wish = (typeof wishes)[number];

/** Octets of a random number, of a proof, and of a derived key. */
const OCTETS = 32;
const ID_OCTETS = 12;
/** Base64url characters of 32 octets. */
const CHARACTERS = 43;
/** Longest message of the greeting, in characters. */
const longestGreeting = 4096;

const number = z.string().length(CHARACTERS);

export const helloSchema = z.object({
  mailward: z.literal(1),
  key: z.string().max(64),
  want: z.enum(wishes),
  /** What a wish is about: the browser to forget. */
  about: z.string().max(64).default(''),
  nonce: number,
});
export type Hello = z.infer<typeof helloSchema>;

/** Why a server does not go on: it does not know the key (any more), or may not do what is wanted. */
const refusals = ['unknown-key', 'not-allowed'] as const;
export type GreetingRefusal = (typeof refusals)[number];

const refusalSchema = z.object({ refused: z.enum(refusals) });
const challengeSchema = z.union([z.object({ nonce: number, proof: number }), refusalSchema]);
const welcomeSchema = z.union([
  z.object({ welcome: z.record(z.string(), z.unknown()) }),
  refusalSchema,
  /** What was wanted could not be done; a sentence. */
  z.object({ failed: z.string().max(2000) }),
]);
export const answerSchema = z.object({ proof: number });

/** The server did not prove that it knows the secret: it is another program. */
export class Unproven extends Error {
  override readonly name = 'Unproven';
  constructor() {
    super('it could not prove that it is Mailward: another program has taken its place there');
  }
}

/** The server says no. Before it has proved anything this may be said by another program too. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: GreetingRefusal;
  /** Whether the server had proved who it is when it said so. */
  readonly proven: boolean;
  constructor(refusal: GreetingRefusal, proven: boolean) {
    super(
      refusal === 'unknown-key'
        ? 'it does not know this access key: access was renewed, or another program has taken its place there'
        : 'this access key does not allow that',
    );
    this.refusal = refusal;
    this.proven = proven;
  }
}

/** The server let us in and could not do what we wanted. The message says why, in its words. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

/** The credential that a secret in writing makes: a token, the code of a one-time link. */
export function credentialOf(secret: string): Promise<Credential> {
  return credentialFrom(new TextEncoder().encode(secret));
}

/** The credential of a key of 32 octets, in base64url. Throws when it is none. */
export function credentialOfKey(key: string): Promise<Credential> {
  return credentialFrom(octetsOf(key));
}

/** The key can sign, and cannot be read out again: whoever gets hold of it later has it as long as they have this page. */
async function credentialFrom(secret: Uint8Array<ArrayBuffer>): Promise<Credential> {
  const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign', 'verify']);
  return { id: text((await sign(key, ['mailward 1, name of a key'])).slice(0, ID_OCTETS)), key };
}

/** A random number as it goes over the wire. */
export function randomNumber(): string {
  return text(crypto.getRandomValues(new Uint8Array(OCTETS)));
}

/** What both proofs are about. */
export interface Meeting {
  /** The origin at which the client believes the server to be, e.g. `http://127.0.0.1:8025`. */
  where: string;
  hello: Hello;
  serverNonce: string;
}

type Side = 'server' | 'client';

export async function proofOf(key: SigningKey, side: Side, meeting: Meeting): Promise<string> {
  return text(await sign(key, partsOf(`mailward 1, proof of the ${side}`, meeting)));
}

/** Takes the same time whatever is wrong with it. */
export async function isProof(
  key: SigningKey,
  side: Side,
  meeting: Meeting,
  proof: string,
): Promise<boolean> {
  try {
    return await crypto.subtle.verify(
      'HMAC',
      key,
      octetsOf(proof),
      message(partsOf(`mailward 1, proof of the ${side}`, meeting)),
    );
  } catch {
    // Not base64url at all.
    return false;
  }
}

/** The key that a browser and the server agree upon in a meeting, in base64url: it never goes over the wire. */
export async function agreedKey(key: SigningKey, meeting: Meeting): Promise<string> {
  return text(await sign(key, partsOf('mailward 1, key of a browser', meeting)));
}

/** One end of a connection that carries lines of text. `next` rejects when the connection ends first. */
export interface Wire {
  send: (line: string) => void;
  next: () => Promise<string>;
}

export interface Introduction {
  credential: Credential;
  where: string;
  want: Wish;
  about?: string;
  /** Called before the client gives its proof, when it wants to be enrolled: keeps the key for next time. */
  keep?: (own: Credential) => Promise<void>;
}

/**
 * The client's side. Answers what the server says in its welcome. Throws `Unproven`, `Refused`, `Failed`, or what the wire throws; in
 * none of these cases has the server got anything that it did not know before.
 */
export async function introduce(wire: Wire, introduction: Introduction): Promise<Record<string, unknown>> {
  const { credential, where, want, about = '', keep } = introduction;
  const hello: Hello = { mailward: 1, key: credential.id, want, about, nonce: randomNumber() };
  wire.send(JSON.stringify(hello));
  const challenge = read(challengeSchema, await wire.next());
  if (challenge === null) throw new Unproven();
  if ('refused' in challenge) throw new Refused(challenge.refused, false);
  const meeting: Meeting = { where, hello, serverNonce: challenge.nonce };
  if (!(await isProof(credential.key, 'server', meeting, challenge.proof))) throw new Unproven();
  if (keep) await keep(await credentialOfKey(await agreedKey(credential.key, meeting)));
  wire.send(JSON.stringify({ proof: await proofOf(credential.key, 'client', meeting) }));
  const welcome = read(welcomeSchema, await wire.next());
  if (welcome === null) throw new Unproven();
  if ('refused' in welcome) throw new Refused(welcome.refused, true);
  if ('failed' in welcome) throw new Failed(welcome.failed);
  return welcome.welcome;
}

/** Reads a message of the greeting; null when it is none. */
export function read<Schema extends z.ZodType>(schema: Schema, line: string): z.infer<Schema> | null {
  if (line.length > longestGreeting) return null;
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** What both `WebSocket` of a browser and of `ws` can do, as far as a greeting needs it. */
interface Socket {
  send: (line: string) => void;
  addEventListener: (type: 'message' | 'close', listener: (event: object) => void) => void;
  removeEventListener: (type: 'message' | 'close', listener: (event: object) => void) => void;
}

/** The lines that come over a socket, until `end` is called: from then on they are somebody else's. */
export function wireOf(socket: Socket): Wire & { end: () => void } {
  const lines: string[] = [];
  let waiting: PromiseWithResolvers<string> | null = null;
  let closed = false;
  const onMessage = (event: object) => {
    const data = 'data' in event ? event.data : null;
    // Anything that is not text is no line of the greeting, and is found to be none.
    const line = typeof data === 'string' ? data : '';
    if (waiting !== null) waiting.resolve(line);
    // Both sides take turns: whoever talks on without waiting is not listened to.
    else if (lines.length < 2) lines.push(line);
    waiting = null;
  };
  const onClose = () => {
    closed = true;
    waiting?.reject(new Error('the connection ended'));
  };
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', onClose);
  return {
    send: (line) => socket.send(line),
    next: () => {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (closed) return Promise.reject(new Error('the connection ended'));
      waiting = Promise.withResolvers<string>();
      return waiting.promise;
    },
    end: () => {
      socket.removeEventListener('message', onMessage);
      socket.removeEventListener('close', onClose);
    },
  };
}

const hmac = { name: 'HMAC', hash: 'SHA-256' } as const;

async function sign(key: SigningKey, parts: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message(parts)));
}

/** JSON, so that no two lists of words give the same octets. */
function message(parts: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(parts));
}

function partsOf(what: string, { where, hello, serverNonce }: Meeting): string[] {
  return [what, where, hello.key, hello.want, hello.about, hello.nonce, serverNonce];
}

function text(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function octetsOf(base64url: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}
