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
    page.body = Buffer.from(withIntegrity(page.body.toString(), (path) => this.find(path)?.body ?? null));
    this.#read.set('/', page);
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

/**
 * Writes into the page what each script and style that it names must hash to (Subresource Integrity): what another program
 * left in a browser's cache under these names, while it had our port, is not run then.
 */
function withIntegrity(page: string, read: (path: string) => Buffer | null): string {
  return page.replace(/ (?:src|href)="\.(\/assets\/[^"]+)"/g, (attribute, path: string) => {
    const body = read(path);
    if (body === null) return attribute;
    return `${attribute} integrity="sha384-${createHash('sha384').update(body).digest('base64')}"`;
  });
}

/** Beside the bundle, or in `out/` when running from source. */
function interfaceDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, '..', 'renderer');
  return existsSync(beside) ? beside : join(here, '..', '..', 'out', 'renderer');
}
