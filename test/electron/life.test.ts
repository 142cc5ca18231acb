// The shell's life on the stand-in: one instance, window and tray, closing and quitting, opening at login.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EngineDouble } from './engine-double.ts';
import { newFolder, start, until } from './harness.ts';
import { registerSmokeTest } from './smoke.ts';
import { Machine } from './stand-in/machine.ts';

registerSmokeTest();

describe('a single instance', () => {
  test('a second start brings the first one’s window up and ends', async () => {
    const first = await start();
    const window = await first.window();
    window.minimize();
    const second = await start({ machine: first.machine, dataDir: first.dataDir });
    expect(await second.exited).toBe(0);
    await until(() => window.isFocused(), 'the first window to get the focus');
    expect(window.isMinimized()).toBe(false);
    expect(first.machine.trays.size).toBe(1);
    expect(first.hasExited()).toBe(false);
  });

  test('a second start brings back a window that was closed into the tray', async () => {
    const first = await start();
    const window = await first.window();
    window.close();
    await until(() => !window.isVisible(), 'the window to hide');
    await start({ machine: first.machine, dataDir: first.dataDir });
    await until(() => window.isVisible(), 'the window to show');
  });

  test('a start at login beside a running Mailward leaves its window alone', async () => {
    const first = await start({ arguments: ['--hidden'] });
    const window = await first.window();
    const second = await start({ machine: first.machine, dataDir: first.dataDir, arguments: ['--hidden'] });
    await second.exited;
    await new Promise(setImmediate);
    expect(window.isVisible()).toBe(false);
  });

  test('on another data folder a second Mailward runs beside the first', async () => {
    const first = await start();
    await first.window();
    const second = await start({ machine: first.machine });
    await second.window();
    expect(first.machine.trays.size).toBe(2);
  });

  test('once it has quit, the next start runs', async () => {
    const first = await start();
    await first.window();
    first.electron.app.quit();
    await first.exited;
    const second = await start({ machine: first.machine, dataDir: first.dataDir });
    expect((await second.window()).isVisible()).toBe(true);
  });
});

describe('the window', () => {
  test('is closed to the world', async () => {
    const { window, electron } = await start();
    expect((await window()).options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      spellcheck: false,
    });
    expect(electron.app.sandboxed).toBe(true);
    expect(electron.protocol.privileged.get('app')).toMatchObject({ standard: true, secure: true });
    expect(electron.protocol.privileged.get('app')).not.toHaveProperty('bypassCSP');
  });

  test('comes back where it was, and as large', async () => {
    const first = await start();
    const bounds = { x: 210, y: 120, width: 900, height: 640 };
    (await first.window()).setBounds(bounds);
    first.electron.app.quit();
    await first.exited;
    const second = await start({ machine: first.machine, dataDir: first.dataDir });
    const window = await second.window();
    expect(window.getNormalBounds()).toEqual(bounds);
    expect(window.isMaximized()).toBe(false);
  });

  test('comes back maximised, with the size it had before', async () => {
    const first = await start();
    const window = await first.window();
    window.setBounds({ x: 30, y: 40, width: 1000, height: 700 });
    window.maximize();
    first.electron.app.quit();
    await first.exited;
    const second = await start({ machine: first.machine, dataDir: first.dataDir, arguments: ['--hidden'] });
    const hidden = await second.window();
    expect(hidden.isVisible()).toBe(false);
    // Never shown, and still remembered as maximised.
    second.electron.app.quit();
    await second.exited;
    const third = await start({ machine: first.machine, dataDir: first.dataDir });
    const again = await third.window();
    expect(again.isMaximized()).toBe(true);
    expect(again.getNormalBounds()).toEqual({ x: 30, y: 40, width: 1000, height: 700 });
  });

  test('comes back onto the display there is when its own is gone', async () => {
    const machine = new Machine();
    machine.displays = [
      { x: 0, y: 0, width: 1280, height: 700 },
      { x: 1280, y: 0, width: 2560, height: 1400 },
    ];
    const first = await start({ machine });
    (await first.window()).setBounds({ x: 1500, y: 100, width: 2000, height: 1200 });
    first.electron.app.quit();
    await first.exited;
    machine.displays = [{ x: 0, y: 0, width: 1280, height: 700 }];
    const second = await start({ machine, dataDir: first.dataDir });
    expect((await second.window()).getNormalBounds()).toEqual({ x: 0, y: 0, width: 1280, height: 700 });
  });

  test('a broken memory counts as none', async () => {
    const dataDir = join(newFolder(), 'data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'desktop.json'), '{"window": {"x": "left"}, ');
    const { window } = await start({ dataDir });
    expect((await window()).getNormalBounds()).toMatchObject({ width: 1180, height: 800 });
  });

  test('remembers in the file that was there before, for this user alone, and leaves nothing beside it', async () => {
    const dataDir = join(newFolder(), 'data');
    mkdirSync(dataDir);
    // As Mailward wrote it before electron-store did.
    const window = { x: 30, y: 40, width: 1000, height: 700, maximised: false };
    writeFileSync(join(dataDir, 'desktop.json'), `${JSON.stringify({ window, toldOfTray: true })}\n`);
    const first = await start({ dataDir });
    const shown = await first.window();
    expect(shown.getNormalBounds()).toEqual({ x: 30, y: 40, width: 1000, height: 700 });
    shown.setBounds({ x: 50, y: 60, width: 900, height: 650 });
    shown.close();
    await until(() => !shown.isVisible(), 'the window to hide');
    expect(first.machine.notifications).toEqual([]);
    first.electron.app.quit();
    await first.exited;
    const path = join(dataDir, 'desktop.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      window: { x: 50, y: 60, width: 900, height: 650, maximised: false },
      toldOfTray: true,
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('desktop'))).toEqual(['desktop.json']);
  });

  test.each([
    ['nothing', ''],
    ['half a file', '{"window":{"x":30,"y":40,"wid'],
    ['a list', '[1,2,3]'],
    ['a word', '"window"'],
    ['octets that are no text', '\u0000\uFFFD\u0007'],
  ])('a memory that holds %s keeps nobody from starting, and is a memory again after', async (_, content) => {
    const dataDir = join(newFolder(), 'data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'desktop.json'), content);
    const first = await start({ dataDir });
    (await first.window()).setBounds({ x: 30, y: 40, width: 1000, height: 700 });
    first.electron.app.quit();
    await first.exited;
    const second = await start({ machine: first.machine, dataDir });
    expect((await second.window()).getNormalBounds()).toEqual({ x: 30, y: 40, width: 1000, height: 700 });
  });

  test('a memory that can no longer be read or written keeps nobody from closing or quitting', async () => {
    const { window, electron, exited, dataDir } = await start();
    const shown = await window();
    mkdirSync(join(dataDir, 'desktop.json', 'folder'), { recursive: true });
    shown.close();
    await until(() => !shown.isVisible(), 'the window to hide');
    electron.app.quit();
    expect(await exited).toBe(0);
  });

  test('what remembers it takes no signal from Electron, and tells pages nothing of the data folder', async () => {
    const listeners = () =>
      Object.fromEntries(Object.keys(constants.signals).map((name) => [name, process.listenerCount(name)]));
    const before = listeners();
    const { window, electron } = await start();
    await window();
    expect(listeners()).toEqual(before);
    expect(electron.ipcMain.eventNames()).not.toContain('electron-store-get-data');
  });

  test('is loaded anew when its page dies, once', async () => {
    const { window } = await start();
    const { webContents } = await window();
    webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 11 });
    webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 11 });
    expect(webContents.reloads).toBe(1);
  });
});

