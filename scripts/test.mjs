// Runs every test on any machine, and ends with one line: `N passed, N failed, N skipped`.
// `--long` adds the long ones; further arguments choose Vitest files and leave the other steps out.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Problem,
  asksForHelp,
  cacheDir,
  ensureDependencies,
  node24,
  programPath,
  root,
  say,
  toolEnvironment,
} from './bootstrap.mjs';
import { ensureBuilt } from './build.mjs';
import { runInForeground } from './child.mjs';
import { Crashes } from './crashes.mjs';
import { ensureLabServers } from './lab-servers.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const args = process.argv.slice(2);
const long = args.includes('--long');
const filters = args.filter((arg) => arg !== '--long');
const count = { passed: 0, failed: 0, skipped: 0 };
let stopped = false;

if (asksForHelp(args)) {
  process.stdout.write(`Usage: npm test [-- [FILE …] [OPTION …]]
       npm run test:long [-- [FILE …] [OPTION …]]

Without a FILE everything is tested: types, unused exports, lint, format, the build and all test files, with test:long the long ones too. A FILE is a part of
a test file's path, e.g. test/relay/policy; then only those files are run, after the build. An OPTION is one of Vitest's,
e.g. -t NAME for the tests with that name. The last line counts: N passed, N failed, N skipped. Exit status: 0 none
failed, 1 some did.
`);
  process.exit(0);
}

// In /tmp and not in the checkout: a mail server's own user must be able to get there, and socket paths must be short.
const scratch = mkdtempSync(join(tmpdir(), 'mailward-test-'));
chmodSync(scratch, 0o755);

try {
  await everything();
} catch (error) {
  say(error instanceof Problem ? error.message : String(error?.stack ?? error));
  count.failed += 1;
} finally {
  endStrays();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
process.exitCode = count.failed === 0 && !stopped ? 0 : 1;

async function everything() {
  await ensureDependencies();
  const missing = [...ensureSystemPackages(), ...ensureLabServers()];
  if (process.env.CI === 'true' && missing.length > 0) {
    say('CI=true: every missing package counts as a failed test.');
    count.failed += missing.length;
  }
  if (filters.length === 0) {
    await step('types (product and tests)', 'tsc', '-p', 'tsconfig.json');
    await step('types (user interface)', 'tsc', '-p', 'tsconfig.renderer.json');
    await step('unused files and exports', 'knip', '--no-progress', '--include', 'files,exports,types');
    await step('lint', 'eslint', '.', '--max-warnings', '0');
    await step('format', 'biome', 'format', '.');
  }
  if (stopped) return;
  await build();
  await vitest();
}

async function step(title, program, ...programArgs) {
  if (stopped) return;
  const { status, asked } = await runInForeground(node24(), [programPath(program), ...programArgs], {
    cwd: root,
    env: environment(),
  });
  stopped = asked;
  count[status === 0 ? 'passed' : 'failed'] += 1;
  process.stdout.write(`${status === 0 ? 'passed' : 'FAILED'}: ${title}\n`);
}

async function build() {
  try {
    await ensureBuilt();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(error.message);
    count.failed += 1;
  }
}

async function vitest() {
  const crashes = new Crashes();
  const first = await runVitest('vitest.json', filters, crashes);
  crashes.tell();
  if (first.result === null) {
    count.failed += 1;
    return;
  }
  const ended = first.asked ? [] : crashes.endedBelow;
  const others = first.result.testResults.filter(({ name }) => !ended.includes(name));
  add(others);
  if (ended.length > 0) {
    say(`A fault below JavaScript ended the process of ${ended.join(', ')}: run once more, by itself.`);
    const second = await runVitest('again.json', ended, new Crashes());
    const before = count.failed;
    add(second.result?.testResults ?? []);
    if ((second.status !== 0 || second.result === null) && count.failed === before) count.failed += 1;
    return;
  }
  // What no test can be blamed for, an unhandled error for one, is a failure all the same.
  if (first.status !== 0 && others.every(({ status }) => status !== 'failed')) count.failed += 1;
}

/** @returns `result` null where there is no report. */
async function runVitest(name, files, crashes) {
  const report = join(scratch, name);
  const { status, asked } = await runInForeground(
    node24(),
    [
      programPath('vitest'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...files,
    ],
    {
      cwd: root,
      env: { ...environment(), ...(long ? { MAILWARD_LONG: '1' } : {}) },
      onErrors: (chunk) => crashes.take(chunk),
    },
  );
  stopped ||= asked;
  try {
    return { status, asked, result: JSON.parse(readFileSync(report, 'utf8')) };
  } catch (error) {
    say(`Vitest left no report (${error.message}).`);
    return { status, asked, result: null };
  }
}

function add(testFiles) {
  for (const { status, assertionResults } of testFiles) {
    const failed = assertionResults.filter((test) => test.status === 'failed').length;
    count.passed += assertionResults.filter((test) => test.status === 'passed').length;
    count.failed += failed;
    count.skipped += assertionResults.filter((test) => !['passed', 'failed'].includes(test.status)).length;
    // A file that could not even be loaded has no tests to count.
    if (status === 'failed' && failed === 0) count.failed += 1;
  }
}

/** The user's home stays as it is: whatever a tool wants to keep, it keeps in the checkout or loses at the end. */
function environment() {
  const home = join(cacheDir, 'home');
  mkdirSync(home, { recursive: true });
  const env = { ...toolEnvironment(), HOME: home, TMPDIR: scratch, MAILWARD_FROM: 'out' };
  for (const name of Object.keys(env)) {
    if (/^XDG_(CONFIG|CACHE|DATA|STATE)_HOME$/.test(name) || name === 'MAILWARD_DATA') delete env[name];
  }
  return env;
}

/** Ends processes that a test left behind: those that work in this run's scratch folder or were given it. */
function endStrays() {
  if (process.platform !== 'linux') return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    try {
      const inScratch =
        readlinkSync(`/proc/${pid}/cwd`).startsWith(scratch) ||
        readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${scratch}`);
      if (inScratch) {
        process.kill(Number(pid), 'SIGKILL');
        say(
          `Ended a process that a test left behind: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`,
        );
      }
    } catch {
      // Gone meanwhile, or somebody else's, which we may not look into: not ours to end.
    }
  }
  unmountScratch();
}

/** A small file system that a test mounted in the scratch folder would keep it from being removed. */
function unmountScratch() {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  for (const [, place] of mounts.map((line) => line.split(' '))) {
    if (place?.startsWith(`${scratch}/`)) spawnSync('umount', ['-l', place]);
  }
}
