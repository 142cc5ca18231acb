// Small documents from servers that nobody vouches for: bounded in size, time and redirects, and never from where they should not be.
import { lookup } from 'node:dns/promises';
import { request as plain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as secure } from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { isPublic } from './addresses.ts';
import { patientSignal } from './lateness.ts';

export interface HttpAnswer {
  /** The address that answered in the end, after redirects. */
  url: string;
  status: number;
  /** Names in lower case; repeated headers joined by a comma. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** Every address that was asked, in order, with the status of each. */
  way: readonly { url: string; status: number }[];
}

export interface GetOptions {
  signal: AbortSignal;
  /** Longest time for the whole of it, redirects included, ms. */
  timeoutMs: number;
  /** Longest body, octets. */
  maxBytes: number;
  /** How many redirects are followed; with 0 a redirect is an answer. */
  redirects: number;
  accept: string;
  /**
   * Whether it may come from loopback and private networks: only when the admin named the server. It goes for the host of the address
   * that is asked for; a redirect to another is followed to the public Internet alone.
   */
  allowPrivate: boolean;
  /** Further hosts that the admin named, to which a redirect may lead wherever they are. */
  named?: readonly string[];
  /** Finds the addresses of a name; the system's way when left out. */
  find?: (name: string) => Promise<readonly string[]>;
}

/** Why there is no answer, in words for an admin. */
export class HttpFailure extends Error {
  /** What was asked last. */
  readonly url: string;
  constructor(message: string, url: string) {
    super(message);
    this.url = url;
  }
}

/**
 * Gets a document over HTTP or HTTPS. Certificates are verified; a redirect from HTTPS to HTTP is not followed.
 * @throws `HttpFailure` when there is no complete answer, of whatever status.
 */
export async function get(address: string, options: GetOptions): Promise<HttpAnswer> {
  using late = patientSignal(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, late.signal]);
  const way: { url: string; status: number }[] = [];
  const trusted = trustedHosts(address, options);
  let url = address;
  for (;;) {
    const at = readUrl(url, trusted);
    const allowPrivate = trusted.has(hostOf(at));
    const answer = await once(at, { ...options, allowPrivate }, signal).catch((error: unknown) => {
      throw error instanceof HttpFailure
        ? error
        : new HttpFailure(
            late.signal.aborted ? `no answer within ${options.timeoutMs / 1000} s` : words(error as Error),
            url,
          );
    });
    way.push({ url, status: answer.status });
    const location = answer.headers['location'];
    if (options.redirects === 0 || !isRedirect(answer.status) || location === undefined)
      return { ...answer, url, way };
    const next = URL.parse(location, url)?.href;
    if (next === undefined)
      throw new HttpFailure(`redirected to ${clip(location)}, which is no address`, url);
    if (at.protocol === 'https:' && next.startsWith('http:'))
      throw new HttpFailure(`redirected from HTTPS to ${clip(next)}, which is not secured`, url);
    if (way.some((step) => step.url === next)) throw new HttpFailure('redirected in a circle', url);
    if (way.length > options.redirects)
      throw new HttpFailure(`redirected more than ${options.redirects} times`, url);
    url = next;
  }
}

/** The hosts that may be in private networks. A server that the admin named vouches for itself, not for those that it points to. */
function trustedHosts(address: string, { allowPrivate, named = [] }: GetOptions): ReadonlySet<string> {
  const first = URL.parse(address);
  return new Set(allowPrivate && first !== null ? [hostOf(first), ...named.map(plainHost)] : []);
}

function hostOf(url: URL): string {
  return plainHost(url.hostname);
}

/** One form for a host's name: lower case, no dot at its end, no brackets. */
function plainHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function readUrl(text: string, trusted: ReadonlySet<string>): URL {
  const url = URL.parse(text);
  if (url === null) throw new HttpFailure(`${clip(text)} is no address`, text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new HttpFailure(`led to ${clip(text)}, which is not HTTP`, text);
  if (url.username !== '' || url.password !== '')
    throw new HttpFailure(`led to an address with a password in it`, text);
  const host = hostOf(url);
  if (!trusted.has(host) && isIP(host) !== 0 && !isPublic(host))
    throw new HttpFailure(`led to ${host}, which is not an address of the public Internet`, text);
  return url;
}

function once(url: URL, options: GetOptions, signal: AbortSignal): Promise<Omit<HttpAnswer, 'url' | 'way'>> {
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? secure : plain)(
      url,
      {
        signal,
        agent: false,
        maxHeaderSize: 16_384,
        headers: { accept: options.accept, 'accept-encoding': 'identity', 'user-agent': 'Mailward' },
        lookup: lookupFor(options, url.href),
      },
      (response) => {
        gather(response, options.maxBytes, url.href).then(resolve, reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

/** Looks names up so that a name can lead nowhere that an address may not. */
function lookupFor({ find = systemAddresses, allowPrivate }: GetOptions, url: string): LookupFunction {
  return (name, options, done) => {
    const answer = async () => {
      const all = await find(name);
      const allowed = allowPrivate ? all : all.filter(isPublic);
      if (all.length === 0) throw new HttpFailure(`${name} has no address`, url);
      if (allowed.length === 0)
        throw new HttpFailure(
          `${name} is at ${all.join(', ')}, which is no address of the public Internet`,
          url,
        );
      return allowed.map((address) => ({ address, family: isIP(address) }));
    };
    answer().then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) done(null, addresses);
        else done(null, first?.address ?? '', first?.family);
      },
      (error: unknown) => done(error as Error, []),
    );
  };
}

async function systemAddresses(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

async function gather(
  response: IncomingMessage,
  maxBytes: number,
  url: string,
): Promise<Omit<HttpAnswer, 'url' | 'way'>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) {
      response.destroy();
      throw new HttpFailure(`the answer is longer than ${maxBytes / 1024} KiB`, url);
    }
    parts.push(part);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    throw new HttpFailure(
      `the answer is packed (${headers['content-encoding']}) though that was not asked for`,
      url,
    );
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(parts) };
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** A network error in words. */
export function words(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (error.name === 'AbortError') return 'given up';
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'the connection was cut';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    case 'ETIMEDOUT':
      return 'no answer';
    case 'ENOTFOUND':
      return 'its name has no address';
    case 'EAI_AGAIN':
      return 'its name could not be looked up';
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name';
    case undefined:
      return error.message;
    default:
      return `${error.message} (${code})`;
  }
}

/** The text of a document, for evidence: short, on one line. */
export function excerpt(body: Buffer, length = 200): string {
  return clip(body.toString('utf8').replace(/\s+/g, ' ').trim(), length);
}

function clip(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
