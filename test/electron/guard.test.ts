// What the page may not do, asked of the guards as Chromium would ask them.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileFor } from '../../src-main/electron/interface-file.ts';
import { newFolder, start } from './harness.ts';

/** An app folder with an interface in it, and a secret beside it. */
function newApp(): string {
  const app = newFolder();
  mkdirSync(join(app, 'out/renderer/assets'), { recursive: true });
  mkdirSync(join(app, 'assets'));
  symlinkSync(join(import.meta.dirname, '../../assets/tray'), join(app, 'assets/tray'));
  writeFileSync(join(app, 'out/renderer/index.html'), '<!doctype html><title>Mailward</title>');
  writeFileSync(join(app, 'out/renderer/assets/index-1.js'), 'export {};');
  writeFileSync(join(app, 'out/renderer/assets/run.exe'), 'MZ');
  writeFileSync(join(app, 'out/secret.html'), 'secret');
  return app;
}

async function startWithPage() {
  const started = await start({ appPath: newApp() });
  await started.window();
  return started;
}

describe('app://mailward', () => {
  test('serves the interface with its types and headers', async () => {
    const { electron } = await startWithPage();
    const page = await electron.protocol.load('app://mailward/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<title>Mailward</title>');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');

    const script = await electron.protocol.load('app://mailward/assets/index-1.js?v=1#x');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('content-length')).toBe('10');
    const head = await electron.protocol.load('app://mailward/index.html', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });

  test.each([
    'app://mailward/no-such-file.js',
    'app://mailward/assets',
    'app://mailward/assets/',
    'app://mailward/assets/run.exe',
    'app://elsewhere/index.html',
    'app://mailward.example/index.html',
    'app://mailward:80/index.html',
    'app://mailward/../../etc/passwd',
    'app://mailward/../secret.html',
    'app://mailward/..%2fsecret.html',
    'app://mailward/%2e%2e/secret.html',
    'app://mailward/%2e%2e%2fsecret.html',
    'app://mailward/assets/..%2f..%2fsecret.html',
    'app://mailward/..%252fsecret.html',
    'app://mailward/..\\secret.html',
    'app://mailward/..%5csecret.html',
    'app://mailward/%5c%5cserver%5cshare%5cindex.html',
    'app://mailward/C:%5csecret.html',
    'app://mailward/index.html%00',
    'app://mailward/index.html%00.js',
    'app://mailward/index.html::$DATA',
    'app://mailward//etc/passwd',
    'app://mailward/%',
    'app://mailward/%c0%ae%c0%ae/secret.html',
  ])('%s is not found', async (url) => {
    const { electron } = await startWithPage();
    const response = await electron.protocol.load(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('Not found');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('is for reading only', async () => {
    const { electron } = await startWithPage();
    const response = await electron.protocol.load('app://mailward/index.html', { method: 'POST', body: 'x' });
    expect(response.status).toBe(405);
  });

  test('never leaves its folder, whatever tidying came before', () => {
    for (const path of [
      '/../x.html',
      '/a/../../x.html',
      '/..',
      '/.././',
      '/a\\..\\..\\x.html',
      '/\0',
      '/a:b',
    ]) {
      expect(fileFor('/srv/interface', path)).toBeNull();
    }
    expect(fileFor('/srv/interface', '/')).toBe(join('/srv/interface', 'index.html'));
    expect(fileFor('/srv/interface', '/a%20b.css')).toBe(join('/srv/interface', 'a b.css'));
    expect(fileFor('/srv/interface', '/..a/b.js')).toBe(join('/srv/interface', '..a/b.js'));
  });
});

describe('permissions', () => {
  const refused = [
    'media',
    'geolocation',
    'notifications',
    'clipboard-read',
    'openExternal',
    'fullscreen',
    'usb',
    'unknown',
  ] as const;

  test('are refused, when asked for and when checked', async () => {
    const { electron, window } = await startWithPage();
    const { webContents } = await window();
    const { handlers } = electron.session.defaultSession;
    for (const permission of refused) {
      const answers: boolean[] = [];
      handlers.setPermissionRequestHandler?.(
        webContents as never,
        permission,
        (given) => answers.push(given),
        {
          isMainFrame: true,
          requestingUrl: 'app://mailward/',
        },
      );
      expect(answers, permission).toEqual([false]);
      expect(handlers.setPermissionCheckHandler?.(null, permission, 'app://mailward', {} as never)).toBe(
        false,
      );
    }
  });

  test('copying to the clipboard is given to our page, and to no other', async () => {
    const { electron } = await startWithPage();
    const check = electron.session.defaultSession.handlers.setPermissionCheckHandler;
    expect(check?.(null, 'clipboard-sanitized-write', 'app://mailward/', {} as never)).toBe(true);
    for (const origin of ['https://example.com/', 'app://elsewhere/', 'file:///', 'null', '']) {
      expect(check?.(null, 'clipboard-sanitized-write', origin, {} as never), origin).toBe(false);
    }
  });

  test('no device, no screen, no pairing, no download', async () => {
    const { electron, window } = await startWithPage();
    const { defaultSession } = electron.session;
    const { handlers } = defaultSession;
    expect(handlers.setDevicePermissionHandler?.({} as never)).toBe(false);
    const given: unknown[] = [];
    handlers.setDisplayMediaRequestHandler?.({} as never, (streams) => given.push(streams));
    handlers.setBluetoothPairingHandler?.({} as never, (answer) => given.push(answer.confirmed));
    expect(given).toEqual([null, false]);

    let prevented = 0;
    const chosen: unknown[] = [];
    const event = { preventDefault: () => (prevented += 1) };
    const choose = (id: unknown) => chosen.push(id);
    defaultSession.emit('select-hid-device', event, {}, choose);
    defaultSession.emit('select-serial-port', event, [], {}, choose);
    defaultSession.emit('select-usb-device', event, {}, choose);
    (await window()).webContents.emit('select-bluetooth-device', event, [], choose);
    defaultSession.emit('will-download', event, {}, {});
    expect(chosen).toEqual(['', '', '', '']);
    expect(prevented).toBe(5);
  });

  test('the page has no network', async () => {
    const { electron } = await startWithPage();
    const { defaultSession } = electron.session;
    for (const url of [
      'https://example.com/x.js',
      'http://127.0.0.1:8025/',
      'wss://example.com/',
      'file:///etc/passwd',
    ]) {
      expect(await defaultSession.mayRequest(url), url).toBe(false);
    }
    for (const url of ['app://mailward/index.html', 'blob:app://mailward/1', 'data:image/png;base64,']) {
      expect(await defaultSession.mayRequest(url), url).toBe(true);
    }
  });
});

describe('navigation', () => {
  test('stays within the interface', async () => {
    const { window, machine } = await startWithPage();
    const { webContents } = await window();
    expect(webContents.navigates('app://mailward/index.html')).toBe(true);
    for (const url of [
      'app://elsewhere/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/html,x',
      'about:blank',
    ]) {
      expect(webContents.navigates(url), url).toBe(false);
      expect(webContents.redirects(url), url).toBe(false);
    }
    // A frame inside the page goes nowhere at all, not even home.
    expect(webContents.navigates('app://mailward/', false)).toBe(false);
    expect(webContents.navigates('https://example.com/', false)).toBe(false);
    expect(machine.openedOutside).toEqual([]);
  });

  test('links to the outside are opened there, of known schemes only, and never in a window of ours', async () => {
    const { window, machine } = await startWithPage();
    const { webContents } = await window();
    expect(webContents.navigates('https://www.spamhaus.org/lookup/')).toBe(false);
    for (const url of [
      'https://example.com/a?b=c',
      'tel:+491234567',
      'mailto:postmaster@example.net',
      'http://example.com/',
      'file:///usr/bin/x',
      'smb://host/share',
      'ms-msdt:/id',
      'javascript:alert(1)',
      'vbscript:x',
      'app://mailward/',
      'no url',
    ]) {
      expect(webContents.opens(url), url).toBe(false);
    }
    expect(machine.openedOutside).toEqual([
      'https://www.spamhaus.org/lookup/',
      'https://example.com/a?b=c',
      'tel:+491234567',
      'mailto:postmaster@example.net',
    ]);
  });

  test('no webview is attached', async () => {
    const { window } = await startWithPage();
    let prevented = false;
    (await window()).webContents.emit(
      'will-attach-webview',
      { preventDefault: () => (prevented = true) },
      {},
      {},
    );
    expect(prevented).toBe(true);
  });
});

describe('the sender of a message', () => {
  test('is our own top frame, or is refused', async () => {
    const { electron, window, machine } = await startWithPage();
    const { webContents } = await window();
    const ours = webContents.mainFrame;
    const ask = (frame: unknown, channel = 'mailward:get-open-at-login', ...args: unknown[]) =>
      electron.ipcMain.invokeFrom(frame as never, channel, args);
    expect(await ask(ours)).toBe(false);

    const foreign = [
      { url: 'https://example.com/', parent: null, contents: { mainFrame: null } },
      { url: 'app://elsewhere/', parent: null, contents: webContents },
      // A frame inside our page, even with our own address.
      { url: 'app://mailward/', parent: ours, contents: webContents },
      { url: 'about:blank', parent: ours, contents: webContents },
    ];
    machine.saveTo = join(newFolder(), 'x');
    for (const frame of foreign) {
      await expect(ask(frame)).rejects.toThrow('Refused');
      await expect(ask(frame, 'mailward:set-open-at-login', true)).rejects.toThrow('Refused');
      await expect(ask(frame, 'mailward:save-file', 'x', new Uint8Array(1))).rejects.toThrow('Refused');
      electron.ipcMain.sendFrom(frame as never, 'mailward:ask-port', []);
    }
    // Our frame after it went elsewhere.
    await webContents.load('https://example.com/', '');
    await expect(ask(ours)).rejects.toThrow('Refused');
    await new Promise(setImmediate);
    expect(webContents.received).toEqual([]);
    expect(machine.saveDialogs).toEqual([]);
  });

  test('a frame that is gone is nobody', async () => {
    const { electron, window } = await startWithPage();
    const { webContents } = await window();
    const event = { sender: webContents, senderFrame: null, ports: [] };
    electron.ipcMain.emit('mailward:ask-port', event);
    await new Promise(setImmediate);
    expect(webContents.received).toEqual([]);
  });
});
