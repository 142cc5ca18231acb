// The app:// scheme: serves the built user interface, and nothing else, from one folder.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { protocol } from 'electron';
import { fileFor } from './interface-file.ts';
import { isOurUrl, scheme } from './our-page.ts';

/** To be called before the app is ready: Chromium fixes its list of schemes when it starts. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves `folder` at app://mailward/. To be called once the app is ready. */
export function serveInterface(folder: string): void {
  protocol.handle(scheme, (request) => respond(folder, request));
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/**
 * Inline styles are allowed because the component library writes its theme as a style element; inline script is not.
 * `connect-src 'self'` is the app's own files: the page has no network, what it knows comes over its port.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Cache-Control': 'no-cache',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), serial=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

async function respond(folder: string, request: Request): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Method not allowed');
  const path = isOurUrl(request.url) ? fileFor(folder, new URL(request.url).pathname) : null;
  const type = path === null ? undefined : types[extname(path).toLowerCase()];
  if (path === null || type === undefined) return refuse(404, 'Not found');
  try {
    const content = await readFile(path);
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(content), {
      headers: { ...headers, 'Content-Type': type, 'Content-Length': String(content.byteLength) },
    });
  } catch {
    // Missing, a folder, unreadable: to the page they are the same.
    return refuse(404, 'Not found');
  }
}

function refuse(status: number, words: string): Response {
  return new Response(words, {
    status,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
  });
}
