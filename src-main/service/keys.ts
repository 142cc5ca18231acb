// The keys to the service: the data folder's token, codes of one-time links, and a key for each browser that was let in.
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Credential, credentialOf, credentialOfKey, type Wish } from '../../shared/greeting.ts';
import { readOwnFile } from '../settings/own-file.ts';
import { replaceFile } from '../settings/replace-file.ts';

/** 192 bits. */
const SECRET_OCTETS = 24;
const SECRET = /^[\w-]{32}$/;
/** How long a one-time link works, ms. */
export const LINK_LASTS = 10 * 60_000;
/** Links that wait to be used; the oldest ends when there are more. */
const MOST_LINKS = 20;
/** A browser that has not come for so long must be let in anew, ms. */
const BROWSER_LASTS = 30 * 24 * 3_600_000;
/** Browsers that have a key; the one that has not come for longest loses it when there are more. */
const MOST_BROWSERS = 50;
/** How exactly it is written down when a browser came last, ms. */
const COARSE = 3_600_000;

const browserSchema = z.object({
  id: z.string(),
  /** What the browser signs with, in base64url. */
  key: z.string(),
  /** The origin at which it was let in: a key is good there alone, for another program may have had another port. */
  where: z.string(),
  /** What the browser calls itself. */
  name: z.string(),
  since: z.number(),
  lastAt: z.number(),
});
type StoredBrowser = z.infer<typeof browserSchema>;

/** A browser that was let in, as far as it is shown. */
export type KnownBrowser = Omit<StoredBrowser, 'key'>;

/** Who comes with a key. */
export interface Bearer {
  kind: 'token' | 'link' | 'browser';
  credential: Credential;
}

/** What each kind of key is good for. */
const allowed: Readonly<Record<Bearer['kind'], readonly Wish[]>> = {
  token: ['contract', 'enrol', 'link', 'renew', 'browsers', 'forget'],
  link: ['contract', 'enrol'],
  browser: ['contract'],
};

export function mayWish({ kind }: Bearer, want: Wish): boolean {
  return allowed[kind].includes(want);
}

/** The keys of a data folder. To be used by whoever has the folder's lock. */
export class Keys {
  readonly #dataDir: string;
  readonly #now: () => number;
  readonly #links = new Map<string, { credential: Credential; until: number }>();
  readonly #browsers = new Map<string, { stored: StoredBrowser; credential: Credential }>();
  #token: string;
  #tokenCredential: Credential;

  private constructor(dataDir: string, token: string, credential: Credential, now: () => number) {
    this.#dataDir = dataDir;
    this.#token = token;
    this.#tokenCredential = credential;
    this.#now = now;
  }

  /** Reads the keys of a data folder, or makes a first one. Throws what the file system says. */
  static async open(dataDir: string, now: () => number = Date.now): Promise<Keys> {
    const known = readToken(dataDir);
    // Whoever removed the token wanted nobody to come in any more who came in before.
    if (known === null) rmSync(join(dataDir, BROWSERS), { force: true });
    const token = known ?? writeToken(dataDir);
    const keys = new Keys(dataDir, token, await credentialOf(token), now);
    for (const stored of readBrowsers(dataDir)) {
      const credential = await credentialOfKey(stored.key);
      keys.#browsers.set(stored.id, { stored, credential });
    }
    return keys;
  }

  /** What this user's other programs must know. */
  get token(): string {
    return this.#token;
  }

