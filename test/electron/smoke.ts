// A smoke test of the real Electron, registered wherever its binary is given. Without one there is no test, only a line.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { _electron } from 'playwright-core';
import { expect, test } from 'vitest';
import { checkout, newFolder } from './harness.ts';

const names: Readonly<Record<string, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};
const binary = join(
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(checkout, 'node_modules/electron/dist'),
  names[process.platform] ?? 'electron',
);

/** Nothing on a machine without the binary could make the test run, and so it does not count as one left out there. */
export function registerSmokeTest(): void {
  if (!existsSync(binary)) {
    process.stdout.write(
      `No Electron at ${binary}: the smoke test of the real one is not part of this run.\n`,
    );
    return;
  }
  test('the real Electron runs the shell: page, port, isolation, a clean end', {
    timeout: 120_000,
  }, async () => {
    execFileSync(process.execPath, [join(checkout, 'scripts/build.mjs')], { cwd: checkout, stdio: 'ignore' });
    const dataDir = join(newFolder(), 'data');
    const app = await _electron.launch({
      executablePath: binary,
      // Chromium's own sandbox cannot run as root, which is what build machines are.
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        checkout,
        `--data=${dataDir}`,
        '--smtp=127.0.0.1:0',
      ],
    });
    const page = await app.firstWindow();
    expect(page.url()).toMatch(/^app:\/\/mailward\//);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    expect(await page.evaluate('Object.keys(mailward).sort()')).toEqual([
      'getOpenAtLogin',
      'platform',
      'saveFile',
      'setOpenAtLogin',
    ]);
    expect(await page.evaluate('typeof require + typeof process')).toBe('undefinedundefined');
    expect(
      await page.evaluate(`fetch('app://mailward/..%2f..%2fpackage.json').then(({ status }) => status)`),
    ).toBe(404);
    expect(await page.evaluate(`fetch('https://example.com/').then(() => 'reached', () => 'refused')`)).toBe(
      'refused',
    );
    const ended = new Promise((resolve) => app.process().once('exit', resolve));
    await app.evaluate(({ app: electron }) => electron.quit());
    expect(await ended).toBe(0);
    expect(existsSync(join(dataDir, 'engine.json'))).toBe(false);
  });
}
