// This browser's own key to the service: in IndexedDB, where a page can sign with it and cannot read it out.
import { z } from 'zod';
import type { Credential } from '../shared/greeting.ts';

const database = 'mailward';
const store = 'keys';
const name = 'access';

const credentialSchema = z.object({
  id: z.string(),
  // Looked for when it is needed: at an address that is not safe a browser has no such thing.
  key: z.custom<CryptoKey>((value) => value instanceof CryptoKey),
});

/** A browser that forgets everything (a private window) still has it until the page is closed. */
let present: Credential | null = null;

export async function readOwnKey(): Promise<Credential | null> {
  if (present !== null) return present;
  try {
    const kept = credentialSchema.safeParse(await within('readonly', (keys) => keys.get(name)));
    return kept.success ? kept.data : null;
  } catch {
    return null;
  }
}

/** Keeps the key for this address, instead of the one before. */
export async function keepOwnKey(credential: Credential): Promise<void> {
  present = credential;
  await within('readwrite', (keys) => keys.put(credential, name)).catch(() => undefined);
}

export async function dropOwnKey(): Promise<void> {
  present = null;
  await within('readwrite', (keys) => keys.delete(name)).catch(() => undefined);
}

async function within<T>(mode: IDBTransactionMode, run: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = window.indexedDB.open(database, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(store));
  const db = await settled(opening);
  try {
    return await settled(run(db.transaction(store, mode).objectStore(store)));
  } finally {
    db.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser keeps nothing')));
  });
}
