// An app folder as Electron sees it: out/ freshly built from the present sources, and the pictures.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from './harness.ts';

/** `page` is the tests' own small page in place of the user interface (`renderer`). The caller removes the folder. */
export function buildAppFolder(...parts: ('preload' | 'renderer' | 'page')[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailward-app-'));
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'production' };
  delete environment['VITEST'];
  execFileSync(process.execPath, [join(import.meta.dirname, 'build-app.ts'), folder, ...parts], {
    cwd: checkout,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(join(folder, 'assets'));
  for (const pictures of ['tray', 'icons']) {
    symlinkSync(join(checkout, 'assets', pictures), join(folder, 'assets', pictures));
  }
  return folder;
}
