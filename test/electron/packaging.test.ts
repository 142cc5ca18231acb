// What gets packaged: electron-builder run with the project's own configuration on a stub of Electron's distribution.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { beforeAll, describe, expect, test } from 'vitest';
import { fuses } from '../../src-main/electron/fuses.ts';
import { checkout, newFolder } from './harness.ts';

const fuseNames = Object.keys(FuseV1Options).filter(
  (name) => !/^\d+$/.test(name),
) as (keyof typeof FuseV1Options)[];

/** Marks the fuse wire in Electron's program (@electron/fuses has it in its types, and keeps the value to itself). */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/**
 * The least that electron-builder takes for an unpacked Electron: a program with a fuse wire (the sentinel, its version,
 * the number of fuses, a character for each), the way it leaves Electron's factory.
 */
function stubDistribution(folder: string, numberOfFuses: number): string {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'));
  const wire = Buffer.from([1, numberOfFuses, ...Array.from({ length: numberOfFuses }, () => 0x31)]);
  writeFileSync(
    join(folder, 'electron'),
    Buffer.concat([Buffer.from('\x7fELF stub\0'), Buffer.from(sentinel), wire, Buffer.from('\0end')]),
  );
  chmodSync(join(folder, 'electron'), 0o755);
  writeFileSync(join(folder, 'locales/en-US.pak'), '');
  writeFileSync(join(folder, 'version'), 'stub');
  return folder;
}

/** Packs, and gives the folder that would be installed. */
function pack(numberOfFuses = fuseNames.length): string {
  const folder = newFolder();
  const dist = stubDistribution(join(folder, 'electron'), numberOfFuses);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(checkout, 'node_modules/electron-builder/cli.js'),
      '--linux',
      'dir',
      '--publish',
      'never',
      `-c.electronDist=${dist}`,
      `-c.directories.output=${join(folder, 'dist')}`,
    ],
    { cwd: checkout, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`electron-builder ended with ${status}:\n${stdout}${stderr}`);
  const unpacked = readdirSync(join(folder, 'dist')).find((name) => /^linux-.*unpacked$/.test(name));
  return join(folder, 'dist', unpacked ?? '');
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

beforeAll(() => {
  execFileSync(process.execPath, [join(checkout, 'scripts/build.mjs')], { cwd: checkout, stdio: 'ignore' });
});

describe('a package', () => {
  test('holds the bundle and the pictures it needs, and nothing else', () => {
    const packed = pack();
    const archive = join(packed, 'resources/app.asar');
    const files = listPackage(archive, { isPack: false })
      .map((path) => path.replaceAll('\\', '/').replace(/^\//, ''))
      .filter((path) => /\.\w+$/.test(path));
    for (const needed of [
      'package.json',
      'out/main/electron.js',
      'out/main/storage-worker.js',
      'out/main/authentication-worker.js',
      'out/preload/preload.cjs',
      'out/renderer/index.html',
      'assets/icons/256x256.png',
      'assets/tray/ok-22.png',
      'assets/tray/problem-16@2x.png',
      'assets/tray/attentionTemplate.png',
    ]) {
      expect(files).toContain(needed);
    }
    const allowed =
      /^(?:package\.json|out\/(?:main\/[\w.-]+\.js|preload\/preload\.cjs|renderer\/.+\.(?:html|js|css|svg|png|woff2|ico|txt))|assets\/(?:icons\/256x256|tray\/[\w@.-]+)\.png)$/;
    expect(files.filter((path) => !allowed.test(path))).toEqual([]);
    expect(files).not.toContain('out/main/mailward.js');

    // Beside the archive: Electron itself, and no second Node, no packages of npm's.
    const beside = filesIn(packed);
    expect(
      beside.filter((path) => /node_modules|unpacked|default_app|\.map$|(?:^|\/)node(?:\.exe)?$/.test(path)),
    ).toEqual([]);
    expect(beside).toContain('mailward');

    const manifest = JSON.parse(extractFile(archive, 'package.json').toString()) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'mailward', main: 'out/main/electron.js', type: 'module' });
    expect(manifest).not.toHaveProperty('scripts');
    expect(manifest).not.toHaveProperty('devDependencies');

    // Whoever listens to a signal takes it from Electron, which quits by it.
    const shell = extractFile(archive, 'out/main/electron.js').toString();
    expect(shell).toContain('desktop');
    expect(shell).not.toMatch(/SIG(?:TERM|HUP|VTALRM)/);
  });

  test('has every fuse set as listed', async () => {
    const wire = (await getCurrentFuseWire(join(pack(), 'mailward'))) as unknown as Record<number, FuseState>;
    for (const name of fuseNames) {
      const index = FuseV1Options[name];
      expect(fuses, name).toHaveProperty(String(index));
      expect(wire[index], name).toBe(fuses[index] ? FuseState.ENABLE : FuseState.DISABLE);
    }
    expect(fuses[FuseV1Options.RunAsNode]).toBe(false);
    expect(fuses[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(false);
    expect(fuses[FuseV1Options.EnableNodeCliInspectArguments]).toBe(false);
    expect(fuses[FuseV1Options.OnlyLoadAppFromAsar]).toBe(true);
  });

  test('is not made when a new Electron has a fuse that is not listed', () => {
    expect(() => pack(fuseNames.length + 1)).toThrow(/fuse/i);
  });
});
