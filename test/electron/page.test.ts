// The real preload script and a page in a real Chromium: what the page gets, what it does not get, and the port.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectClient } from '../../src-main/service/client.ts';
import { DataDirLocked } from '../../src-main/engine/lock.ts';
import { buildAppFolder } from './app-folder.ts';
import { EngineDouble } from './engine-double.ts';
import { doubleService, newFolder, start, until } from './harness.ts';
import type { StartWith } from './harness.ts';
import { Machine } from './stand-in/machine.ts';

let browser: Browser;
let app: string;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  app = buildAppFolder('preload', 'page');
});
afterAll(async () => {
  await browser.close();
  rmSync(app, { recursive: true, force: true });
});

/** Waits until an expression is true in the page (not by `waitForFunction`, which the policy forbids). */
async function holds(inside: Page, expression: string): Promise<void> {
  await vi.waitFor(
    async () => expect(await inside.evaluate(`Boolean(${expression})`), expression).toBe(true),
    {
      timeout: 20_000,
    },
  );
}

async function startPage(options: StartWith = {}) {
  const machine = options.machine ?? new Machine();
  machine.browser = browser;
  const started = await start({ appPath: app, ...options, machine });
  const window = await started.window();
  await until(() => window.webContents.page !== null && window.isVisible(), 'the page to be shown');
  const { page } = window.webContents;
  if (page === null) throw new Error('No page');
  await holds(page.inside, 'globalThis.connect !== undefined');
  return { ...started, page, contents: window.webContents, inside: page.inside };
}

describe('the preload script', () => {
  test('is CommonJS that asks for electron alone', () => {
    const built = readFileSync(join(app, 'out/preload/preload.cjs'), 'utf8');
    expect([...built.matchAll(/require\(([^)]*)\)/g)].map(([, name]) => name)).toEqual(['"electron"']);
    expect(built).not.toMatch(/^\s*(?:import|export)\s/m);
  });

  test('gives the page the desktop’s abilities, and nothing of Electron or Node', async () => {
    const { inside } = await startPage();
    expect(await inside.evaluate('Object.keys(window.mailward).sort()')).toEqual([
      'getOpenAtLogin',
      'platform',
      'saveFile',
      'setOpenAtLogin',
    ]);
    for (const name of [
      'require',
      'process',
      'module',
      'Buffer',
      'electron',
      'ipcRenderer',
      'standIn',
      'standInSend',
    ]) {
      expect(await inside.evaluate(`typeof globalThis[${JSON.stringify(name)}]`), name).toBe('undefined');
    }
  });

  test('the abilities work: open at login, and saving a file with the user’s consent', async () => {
    const { inside, machine, engine, appData, downloads } = await startPage();
    expect(await inside.evaluate('mailward.platform')).toBe('linux');
    expect(await inside.evaluate('mailward.getOpenAtLogin()')).toBe(false);
    await inside.evaluate('mailward.setOpenAtLogin(true)');
    expect(await inside.evaluate('mailward.getOpenAtLogin()')).toBe(true);
    expect(engine.settings.get().desktop.openAtLogin).toBe(true);
    expect(existsSync(join(appData, 'autostart/mailward.desktop'))).toBe(true);
    await expect(inside.evaluate('mailward.setOpenAtLogin("yes")')).rejects.toThrow();

    const save = `mailward.saveFile('../../.ssh/Re: "keys"?\\u202e.eml', Uint8Array.of(0, 13, 10, 255))`;
    expect(await inside.evaluate(save)).toBe(false);
    const to = join(newFolder(), 'kept.eml');
    machine.saveTo = to;
    expect(await inside.evaluate(save)).toBe(true);
    expect([...readFileSync(to)]).toEqual([0, 13, 10, 255]);
    expect(machine.saveDialogs[0]?.defaultPath).toBe(join(downloads, '_.._.ssh_Re_ _keys___.eml'));
    machine.saveTo = join(to, 'not a folder');
    await expect(inside.evaluate(save)).rejects.toThrow('ENOTDIR');
  });
});

