// The keys to the service: the data folder's token, codes of one-time links, and a key for each browser that was let in.
import { systemClock } from '../clock/watched.ts';
import { randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Credential, credentialOf, credentialOfKey, type Wish } from '../../shared/greeting.ts';
import { readOwnFile } from '../settings/own-file.ts';
import { replaceFile, replaceFiles } from '../settings/replace-file.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/time.ts';

/** 192 bits. */
const SECRET_OCTETS = 24;
const SECRET = /^[\w-]{32}$/;
/** How long a one-time link works, ms. */
export const LINK_LASTS_MS = 10 * MINUTE_MS;
/** Links that wait to be used; the oldest ends when there are more. */
const MOST_LINKS = 20;
/** A browser that has not come for so long must be let in anew, ms. */
const BROWSER_LASTS_MS = 30 * DAY_MS;
/** Browsers that have a key; the one that has not come for longest loses it when there are more. */
const MOST_BROWSERS = 50;
/** How exactly it is written down when a browser came in last, ms: not at every visit. While we run it is known exactly. */
const COARSE_MS = HOUR_MS;

const browserSchema = z.object({
  id: z.string(),
  /** What the browser signs with: 32 octets in base64url. */
  key: z.string().regex(/^[\w-]{43}$/),
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

/** All keys were renewed while something was made for one who came with a former key: they get nothing. */
export class Renewed extends Error {
  constructor() {
    super('access was renewed meanwhile');
  }
}

/** A browser was shut out, but not on disk. */
export class ForgottenForNow extends Error {
  constructor(cause: Error) {
    super(`the browser is shut out, but only until Mailward is started anew: ${cause.message}`, { cause });
  }
}

export function mayWish({ kind }: Bearer, want: Wish): boolean {
  return allowed[kind].includes(want);
}

/** The keys of a data folder. To be used by whoever has the folder's lock. */
export class Keys {
  readonly #dataDir: string;
  readonly #now: () => number;
  readonly #steady: () => number;
  /** A link ends by both clocks: by `until` (UTC ms), which is told, and by `steadyUntil`, which a clock that is set back does not move. */
  readonly #links = new Map<string, { credential: Credential; until: number; steadyUntil: number }>();
  readonly #browsers = new Map<
    string,
    { stored: StoredBrowser; credential: Credential /** Its `lastAt` as it is on disk. */; writtenAt: number }
  >();
  /** Browsers that were shut out while the disk took nothing: they are still in the file. */
  readonly #unwritten = new Set<string>();
  #token: string;
  #tokenCredential: Credential;
  #renewals = 0;

  private constructor(
    dataDir: string,
    token: string,
    credential: Credential,
    now: () => number,
    steady: () => number,
  ) {
    this.#dataDir = dataDir;
    this.#token = token;
    this.#tokenCredential = credential;
    this.#now = now;
    this.#steady = steady;
  }

  /** Reads the keys of a data folder, or makes a first one. Throws what the file system says. */
  static async open(
    dataDir: string,
    now: () => number = systemClock.now,
    steady: () => number = systemClock.steady,
  ): Promise<Keys> {
    const known = readToken(dataDir);
    // Whoever removed the token wanted nobody to come in any more who came in before.
    if (known === null) rmSync(join(dataDir, BROWSERS), { force: true });
    const token = known ?? writeToken(dataDir, newSecret());
    const keys = new Keys(dataDir, token, await credentialOf(token), now, steady);
    for (const stored of readBrowsers(dataDir)) {
      const credential = await credentialOfKey(stored.key);
      keys.#browsers.set(stored.id, { stored, credential, writtenAt: stored.lastAt });
    }
    return keys;
  }

  /** What this user's other programs must know. */
  get token(): string {
    return this.#token;
  }

  /** How often all keys were renewed. Whoever began to come in before that is not let in after it. */
  get renewals(): number {
    return this.#renewals;
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
        browser.stored.lastAt = this.#now();
        if (Math.abs(browser.stored.lastAt - browser.writtenAt) > COARSE_MS) this.#writeIfPossible();
        return true;
      }
    }
  }

  /** Whether a browser's key is still good, at whatever address. */
  knows(id: string): boolean {
    return this.#browsers.has(id);
  }

  /** Makes the code of a one-time link. Throws `Renewed`. */
  async link(): Promise<{ code: string; until: number }> {
    const renewals = this.#renewals;
    const code = newSecret();
    const until = this.#now() + LINK_LASTS_MS;
    const credential = await credentialOf(code);
    if (renewals !== this.#renewals) throw new Renewed();
    this.#links.set(credential.id, { credential, until, steadyUntil: this.#steady() + LINK_LASTS_MS });
    for (const id of this.#links.keys()) {
      if (this.#links.size <= MOST_LINKS) break;
      this.#links.delete(id);
    }
    return { code, until };
  }

  /** From now on a browser comes in with the key that was agreed with it. Answers the key's name. Throws `Renewed`. */
  async enrol(key: string, where: string, name: string): Promise<string> {
    const renewals = this.#renewals;
    const credential = await credentialOfKey(key);
    if (renewals !== this.#renewals) throw new Renewed();
    const at = this.#now();
    const stored = { id: credential.id, key, where, name, since: at, lastAt: at };
    this.#browsers.set(credential.id, { stored, credential, writtenAt: at });
    this.#tidy();
    this.#writeIfPossible();
    return credential.id;
  }

  /**
   * Takes a browser's key away; false when there is no such browser. Throws `ForgottenForNow` when the disk takes nothing: the
   * browser is shut out all the same, until the next start, and asking again writes it down.
   */
  forget(id: string): boolean {
    if (!this.#browsers.delete(id) && !this.#unwritten.has(id)) return false;
    this.#unwritten.add(id);
    try {
      this.#write();
    } catch (error) {
      throw new ForgottenForNow(error as Error);
    }
    return true;
  }

  /**
   * A new token; all links and all browsers' keys are good for nothing from now on. Throws `CannotWrite` when the disk takes nothing: all
   * keys are then good as before.
   */
  async renew(): Promise<string> {
    const token = newSecret();
    const credential = await credentialOf(token);
    // All at once from here on: nothing is made with a former key in between. The token comes last: until it is another, nothing was renewed.
    replaceFiles([
      [join(this.#dataDir, BROWSERS), '[]\n'],
      [join(this.#dataDir, TOKEN), `${token}\n`],
    ]);
    this.#renewals++;
    this.#links.clear();
    this.#browsers.clear();
    this.#unwritten.clear();
    this.#token = token;
    this.#tokenCredential = credential;
    return token;
  }

  #tidy(): void {
    const now = this.#now();
    const steady = this.#steady();
    for (const [id, { until, steadyUntil }] of this.#links)
      if (until <= now || steadyUntil <= steady) this.#links.delete(id);
    for (const [id, { stored }] of this.#browsers) {
      if (now - stored.lastAt > BROWSER_LASTS_MS) this.#browsers.delete(id);
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
    // Also where it fails: a full disk is not tried again at every visit.
    for (const browser of this.#browsers.values()) browser.writtenAt = browser.stored.lastAt;
    replaceFile(join(this.#dataDir, BROWSERS), `${JSON.stringify(list, null, 2)}\n`);
    this.#unwritten.clear();
  }
}

const TOKEN = 'access-token';
const BROWSERS = 'browsers.json';

function newSecret(): string {
  return randomBytes(SECRET_OCTETS).toString('base64url');
}

/** The data folder's token; null when there is none, or when others could read it. */
function readToken(dataDir: string): string | null {
  const known = readSecret(join(dataDir, TOKEN))?.trim();
  return known !== undefined && SECRET.test(known) ? known : null;
}

/** A file that only this user could read; null when there is none, or when others could: a copy that was put back, say. */
function readSecret(path: string): string | null {
  const text = readOwnFile(path);
  return text !== null && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0 ? null : text;
}

function writeToken(dataDir: string, token: string): string {
  replaceFile(join(dataDir, TOKEN), `${token}\n`);
  return token;
}

/** A list that cannot be read lets nobody in: browsers are then let in anew. */
function readBrowsers(dataDir: string): StoredBrowser[] {
  try {
    return z.array(browserSchema).parse(JSON.parse(readSecret(join(dataDir, BROWSERS)) ?? '[]'));
  } catch {
    return [];
  }
}
