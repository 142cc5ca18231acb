// Builds parts of the product for a test, as the product's build does and from its own configuration. A program of its
// own (`node build-app.ts FOLDER PART…`), so that the bundler's threads do not live in the test runner.
import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolveConfig } from 'electron-vite';
import { build } from 'vite';
import type { InlineConfig } from 'vite';

const [folder = '', ...parts] = process.argv.slice(2);
const checkout = resolve(import.meta.dirname, '../..');
const { config } = await resolveConfig({ root: checkout, logLevel: 'error' }, 'build', 'production');

for (const part of parts) {
  if (part === 'page') {
    await build({
      configFile: false,
      logLevel: 'error',
      root: import.meta.dirname,
      build: {
        outDir: resolve(folder, 'out/renderer'),
        lib: {
          entry: resolve(import.meta.dirname, 'page/page.js'),
          formats: ['es'],
          fileName: () => 'page.js',
        },
      },
    });
    copyFileSync(resolve(import.meta.dirname, 'page/index.html'), resolve(folder, 'out/renderer/index.html'));
    continue;
  }
  const options = config?.[part as 'preload' | 'renderer'] as InlineConfig | undefined;
  if (options === undefined) throw new Error(`electron.vite.config.ts does not build ${part}.`);
  await build({
    ...options,
    configFile: false,
    logLevel: 'error',
    build: { ...options.build, outDir: resolve(folder, 'out', part), emptyOutDir: false },
  });
}