describe('the page', () => {
  test('runs no inline script and reaches no network', async () => {
    const { inside, page } = await startPage();
    expect(await inside.evaluate('globalThis.inlineRan')).toBeUndefined();
    expect(page.said.join('\n')).toContain('Content Security Policy');
    const reach = (what: string) => inside.evaluate(`${what}.then(() => 'reached', (error) => error.name)`);
    expect(await reach(`fetch('https://example.com/')`)).toBe('TypeError');
    expect(await reach(`fetch('http://127.0.0.1:9/')`)).toBe('TypeError');
    expect(await reach(`import('data:text/javascript,1')`)).toBe('TypeError');
    // Asked from a timer: what a debugger evaluates itself is not held to the policy.
    expect(await inside.evaluate('new Promise((done) => setTimeout(() => done(tryEval())))')).toBe(
      'EvalError',
    );
    expect(await reach(`fetch('./index.html')`)).toBe('reached');
  });

  test('stays where it is when a link leads away, and the link opens outside', async () => {
    const { inside, page, machine } = await startPage();
    await inside.click('#away');
    await until(() => machine.openedOutside.length > 0, 'the link to be opened outside');
    await inside.evaluate(`window.open('https://example.com/window')`);
    await until(() => machine.openedOutside.length > 1, 'the window’s link to be opened outside');
    expect(machine.openedOutside).toEqual(['https://example.com/away', 'https://example.com/window']);
    expect(page.url()).toBe('app://mailward/');
    expect(await inside.title()).toBe('Mailward');
  });
});

describe('the port', () => {
  test('speaks the contract: calls, errors, files and a subscription', async () => {
    const { inside, engine } = await startPage();
    await inside.evaluate('connect()');
    expect(await inside.evaluate('client.system.info()')).toMatchObject({
      host: 'desktop',
      version: '0.1.0',
    });
    expect(
      await inside.evaluate(
        `client.domains.remove({ name: 'example.com' }).catch(({ code, message }) => ({ code, message }))`,
      ),
    ).toEqual({ code: 'CONFLICT', message: 'example.com still has mail that waits.' });
    expect(
      await inside.evaluate(
        `client.messages.export({ id: '7' }).then(async (file) => [file.name, ...new Uint8Array(await file.arrayBuffer())])`,
      ),
    ).toEqual(['7.eml', 0, 13, 10, 255]);
    await inside.evaluate('void follow()');
    await until(() => engine.followers === 1, 'the subscription');
    await holds(inside, 'heard.sentences.length === 1');
    engine.report({ state: 'problem', sentence: 'Mail is being held' });
    await holds(inside, `heard.sentences[1] === 'Mail is being held'`);
  });

  test('a second ask gets a new port, and the old one ends with what ran over it', async () => {
    const { inside, engine } = await startPage();
    await inside.evaluate('connect()');
    await inside.evaluate('void follow().catch(() => {})');
    await until(() => engine.followers === 1, 'the subscription');
    await inside.evaluate('connect()');
    await until(() => engine.followers === 0, 'the old subscription to end');
    expect(await inside.evaluate('client.domains.list()')).toEqual([]);
    await holds(inside, 'heard.ports === 2 && heard.ends === 1');
  });

  test('a reload ends what ran, and the page can ask again', async () => {
    const { inside, page, engine } = await startPage();
    await inside.evaluate('connect()');
    await inside.evaluate('void follow().catch(() => {})');
    await until(() => engine.followers === 1, 'the subscription');
    await page.reload();
    await until(() => engine.followers === 0, 'the subscription to end');
    await holds(inside, 'globalThis.connect !== undefined');
    await inside.evaluate('connect()');
    expect(await inside.evaluate('client.domains.list()')).toEqual([]);
  });

  test('carries the real engine', async () => {
    const { openEngine } = await import('../../src-main/engine/engine.ts');
    const { inside, dataDir, electron, exited } = await startPage({
      openEngine: (options) => openEngine(options as never),
      arguments: ['--smtp', '127.0.0.1:0'],
    });
    await inside.evaluate('connect()');
    const info = await inside.evaluate('client.system.info()');
    expect(info).toMatchObject({ host: 'desktop', dataDir, smtp: { host: '127.0.0.1' } });
    await inside.evaluate('void follow().catch(() => {})');
    await holds(inside, 'heard.sentences.length > 0');
    const added = await inside.evaluate(
      `client.domains.add({ name: 'example.com', route: [{ host: '127.0.0.1', port: 25, tls: 'opportunistic' }] })`,
    );
    expect(added).toMatchObject({ name: 'example.com' });
    // The command line finds the app through the locked folder, and works on the same engine.
    const locked: unknown = await openEngine({ dataDir, host: 'service', offline: true }).catch(
      (error: unknown) => error,
    );
    expect(locked).toMatchObject({ holder: { pid: process.pid, host: 'desktop' } });
    const { client, close } = await connectClient(
      (locked as { holder: { url: string; token: string } }).holder,
    );
    expect(await client.domains.list()).toMatchObject([{ name: 'example.com' }]);
    close();
    electron.app.quit();
    expect(await exited).toBe(0);
    const after = await openEngine({ dataDir, host: 'service', offline: true });
    await after.close();
  });
});

