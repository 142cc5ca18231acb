// How the tests run: most side by side, then, one file at a time, those that measure, or start browsers and builds.
// Files named *.long.test.ts run only with MAILWARD_LONG=1 (`npm run test:long`).
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = import.meta.dirname;
const everything = 'test/**/*.test.{ts,tsx}';
const heavy = ['lab', 'abuse', 'chaos', 'durability', 'bench', 'scripts', 'electron', 'e2e'].map(
  (folder) => `test/${folder}/**/*.test.{ts,tsx}`,
);
const long = 'test/**/*.long.test.ts';
const never = ['**/node_modules/**', '.cache/**', ...(process.env['MAILWARD_LONG'] === '1' ? [] : [long])];

// Outside Electron the real module has nothing to offer but a download; tests get the labelled stand-in.
const standIn = resolve(here, 'test/electron/stand-in/index.ts');

/**
 * Threads of a test run the build when it is tested (MAILWARD_FROM=out), not the source: to read TypeScript, Node compiles WebAssembly
 * in each thread, and while hundreds of threads come and go, V8 13.6 now and then ends the process over the code that this leaves
 * (nodejs/node 64500).
 */
const threads = [
  { starts: 'src-main/storage/channel.ts', built: 'storage-worker.js' },
  { starts: 'src-main/relay/policy/authentication/authenticator.ts', built: 'authentication-worker.js' },
];

const builtThreads = {
  name: 'built-threads',
  transform(code: string, id: string): string | null {
    const thread = threads.find(({ starts }) => id === resolve(here, starts));
    if (thread === undefined || process.env['MAILWARD_FROM'] !== 'out') return null;
    const source = /(['"])\.\/worker\.ts\1/;
    if (!source.test(code)) throw new Error(`${thread.starts} does not start ./worker.ts any more`);
    return code.replace(source, JSON.stringify(pathToFileURL(resolve(here, 'out/main', thread.built)).href));
  },
};

export default defineConfig({
  plugins: [builtThreads],
  cacheDir: '.cache/vite',
  resolve: {
    alias: [
      { find: /^electron$/, replacement: standIn },
      // As electron.vite.config.ts has it.
      { find: /^when-exit$/, replacement: resolve(here, 'src-main/electron/no-exit-hooks.ts') },
    ],
  },
  test: {
    // Packages that import what has another name here.
    server: { deps: { inline: ['electron-store', 'conf', 'atomically'] } },
    // As the build reads them, not as nothing: a test looks into them (test/renderer/styles.test.ts).
    css: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: [everything],
          exclude: [...never, ...heavy],
          // More than cores, for most of them wait: for servers that start, and for answers that never come.
          maxWorkers: 3,
          // Against a test that hangs; how long one may take is no question of right or wrong, and a busy machine takes long.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'heavy',
          include: heavy,
          exclude: never,
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
