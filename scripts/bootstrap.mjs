// Makes a fresh checkout able to run: dependencies as the lock file says, and a Node new enough for the tools.
// Everything in scripts/ runs on Node 20 with nothing installed; whatever needs more is started with `node24()`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Everything that may be thrown away: caches, locks, temporary files. Never committed. */
export const cacheDir = join(root, '.cache');

const modules = join(root, 'node_modules');
const lockFile = join(root, 'package-lock.json');
const stampFile = join(modules, '.mailward-lock');

/** An error whose message is all that a user needs to see. */
export class Problem extends Error {}

/** A script was called with what it does not take; the message says what that is. */
export class WrongUsage extends Problem {}

/** Whether somebody asks how a script is used. */
export function asksForHelp(args) {
  return args.includes('--help') || args.includes('-h');
}

/** Progress goes to standard error: standard output belongs to the command that was asked for. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a script's main function; a `Problem` becomes one line and exit status 1.
 * @param usage how it is used: told when it is asked for, before anything is done, and with exit status 2 after a `WrongUsage`. Without one
 * all arguments are for whatever the script starts.
 */
export async function main(run, usage) {
  const args = process.argv.slice(2);
  if (usage !== undefined && asksForHelp(args)) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    process.exitCode = await run(args);
  } catch (error) {
    if (error instanceof WrongUsage) {
      say(`${error.message}\n${usage ?? ''}`.trimEnd());
      process.exitCode = 2;
      return;
    }
    say(error instanceof Problem ? error.message : String(error?.stack ?? error));
    process.exitCode = 1;
  }
}

/** For scripts that take nothing, or nothing but what is named. */
export function refuseOthers(args, known = []) {
  const other = args.find((each) => !known.includes(each));
  if (other !== undefined) throw new WrongUsage(`"${other}" is not known here.`);
}

/** Installs what package-lock.json names, unless node_modules already is exactly that. */
export async function ensureDependencies() {
  const wanted = lockDigest();
  if (read(stampFile) === wanted) return;
  const release = takeLock('install', () => {
    throw new Problem(
      'Another install is under way in this folder. Wait until it has finished, then run this again.',
    );
  });
  try {
    if (!installedMatchesLock()) install();
    writeFileSync(stampFile, wanted);
  } finally {
    release();
  }
}

/**
 * Path of a Node that can run the tools (≥ 22.19): the one among the dependencies, else the one running this.
 * Throws a `Problem` when neither will do.
 */
export function node24() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const own = join(modules, `node-${system}-${process.arch}`, 'bin', name);
  if (existsSync(own) && spawnSync(own, ['--version']).status === 0) return own;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  throw new Problem(
    `Mailward needs Node 22.19 or newer; this is ${process.versions.node}, and no newer one came with the ` +
      `dependencies for ${process.platform} ${process.arch}. Install Node 24 from https://nodejs.org and run this again.`,
  );
}

/** The script behind a program of the dependencies (`eslint`, `vitest`, …), to be run with `node24()`. */
export function programPath(name) {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
  for (const [path, entry] of Object.entries(packages)) {
    const script = entry.bin?.[name];
    if (script !== undefined && path.startsWith('node_modules/')) return join(root, path, script);
  }
  throw new Problem(`There is no program "${name}" among the dependencies.`);
}

/** Environment for the tools: their caches inside the checkout, the dependencies' programs first on PATH. */
export function toolEnvironment() {
  const separator = process.platform === 'win32' ? ';' : ':';
  return {
    ...process.env,
    PATH: `${join(modules, '.bin')}${separator}${process.env.PATH ?? ''}`,
    electron_config_cache: process.env.electron_config_cache ?? join(cacheDir, 'electron'),
    ELECTRON_BUILDER_CACHE: process.env.ELECTRON_BUILDER_CACHE ?? join(cacheDir, 'electron-builder'),
  };
}

/**
 * Takes a lock named after a piece of work; returns the function that gives it back. A lock whose process is gone is
 * taken over. When it is held, `busy` decides: it throws, or returns to have the lock tried again.
 */
export function takeLock(name, busy) {
  mkdirSync(cacheDir, { recursive: true });
  const path = join(cacheDir, `${name}.lock`);
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new Problem(
          `Cannot write to ${cacheDir}: ${error.message}. Make the checkout writable and try again.`,
        );
      }
    }
    if (holderLives(path)) busy();
    else rmSync(path, { force: true });
  }
}

/** Waits, without a turn of the event loop: nothing else happens in these scripts meanwhile. */
export function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function holderLives(path) {
  let pid = Number(read(path));
  // Between its creation and its first byte a lock file is empty: its writer is alive.
  for (let tries = 0; pid === 0 && tries < 20; tries += 1) {
    pause(50);
    if (!existsSync(path)) return false;
    pid = Number(read(path));
  }
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function install() {
  say('Installing dependencies (npm ci; about a minute, only when package-lock.json has changed) …');
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  args.push('--no-progress', '--loglevel=error');
  // The npm that started us is the one to use: another on PATH may be older than the lock file's format.
  const viaNode = process.env.npm_execpath !== undefined && /\.c?js$/.test(process.env.npm_execpath);
  const result = viaNode
    ? spawnSync(process.execPath, [process.env.npm_execpath, ...args], { cwd: root, encoding: 'utf8' })
    : spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (result.error)
    throw new Problem(`npm could not be started (${result.error.message}). Install npm and try again.`);
  if (result.status === 0) return;
  const words = `${result.stderr}${result.stdout}`.trim().split('\n').slice(-15).join('\n');
  throw new Problem(
    `${words}\nThe dependencies could not be installed (npm ci: ${result.signal ?? `exit status ${result.status}`}). ` +
      'See what npm says above; when it is the network, try again later.',
  );
}

/** Whether npm's own record of node_modules has every required package of the lock file, at its version. */
function installedMatchesLock() {
  const record = read(join(modules, '.package-lock.json'));
  if (record === '') return false;
  const installed = JSON.parse(record).packages;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link === true) return true;
    const present = installed[path];
    if (present === undefined) return entry.optional === true;
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}

function lockDigest() {
  const hash = createHash('sha256').update(readFileSync(lockFile));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw error;
  }
}
