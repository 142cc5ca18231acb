// The built user interface: a list of files made once. A request can name nothing but what is in it, and holds no file open.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface InterfaceFile {
  body: Buffer;
  type: string;
  /** Its name changes with its content. */
  immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export class InterfaceFiles {
  /** Where the files are, by the paths at which they are served. */
  readonly #places = new Map<string, string>();
  readonly #read = new Map<string, InterfaceFile>();
  /** The one inline script of the page, as a Content-Security-Policy names it; null when there is no page. */
  readonly inlineScript: string | null = null;

  /** Finds the user interface; it has no files when it has not been built. */
  constructor(folder = interfaceDir()) {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || types[extname(entry.name)] === undefined) continue;
      const file = join(entry.parentPath, entry.name);
      this.#places.set(`/${relative(folder, file).split(sep).join('/')}`, file);
    }
    // The page and its parts are those of one build, even if another is made while we run.
    const page = this.find('/index.html');
    if (page === null) return;
    const scripts = [...this.#places.keys()].filter((path) => path.endsWith('.js'));
    const map = importMap(scripts, (path) => this.#hashOf(path));
    this.inlineScript = `sha256-${createHash('sha256').update(map).digest('base64')}`;
    page.body = Buffer.from(withIntegrity(page.body.toString(), map, (path) => this.#hashOf(path)));
    this.#read.set('/', page);
  }

  #hashOf(path: string): string | null {
    const body = this.find(path)?.body;
    return body === undefined ? null : `sha384-${createHash('sha384').update(body).digest('base64')}`;
  }

  /** The file at a path; null when there is none. Never throws. */
  find(path: string): InterfaceFile | null {
    const known = this.#read.get(path);
    if (known) return known;
    const place = this.#places.get(path);
    const type = types[extname(path)];
    if (place === undefined || type === undefined) return null;
    try {
      const file = { body: readFileSync(place), type, immutable: path.startsWith('/assets/') };
      this.#read.set(path, file);
      return file;
    } catch {
      // Gone with an older build.
      return null;
    }
  }
}

type HashOf = (path: string) => string | null;

/** What each script must hash to, also those that are loaded later (HTML, import maps: `integrity`). */
function importMap(scripts: readonly string[], hashOf: HashOf): string {
  const integrity = Object.fromEntries(scripts.map((path) => [`.${path}`, hashOf(path)]));
  return JSON.stringify({ integrity });
}

/**
 * Writes into the page what each script and style must hash to (Subresource Integrity): what another program left in a
 * browser's cache under these names, while it had our port, is not run then.
 */
function withIntegrity(page: string, map: string, hashOf: HashOf): string {
  const named = page.replace(/ (?:src|href)="\.(\/assets\/[^"]+)"/g, (attribute, path: string) => {
    const hash = hashOf(path);
    return hash === null ? attribute : `${attribute} integrity="${hash}"`;
  });
  // Before the first module: a map that comes later is not heeded by every browser.
  return named.replace('<head>', `<head><script type="importmap">${map}</script>`);
}

/** Beside the bundle, or in `out/` when running from source. */
function interfaceDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, '..', 'renderer');
  return existsSync(beside) ? beside : join(here, '..', '..', 'out', 'renderer');
}
