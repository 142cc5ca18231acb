// What the shell keeps to itself: its files, its folder, the token when another program has the service's place, and its faults.
import { chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DataDirLocked, type Holder } from '../../src-main/engine/lock.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { Impostor, type Manner } from '../lab/impostor.ts';
import { EngineDouble } from './engine-double.ts';
import { doubleService, newFolder, start, until } from './harness.ts';

let umask: number;
beforeEach(() => {
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
});

describe('the data folder', () => {
  test('and all in it are for this user alone, whatever the session’s umask', async () => {
    const { dataDir, window } = await start();
    await window();
    expect(process.umask(0o077)).toBe(0o077);
    for (const path of [dataDir, join(dataDir, 'browser')]) expect(statSync(path).mode & 0o077).toBe(0);
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0);
  });

  test('is looked at before anything is put into it', async () => {
    const dataDir = newFolder();
    writeFileSync(join(dataDir, 'letter.txt'), '');
    const { machine, exited } = await start({ dataDir });
    expect(await exited).toBe(1);
    expect(machine.errorBoxes[0]?.title).toBe('Mailward cannot use its data folder.');
    expect(machine.errorBoxes[0]?.content).toContain('has other things in it (letter.txt)');
    expect(readdirSync(dataDir)).toEqual(['letter.txt']);
  });

  test.runIf(process.getuid?.() === 0)('of another user is not used', async () => {
    const dataDir = join(newFolder(), 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, 54321, 54321);
    const { machine, exited } = await start({ dataDir });
    expect(await exited).toBe(1);
    expect(machine.errorBoxes[0]?.content).toContain('belongs to another user (uid 54321');
    expect(existsSync(join(dataDir, 'browser'))).toBe(false);
  });
});

/** A shell whose data folder a service has. */
const startAttached = (holder: Holder) =>
  start({
    openEngine: (options) =>
      Promise.reject(new DataDirLocked((options as { dataDir: string }).dataDir, holder)),
    connectClient: (link) => connectClient(link as never),
  });

describe('a shell that is attached to a service, when another program takes the service’s port', () => {
  test.each<Manner>(['pretends', 'denies', 'echoes', 'welcomes', 'serves pages'])(
    'tells it nothing, says so, and goes on when the service is back: it %s',
    async (manner) => {
      const engine = new EngineDouble();
      const { first, port, serve, holder, token } = await doubleService(engine);
      const { machine, window, electron, exited } = await startAttached(holder);
      await window();
      await until(() => machine.tray.toolTip.startsWith('Mail is flowing'), 'the service to be reached');
      await first.close();
      {
        await using impostor = await Impostor.start({ port, manner });
        await until(
          () => machine.tray.toolTip.startsWith('Another program has taken the place'),
          'the tray to say so',
        );
        expect(machine.tray.image).toContain('problem');
        expect(impostor.heard).toContain('/rpc');
        expect(impostor.heard).not.toContain(token);
        expect(impostor.heard).not.toContain('proof');
      }
      const service = await serve(port);
      await until(() => machine.tray.toolTip.startsWith('Mail is flowing'), 'the tray to follow again');
      electron.app.quit();
      expect(await exited).toBe(0);
      await service.close();
    },
  );
});

describe('an exception that nobody foresaw', () => {
  test('in the shell’s process is the engine’s to count, and is not listened to after the end', async () => {
    const before = process.listeners('uncaughtException');
    const { engine, window, electron, exited } = await start();
    await window();
    const added = process.listeners('uncaughtException').filter((listener) => !before.includes(listener));
    expect(added).toHaveLength(1);
    const error = new Error('nobody foresaw this');
    added[0]?.(error, 'uncaughtException');
    expect(engine.faults).toEqual([error]);
    electron.app.quit();
    expect(await exited).toBe(0);
    expect(process.listeners('uncaughtException')).toEqual(before);
  });
});

test('a tray that fails when it is told that the service is gone ends nothing: the service is found again, and the fault shown', async () => {
  const engine = new EngineDouble();
  const { first, port, serve, holder } = await doubleService(engine);
  const { machine, window, electron, exited } = await startAttached(holder);
  await window();
  await until(() => machine.tray.toolTip.startsWith('Mail is flowing'), 'the service to be reached');
  const rejections: unknown[] = [];
  const note = (error: unknown) => rejections.push(error);
  process.on('unhandledRejection', note);
  try {
    const failing = vi.spyOn(electron.Tray.prototype, 'setToolTip').mockImplementationOnce(() => {
      throw new Error('the tray is gone');
    });
    await first.close();
    await until(() => failing.mock.calls.length > 0, 'the tray to be told');
    failing.mockRestore();
    const service = await serve(port);
    await until(
      () => /^Something in this window.*Mail is flowing for all 3 domains$/.test(machine.tray.toolTip),
      'the service to be found again, and the fault to be shown',
    );
    electron.app.quit();
    expect(await exited).toBe(0);
    await service.close();
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(rejections).toEqual([]);
});

test('an app that the command line cannot reach says so where faults are shown', async () => {
  vi.spyOn(Keys, 'open').mockRejectedValueOnce(new Error('permission denied'));
  const { engine, window } = await start();
  await window();
  expect(engine.taken).toMatchObject([
    { part: 'command-line', what: 'the command line cannot reach this app' },
  ]);
  expect(engine.announced).toMatchObject([{ url: null, token: null }]);
});
