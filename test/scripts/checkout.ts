// A pretend checkout: the real scripts/, with stand-ins for npm, the bundler and the product, each a few lines.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { scratch } from '../lab/scratch.ts';
import { patience } from '../lab/wait.ts';

const scripts = resolve(import.meta.dirname, '../../scripts');

/** What the stand-in for npm does on `ci`: as npm, it empties node_modules, fills it, and writes its own record. */
const npm = `
const { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync, existsSync, readFileSync } = require('node:fs');
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
if (existsSync('npm-fails')) { console.error('npm error network is down'); process.exit(1); }
rmSync('node_modules', { recursive: true, force: true });
cpSync('modules', 'node_modules', { recursive: true });
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
`;

/** The stand-in for electron-vite: "bundles" the sources, one entry and one file named by its content. */
const bundler = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync, existsSync } = require('node:fs');
const { createHash } = require('node:crypto');
const out = process.argv[process.argv.indexOf('--outDir') + 1];
appendFileSync('builds', 'built\\n');
if (existsSync('build-fails')) { console.error('src-main/cli/main.js:1:1 oh no'); process.exit(1); }
const source = readFileSync('src-main/cli/main.js', 'utf8');
const chunk = 'chunk-a-' + createHash('sha256').update(source).digest('hex').slice(0, 8) + '.js';
mkdirSync(out + '/main', { recursive: true });
writeFileSync(out + '/main/' + chunk, source);
setTimeout(() => writeFileSync(out + '/main/mailward.js', 'import "./' + chunk + '";'), 300);
`;

/**
 * The stand-in for the product: says what it was started with, and stops when asked. It listens for signals before it
 * says a word, as the product does: whoever has read the word may stop it at once.
 */
export const product = `
if (process.argv[2] === 'serve') {
  setInterval(() => {}, 1000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
    console.log('stopping on ' + signal);
    setTimeout(() => process.exit(0), 200);
  });
}
console.log(JSON.stringify(process.argv.slice(2)));
if (process.argv[2] !== 'serve') process.exit(Number(process.argv[3] ?? 0));
`;

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

export class Checkout implements Disposable {
  #folder = scratch('checkout');
  readonly root = this.#folder.path;

  constructor() {
    cpSync(scripts, this.path('scripts'), { recursive: true });
    this.write('package.json', '{"type":"module"}');
    this.write('fake/npm.cjs', npm);
    this.write('modules/electron-vite/bin.cjs', bundler);
    this.write('modules/electron/package.json', '{"version":"1.2.3"}');
    this.write('modules/electron/install.js', "require('node:fs').writeFileSync('electron-install-ran', '')");
    for (const name of ['electron.vite.config.ts', 'tsconfig.base.json']) this.write(name, '');
    this.write('src-main/cli/main.js', product);
    this.lock('1.0.0');
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(name: string, content: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : '';
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** Writes a lock file that asks for a version of the bundler, and for one package that no platform has. */
  lock(version: string): void {
    const packages = {
      '': {},
      'node_modules/electron-vite': {
        version,
        integrity: `sha-${version}`,
        bin: { 'electron-vite': 'bin.cjs' },
      },
    };
    this.write('package-lock.json', JSON.stringify({ packages }));
  }

  launch(script: string, args: string[] = [], env: Record<string, string> = {}): ChildProcess {
    const inherited = { ...process.env };
    const ours = /^(npm_|DISPLAY$|WAYLAND_DISPLAY$|ELECTRON|INIT_CWD$|VITEST|NODE_)/;
    for (const name of Object.keys(inherited)) {
      if (ours.test(name)) Reflect.deleteProperty(inherited, name);
    }
    return spawn(process.execPath, [this.path('scripts', script), ...args], {
      cwd: this.root,
      env: { ...inherited, npm_execpath: this.path('fake/npm.cjs'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async run(script: string, args: string[] = [], env: Record<string, string> = {}): Promise<Ended> {
    return ended(this.launch(script, args, env));
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** Waits for a process to end and its output to be complete. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  const [status] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { status, ...output };
}
