// How the tests run: most side by side, then, one file at a time, those that measure, or start browsers and builds.
// Files named *.long.test.ts run only with MAILWARD_LONG=1 (`npm run test:long`).
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const here = import.meta.dirname;
const everything = 'test/**/*.test.{ts,tsx}';
const heavy = ['lab', 'abuse', 'chaos', 'durability', 'bench', 'scripts', 'electron', 'e2e'].map(
  (folder) => `test/${folder}/**/*.test.{ts,tsx}`,
);
const long = 'test/**/*.long.test.ts';
const never = ['**/node_modules/**', '.cache/**', ...(process.env['MAILWARD_LONG'] === '1' ? [] : [long])];

// Outside Electron the real module has nothing to offer but a download; tests get the labelled stand-in.
const standIn = ['test/electron/stand-in/index.ts', 'test/electron/stand-in.ts']
  .map((path) => resolve(here, path))
  .find((path) => existsSync(path));

export default defineConfig({
  cacheDir: '.cache/vite',
  resolve: {
    alias: [
      ...(standIn === undefined ? [] : [{ find: /^electron$/, replacement: standIn }]),
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
          maxWorkers: 2,
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