describe('the tray', () => {
  test('shows the state by its picture and the sentence in its tooltip and menu', async () => {
    const { engine, machine, window } = await start();
    await window();
    expect(machine.tray.image).toMatch(/ok-22\.png$/);
    expect(machine.tray.toolTip).toBe('Mail is flowing for all 3 domains');
    expect(machine.tray.menu.map(({ label, enabled }) => [label, enabled])).toEqual([
      ['Open Mailward', true],
      ['Mail is flowing for all 3 domains', false],
      ['Quit Mailward', true],
    ]);
    const held =
      'Mail for example.com is being held: its server says it is not home for the domain, since 09:41';
    engine.report({ state: 'problem', sentence: held });
    expect(machine.tray.image).toMatch(/problem-22\.png$/);
    expect(machine.tray.toolTip).toBe(held);
    engine.report({ state: 'attention', sentence: 'Mail for a & b waits' });
    expect(machine.tray.image).toMatch(/attention-22\.png$/);
    expect(machine.tray.menu[1]?.label).toBe('Mail for a && b waits');
    engine.report({ state: 'ok' });
    expect(machine.tray.image).toMatch(/ok-22\.png$/);
  });

  test('never shows what could not be checked as failed', async () => {
    const { engine, machine, window } = await start();
    await window();
    engine.report({ state: 'could-not-check', sentence: 'The route could not be checked' });
    expect(machine.tray.image).toMatch(/attention-22\.png$/);
  });

  test('cuts a sentence that Windows would cut in the middle of a word, and says so', async () => {
    const { engine, machine, window } = await start();
    await window();
    engine.report({ sentence: 'x'.repeat(300) });
    expect(machine.tray.toolTip).toHaveLength(127);
    expect(machine.tray.toolTip.endsWith('…')).toBe(true);
  });

  test('opens the window by click and by menu', async () => {
    const { machine, window } = await start({ arguments: ['--hidden'] });
    const shown = await window();
    expect(shown.isVisible()).toBe(false);
    machine.tray.click();
    expect(shown.isFocused()).toBe(true);
    shown.hide();
    machine.tray.menu[0]?.click();
    expect(shown.isVisible()).toBe(true);
  });
});

