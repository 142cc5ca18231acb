// Builds the preload script and the user interface as the product's build does, from its own configuration, for tests.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { resolveConfig } from 'electron-vite';
import { build } from 'vite';
import type { InlineConfig } from 'vite';
import { checkout } from './harness.ts';

/** An app folder as Electron sees it: out/ freshly built from the present sources, and the pictures. */
export async function buildApp(folder: string, parts: ('preload' | 'renderer')[]): Promise<string> {
  const { config } = await resolveConfig({ root: checkout, logLevel: 'error' }, 'build', 'production');
  for (const part of parts) {
    const options = config?.[part] as InlineConfig | undefined;
    if (options === undefined) throw new Error(`electron.vite.config.ts no longer builds ${part}.`);
    await build({
      ...options,
      configFile: false,
      logLevel: 'error',
      build: { ...options.build, outDir: join(folder, 'out', part), emptyOutDir: false },
    });
  }
  mkdirSync(join(folder, 'assets'), { recursive: true });
  for (const pictures of ['tray', 'icons']) {
    symlinkSync(join(checkout, 'assets', pictures), join(folder, 'assets', pictures));
  }
  return folder;
}