  get browsers(): KnownBrowser[] {
    this.#tidy();
    return [...this.#browsers.values()].map(({ stored: { key: _, ...shown } }) => shown);
  }

  /** Whose key this is, if it is good at this address; null when it is nobody's. */
  find(id: string, where: string): Bearer | null {
    this.#tidy();
    if (id === this.#tokenCredential.id) return { kind: 'token', credential: this.#tokenCredential };
    const link = this.#links.get(id);
    if (link) return { kind: 'link', credential: link.credential };
    const browser = this.#browsers.get(id);
    if (browser?.stored.where === where) return { kind: 'browser', credential: browser.credential };
    return null;
  }

  /** The bearer has proved to have the key, and uses it. False when it has become good for nothing meanwhile. */
  use({ kind, credential: { id } }: Bearer): boolean {
    switch (kind) {
      case 'token':
        return id === this.#tokenCredential.id;
      case 'link':
        return this.#links.delete(id);
      case 'browser': {
        const browser = this.#browsers.get(id);
        if (!browser) return false;
        if (this.#now() - browser.stored.lastAt > COARSE) {
          browser.stored.lastAt = this.#now();
          this.#writeIfPossible();
        }
        return true;
      }
    }
  }

  /** Makes the code of a one-time link. */
  async link(): Promise<{ code: string; until: number }> {
    const code = newSecret();
    const until = this.#now() + LINK_LASTS;
    const credential = await credentialOf(code);
    this.#links.set(credential.id, { credential, until });
    for (const id of this.#links.keys()) {
      if (this.#links.size <= MOST_LINKS) break;
      this.#links.delete(id);
    }
    return { code, until };
  }

  /** From now on a browser comes in with the key that was agreed with it. Answers the key's name. */
  async enrol(key: string, where: string, name: string): Promise<string> {
    const credential = await credentialOfKey(key);
    const at = this.#now();
    const stored = { id: credential.id, key, where, name, since: at, lastAt: at };
    this.#browsers.set(credential.id, { stored, credential });
    this.#tidy();
    this.#writeIfPossible();
    return credential.id;
  }

  /** Takes a browser's key away; false when there is no such browser. */
  forget(id: string): boolean {
    if (!this.#browsers.delete(id)) return false;
    this.#write();
    return true;
  }

  /** A new token; all links and all browsers' keys are good for nothing from now on. */
  async renew(): Promise<string> {
    this.#links.clear();
    this.#browsers.clear();
    this.#write();
    this.#token = writeToken(this.#dataDir);
    this.#tokenCredential = await credentialOf(this.#token);
    return this.#token;
  }

  #tidy(): void {
    const now = this.#now();
    for (const [id, { until }] of this.#links) if (until <= now) this.#links.delete(id);
    for (const [id, { stored }] of this.#browsers) {
      if (now - stored.lastAt > BROWSER_LASTS) this.#browsers.delete(id);
    }
    if (this.#browsers.size <= MOST_BROWSERS) return;
    const byAge = [...this.#browsers.values()].sort((a, b) => a.stored.lastAt - b.stored.lastAt);
    for (const { stored } of byAge.slice(0, this.#browsers.size - MOST_BROWSERS))
      this.#browsers.delete(stored.id);
  }

  /** On a full disk the admin must get in all the same: the key is then good until the next start. */
  #writeIfPossible(): void {
    try {
      this.#write();
    } catch {
      // Whatever is wrong with the disk is told by those who store mail on it.
    }
  }

  #write(): void {
    const list = [...this.#browsers.values()].map(({ stored }) => stored);
    replaceFile(join(this.#dataDir, BROWSERS), `${JSON.stringify(list, null, 2)}\n`);
  }
}

const TOKEN = 'access-token';
const BROWSERS = 'browsers.json';

function newSecret(): string {
  return randomBytes(SECRET_OCTETS).toString('base64url');
}

/** The data folder's token; null when there is none, or when others could read it. */
function readToken(dataDir: string): string | null {
  const path = join(dataDir, TOKEN);
  const known = readOwnFile(path)?.trim();
  if (known === undefined || !SECRET.test(known)) return null;
  // A copy that was put back, say: others on this machine may have read it.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) return null;
  return known;
}

function writeToken(dataDir: string): string {
  const token = newSecret();
  const path = join(dataDir, TOKEN);
  replaceFile(path, `${token}\n`);
  chmodSync(path, 0o600);
  return token;
}

/** A list that cannot be read lets nobody in: browsers are then let in anew. */
function readBrowsers(dataDir: string): StoredBrowser[] {
  try {
    return z.array(browserSchema).parse(JSON.parse(readOwnFile(join(dataDir, BROWSERS)) ?? '[]'));
  } catch {
    return [];
  }
}
