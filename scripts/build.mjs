// Builds everything into out/, when the sources are not those of the build that is there (`--force`: in any case).
// A service that runs from out/ keeps working while it is replaced: no file is ever missing, not for a moment.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  Problem,
  cacheDir,
  ensureDependencies,
  main,
  node24,
  pause,
  programPath,
  refuseOthers,
  root,
  say,
  takeLock,
  toolEnvironment,
} from './bootstrap.mjs';

const out = join(root, 'out');
const stampFile = join(out, '.build.json');
// The manual's pages on checks are part of the user interface.
const sources = ['shared', 'src-main', 'src-renderer', 'assets', 'docs/checks'];
const configuration = ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json'];

/** Files named after their content: an older build's may still be asked for, by a service or a page that runs. */
const namedByContent = /(?:^main\/chunk-|^renderer\/assets\/)[^/]*-[\w-]{8,}\.\w+(?:\.map)?$/;
/** How long (ms) such files outlive their build. */
const keptFor = 7 * 24 * 3600 * 1000;

/**
 * Builds when stale, or always with `force`. Two at once: the second waits for the first, and then usually has nothing
 * left to do. Says what it does on standard error, and nothing when there is nothing to do.
 * @returns whether it built.
 */
export async function ensureBuilt({ force = false } = {}) {
  if (!force && readStamp().sources === sourcesDigest()) return false;
  await ensureDependencies();
  let told = false;
  const release = takeLock('build', () => {
    if (!told) say('Another build is under way in this folder; waiting for it …');
    told = true;
    pause(200);
  });
  try {
    const digest = sourcesDigest();
    if (!force && readStamp().sources === digest) return false;
    build(digest, force);
    return true;
  } finally {
    release();
  }
}

function build(digest, clean) {
  say('Building Mailward …');
  const fresh = join(cacheDir, `build-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  try {
    const result = spawnSync(
      node24(),
      [programPath('electron-vite'), 'build', '--outDir', fresh, '--logLevel', 'warn'],
      { cwd: root, env: toolEnvironment(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    if (result.status !== 0) {
      say(`${result.stdout}${result.stderr}`.trim());
      throw new Problem('The build failed; the lines above say where. The build before it is untouched.');
    }
    publish(fresh, digest, clean);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Puts a new build in place: first what others refer to, then the entry files, and last away with what is left over. */
function publish(fresh, digest, clean) {
  const files = listFiles(fresh).map((path) => relative(fresh, path).replaceAll('\\', '/'));
  const isNew = new Set(files);
  const before = readStamp();
  const leftOver = existsSync(out)
    ? listFiles(out)
        .map((path) => relative(out, path).replaceAll('\\', '/'))
        .filter((path) => !isNew.has(path) && path !== '.build.json')
    : [];
  const now = Date.now();
  const outlived = {};
  if (!clean) {
    for (const path of leftOver.filter((name) => namedByContent.test(name))) {
      const since = before.outlived?.[path] ?? now;
      if (now - since < keptFor) outlived[path] = since;
    }
  }
  files.sort((a, b) => Number(namedByContent.test(b)) - Number(namedByContent.test(a)));
  for (const path of files) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    renameSync(join(fresh, path), join(out, path));
  }
  writeFileSync(`${stampFile}.new`, JSON.stringify({ sources: digest, outlived }));
  renameSync(`${stampFile}.new`, stampFile);
  for (const path of leftOver) if (outlived[path] === undefined) rmSync(join(out, path), { force: true });
}

/** What the build is made from, in one word: names and contents of all sources and the configuration. */
function sourcesDigest() {
  const hash = createHash('sha256');
  const paths = sources.flatMap((folder) =>
    existsSync(join(root, folder)) ? listFiles(join(root, folder)) : [],
  );
  paths.push(...configuration.map((name) => join(root, name)));
  for (const path of paths) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function listFiles(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? listFiles(path) : [path];
    });
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    // No build yet, or one whose record cannot be read: both mean that it has to be made.
    return {};
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async (args) => {
    refuseOthers(args, ['--force']);
    const built = await ensureBuilt({ force: args.includes('--force') });
    if (!built) say('The build is up to date.');
    return 0;
  }, 'Usage: npm run build [-- --force]\n\nBuilds into out/ when the sources are not those of the build that is there; with --force in any case.');
}