describe('closing and quitting', () => {
  test('closing leaves Mailward in the tray, and says so the first time only', async () => {
    const { machine, engine, window, hasExited } = await start();
    const shown = await window();
    for (let time = 0; time < 2; time += 1) {
      shown.close();
      await until(() => !shown.isVisible(), 'the window to hide');
      machine.tray.click();
    }
    expect(machine.notifications.map(({ title }) => title)).toEqual(['Mailward keeps running']);
    expect(hasExited()).toBe(false);
    expect(engine.closed).toBe(0);
    shown.hide();
    machine.notifications[0]?.click();
    expect(shown.isFocused()).toBe(true);
  });

  test('with closing to the tray off, closing quits', async () => {
    const { engine, machine, window, exited } = await start();
    engine.change({ closeToTray: false });
    (await window()).close();
    expect(await exited).toBe(0);
    expect(engine.closed).toBe(1);
    expect(machine.notifications).toEqual([]);
  });

  test('quitting from the tray waits for the engine, closes it once, and takes the tray away', async () => {
    const { machine, engine, electron, window, exited, hasExited } = await start();
    const shown = await window();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    engine.closing = promise;
    machine.tray.menu.at(-1)?.click();
    await until(() => engine.closed === 1, 'the engine to be closed');
    electron.app.quit();
    electron.app.quit();
    await new Promise(setImmediate);
    expect(hasExited()).toBe(false);
    expect(shown.isDestroyed()).toBe(true);
    expect(machine.trays.size).toBe(0);
    resolve(undefined);
    expect(await exited).toBe(0);
    expect(engine.closed).toBe(1);
  });

  test('an engine that fails to close is told of, and nothing hangs', async () => {
    const { engine, electron, machine, window, exited } = await start();
    await window();
    const several = [new Error('disk I/O error'), new Error('a handle is stuck')];
    engine.closing = Promise.reject(new AggregateError(several, 'not everything could be stopped'));
    electron.app.quit();
    expect(await exited).toBe(1);
    expect(machine.errorBoxes).toHaveLength(1);
    expect(machine.errorBoxes[0]?.content).toContain('No accepted mail is lost');
    expect(machine.errorBoxes[0]?.content).toContain(
      'not everything could be stopped: disk I/O error; a handle is stuck',
    );
  });

  test('quitting while the engine still opens closes it as soon as it is open, and shows no window', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let asked = false;
    const started = await start({
      openEngine: async () => {
        asked = true;
        await promise;
        return started.engine;
      },
    });
    await until(() => asked, 'the engine to be opened');
    started.electron.app.quit();
    await new Promise(setImmediate);
    resolve(undefined);
    expect(await started.exited).toBe(0);
    expect(started.engine.closed).toBe(1);
    expect(started.electron.BrowserWindow.all).toEqual([]);
  });
});

describe('opening at login', () => {
  const entryOf = (appData: string) => join(appData, 'autostart/mailward.desktop');

  test('the setting writes the autostart entry, with the same data folder and no window, and removes it', async () => {
    const dataDir = join(newFolder(), 'a "quoted" $HOME 100%');
    const { engine, appData, window } = await start({ dataDir, packaged: true });
    await window();
    expect(existsSync(entryOf(appData))).toBe(false);
    engine.change({ openAtLogin: true });
    const entry = readFileSync(entryOf(appData), 'utf8');
    expect(entry).toMatch(/^\[Desktop Entry\]\nType=Application\n/);
    const exec = /^Exec=(.*)$/m.exec(entry)?.[1] ?? '';
    expect(exec).toBe(
      `"${process.execPath}" "--hidden" "--data" "${dataDir.replaceAll('"', String.raw`\\"`).replace('$', String.raw`\\$`).replace('%', '%%')}"`,
    );
    engine.change({ openAtLogin: false });
    expect(existsSync(entryOf(appData))).toBe(false);
  });

  test('a start renews the entry of a program that has moved', async () => {
    const home = newFolder();
    const engine = new EngineDouble();
    engine.change({ openAtLogin: true });
    mkdirSync(join(home, 'config/autostart'), { recursive: true });
    writeFileSync(entryOf(join(home, 'config')), '[Desktop Entry]\nExec="/where/it/was"\n');
    const { appData, window } = await start({ home, engine, usualData: true });
    await window();
    const entry = readFileSync(entryOf(appData), 'utf8');
    expect(entry).toContain(process.execPath);
    // The usual data folder needs no mention.
    expect(entry).toContain('"--hidden"\n');
  });

  test('a start does not remove an entry: it may be that of a Mailward on another data folder', async () => {
    const home = newFolder();
    mkdirSync(join(home, 'config/autostart'), { recursive: true });
    writeFileSync(entryOf(join(home, 'config')), 'another’s');
    const { appData, window } = await start({ home });
    await window();
    expect(readFileSync(entryOf(appData), 'utf8')).toBe('another’s');
  });

  test('a folder that cannot be written is said, and Mailward runs on', async () => {
    const { engine, machine, appData, window, hasExited } = await start();
    await window();
    writeFileSync(appData, 'a file where the folder should be');
    engine.change({ openAtLogin: true });
    expect(machine.notifications[0]?.title).toBe('Mailward could not change what starts at login');
    expect(hasExited()).toBe(false);
  });
});