describe('attached to a running service', () => {
  test('the window shows the service’s engine, over a service that goes and comes back', async () => {
    const engine = new EngineDouble();
    const { first, port, serve, holder } = await doubleService(engine);
    const { inside, page, machine, electron, exited } = await startPage({
      openEngine: (options) =>
        Promise.reject(new DataDirLocked((options as { dataDir: string }).dataDir, holder)),
      connectClient: (link) => connectClient(link as never),
    });
    expect(machine.tray.toolTip).toBe('Mail is flowing for all 3 domains');
    await inside.evaluate('connect()');
    await inside.evaluate('void follow().catch(() => {})');
    await holds(inside, 'heard.sentences.length === 1');
    engine.report({ state: 'problem', sentence: 'Mail is being held' });
    await holds(inside, `heard.sentences[1] === 'Mail is being held'`);
    await until(() => machine.tray.image.includes('problem'), 'the tray to follow');
    expect(
      await inside.evaluate(`client.domains.remove({ name: 'example.com' }).catch(({ code }) => code)`),
    ).toBe('CONFLICT');
    expect(
      await inside.evaluate(
        `client.messages.export({ id: '7' }).then(async (file) => new Uint8Array(await file.arrayBuffer()).length)`,
      ),
    ).toBe(4);

    await first.close();
    await until(() => machine.tray.toolTip.includes('does not answer'), 'the tray to say so');
    expect(machine.tray.image).toContain('attention');
    await holds(inside, 'heard.ends === 1');
    const asked = inside.evaluate('connect()');
    const service = await serve(port);
    await asked;
    expect(await inside.evaluate('client.domains.list()')).toEqual([]);
    await until(() => machine.tray.toolTip === 'Mail is being held', 'the tray to follow again');

    // The shell's own subscription, and the page's: the latter ends with the page.
    await inside.evaluate('void follow().catch(() => {})');
    await until(() => engine.followers === 2, 'the page to follow again');
    await page.reload();
    await until(() => engine.followers === 1, 'the page’s subscription to end');

    electron.app.quit();
    expect(await exited).toBe(0);
    expect(engine.closed).toBe(0);
    await until(() => engine.followers === 0, 'the service to be let go');
    await service.close();
  });
});

describe('the real user interface', () => {
  test('comes up in the shell without an error, and shows the engine’s sentence', async () => {
    const folder = buildAppFolder('preload', 'renderer');
    const machine = new Machine();
    machine.browser = browser;
    try {
      const { window } = await start({ appPath: folder, machine });
      const { webContents } = await window();
      await until(() => webContents.page !== null, 'the page');
      const inside = webContents.page?.inside;
      await inside?.getByText('Mail is flowing for all 3 domains').first().waitFor();
      expect(webContents.page?.said.filter((line) => line.startsWith('error'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
