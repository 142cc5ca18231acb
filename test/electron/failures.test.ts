// What the user is told when Mailward cannot start, and that it then ends by itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataDirLocked, DataDirUnusable } from '../../src-main/engine/lock.ts';
import { BrokenSettings } from '../../src-main/settings/settings.ts';
import { EngineDouble } from './engine-double.ts';
import { newFolder, start } from './harness.ts';
import type { StartWith } from './harness.ts';
import { Machine } from './stand-in/machine.ts';

async function failWith(error: Error, more: StartWith = {}) {
  const started = await start({ ...more, openEngine: () => Promise.reject(error) });
  const status = await started.exited;
  expect(started.electron.BrowserWindow.all).toEqual([]);
  expect(started.machine.trays.size).toBe(0);
  const [box, ...others] = started.machine.messageBoxes;
  expect(others).toEqual([]);
  return { ...started, status, box };
}

describe('an engine that does not open', () => {
  test('because another desktop app has the folder', async () => {
    const holder = { pid: 4711, host: 'desktop', url: null, token: null } as const;
    const { box, status } = await failWith(new DataDirLocked('/data', holder));
    expect(status).toBe(1);
    expect(box?.message).toBe('Another Mailward is using the data folder.');
    expect(box?.detail).toContain('process 4711');
    expect(box?.detail).toContain('--data');
    expect(box?.buttons).toEqual(['Quit']);
  });

  test('because a service has the folder that does not answer', async () => {
    const holder = { pid: 1, host: 'service', url: 'http://127.0.0.1:1', token: 'x' } as const;
    const { box, status } = await failWith(new DataDirLocked('/data', holder), {
      connectClient: () =>
        Promise.reject(new Error('the running Mailward at http://127.0.0.1:1 does not answer: ECONNREFUSED')),
    });
    expect(status).toBe(1);
    expect(box?.detail).toContain('The running Mailward at http://127.0.0.1:1 does not answer');
  });

  test('because the folder cannot be used', async () => {
    const { box } = await failWith(new DataDirUnusable('cannot use the data folder /data: disk I/O error'));
    expect(box?.message).toBe('Mailward cannot use its data folder.');
    expect(box?.detail).toBe('Cannot use the data folder /data: disk I/O error.');
  });

  test('because the disk is full', async () => {
    const { box } = await failWith(
      new Error('cannot open', { cause: Object.assign(new Error('no space'), { code: 'ENOSPC' }) }),
    );
    expect(box?.message).toBe('Mailward cannot use its data folder.');
    expect(box?.detail).toContain('free some space');
  });

  test('because the settings are broken: the folder can be shown', async () => {
    const machine = new Machine();
    machine.pressButton = 'Show the data folder';
    const { box, status, dataDir } = await failWith(
      new BrokenSettings('/data/settings.json: smtp.port: expected number, received string'),
      { machine },
    );
    expect(box?.message).toBe('Mailward does not understand its settings.');
    expect(box?.detail).toMatch(
      /^\/data\/settings\.json: smtp\.port: expected number, received string\.\n\nNothing/,
    );
    expect(machine.openedPaths).toEqual([dataDir]);
    expect(status).toBe(1);
  });

  test('because the SMTP port is taken', async () => {
    const { box } = await failWith(
      new Error('the SMTP port 0.0.0.0:25 is taken by another program; stop it'),
    );
    expect(box?.detail).toMatch(/^The SMTP port 0\.0\.0\.0:25 is taken by another program; stop it\./);
  });
});

describe('a wrong start', () => {
  test('a file where the data folder should be is told of before anything else', async () => {
    const dataDir = join(newFolder(), 'data');
    writeFileSync(dataDir, '');
    const { machine, exited } = await start({ dataDir });
    expect(await exited).toBe(1);
    expect(machine.errorBoxes[0]?.title).toBe('Mailward cannot use its data folder.');
    expect(machine.errorBoxes[0]?.content).toContain(dataDir);
  });

  test.each([
    [['--smtp', '25'], 'is no address'],
    [['--smtp', '127.0.0.1:99999'], 'is no address'],
    [['--data='], '--data DIR'],
  ])('%j is refused', async (wrong, words) => {
    const { machine, exited } = await start({ arguments: wrong });
    expect(await exited).toBe(2);
    expect(machine.errorBoxes[0]?.content).toContain(words);
  });

  test('what Chromium adds to the command line is not ours to refuse', async () => {
    let given: unknown;
    const engine = new EngineDouble();
    const started = await start({
      arguments: ['--no-sandbox', '--ozone-platform=wayland', '--smtp', '[::1]:0'],
      openEngine: (options) => {
        given = options;
        return Promise.resolve(engine);
      },
    });
    await started.window();
    expect(given).toMatchObject({
      dataDir: started.dataDir,
      host: 'desktop',
      smtp: { host: '::1', port: 0 },
    });
  });
});
