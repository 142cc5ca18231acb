// Who may talk to the service: whoever has the token, from a page that the service itself served.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** 192 bits. */
const TOKEN_BYTES = 24;
const TOKEN = /^[\w-]{32}$/;

/** Reads the data folder's access token, or makes one. It stays the same, so that a bookmark goes on working. */
export function accessToken(dataDir: string): string {
  const path = join(dataDir, 'access-token');
  try {
    const known = readFileSync(path, 'utf8').trim();
    if (TOKEN.test(known)) return known;
  } catch {
    // No token yet: the folder is new, or the admin removed the file to have a new one.
  }
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}

export function sameToken(given: string, token: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(token);
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Whether a request's Host names us. A hostile page can point a name of its own at 127.0.0.1 (DNS rebinding); its
 * requests then carry that name. Names and addresses that are ours: the one listened on, and localhost.
 */
export function hostAllowed(host: string | undefined, listen: { host: string; port: number }): boolean {
  if (host === undefined) return false;
  const name = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const names = new Set([name, 'localhost', '127.0.0.1', '[::1]']);
  return [...names].some((one) => host === `${one}:${listen.port}` || (listen.port === 80 && host === one));
}

/** Whether the page that asks is ours: same host and port as the request went to. Programs send no Origin. */
export function originAllowed(origin: string | undefined, host: string): boolean {
  return origin === undefined || origin === `http://${host}`;
}
