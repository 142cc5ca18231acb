// A real page for the stand-in's window: Chromium, with the preload script in an isolated world of its own.
//
// What is pretended: app://mailward is loaded as https://mailward (Chromium outside Electron has no schemes of ours), every
// request being answered by what the shell gave to protocol.handle; the preload script's `electron` is page-worlds.ts.
// What is real: the origin and its isolation, the Content-Security-Policy, the script and its world, ports, navigation.
import { readFileSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { Browser, CDPSession, Page as BrowserPage, Route } from 'playwright-core';
import { mainWorld, preloadWorld } from './page-worlds.ts';
import { protocol, session } from './session.ts';

/** What the page asks of the main process. */
export interface PageHost {
  invoke(channel: string, args: unknown[]): Promise<unknown>;
  send(channel: string, args: unknown[]): void;
  mayNavigate(url: string, isMainFrame: boolean): boolean;
  mayOpen(url: string): boolean;
}

export interface Page {
  /** Chromium's page, for tests to look at and click in. */
  readonly inside: BrowserPage;
  /** What was written to the page's console, and what went wrong in it. */
  readonly said: string[];
  load(url: string): Promise<void>;
  reload(): Promise<void>;
  url(): string;
  post(channel: string, port: MessagePort): void;
  close(): Promise<void>;
}

const outside = (url: string) => url.replace(/^https:\/\/mailward(?=[/?#]|$)/, 'app://mailward');
const inside = (url: string) => url.replace(/^app:\/\/mailward(?=[/?#]|$)/, 'https://mailward');

/** What the preload script's world sends. */
type FromPage =
  | { kind: 'invoke'; id: number; channel: string; args: unknown[] }
  | { kind: 'send'; channel: string; args: unknown[] }
  | { kind: 'port'; port: number; data: unknown };

export async function openPage(browser: Browser, preload: string, host: PageHost): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));

  const worlds = await watchWorlds(cdp);
  const ports = new Map<number, MessagePort>();
  let lastPort = 0;
  const toPage = async (message: object) => {
    await cdp
      .send('Runtime.evaluate', {
        contextId: worlds.present(),
        expression: `globalThis.standIn.receive(${JSON.stringify(JSON.stringify(message))})`,
      })
      // The page may have gone in between, as in Electron.
      .catch(() => undefined);
  };
  const fromPage = (message: FromPage) => {
    switch (message.kind) {
      case 'send':
        host.send(message.channel, message.args.map(unpack));
        break;
      case 'invoke':
        host.invoke(message.channel, message.args.map(unpack)).then(
          (value) => toPage({ kind: 'result', id: message.id, value }),
          (error: unknown) => toPage({ kind: 'result', id: message.id, error: String(error) }),
        );
        break;
      case 'port':
        ports.get(message.port)?.postMessage(unpack(message.data));
        break;
    }
  };
  // A document that goes takes its ends of the ports with it.
  worlds.onGone(() => {
    for (const port of ports.values()) port.close();
    ports.clear();
  });
  cdp.on('Runtime.bindingCalled', ({ name, payload }) => {
    if (name === 'standInSend') fromPage(JSON.parse(payload) as FromPage);
  });
  await cdp.send('Runtime.addBinding', { name: 'standInSend', executionContextName: 'preload' });
  await page.addInitScript(mainWorld);
  await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
    source: preloadWorld(readFileSync(preload, 'utf8')),
    worldName: 'preload',
  });

  let asked = '';
  await context.route('**/*', async (route) => answer(route, asked, host));
  context.on('page', (popup) => {
    if (popup === page) return;
    void popup.close();
  });
  await page.exposeFunction('standInMayOpen', (url: string) => host.mayOpen(url));

  return {
    inside: page,
    said,
    load: async (url) => {
      asked = url;
      await page.goto(inside(url));
    },
    reload: async () => {
      asked = outside(page.url());
      await page.reload();
    },
    url: () => outside(page.url()),
    post: (channel, port) => {
      lastPort += 1;
      const id = lastPort;
      ports.set(id, port);
      port.on('message', (data: unknown) => void toPage({ kind: 'port', port: id, data: pack(data) }));
      port.once('close', () => {
        if (ports.delete(id)) void toPage({ kind: 'port-closed', port: id });
      });
      void toPage({ kind: 'post', channel, port: id });
    },
    close: () => context.close(),
  };
}

/** Answers a request of the page: navigation is the shell's to allow, and app:// the shell's to serve. */
async function answer(route: Route, asked: string, host: PageHost): Promise<void> {
  const request = route.request();
  const url = outside(request.url());
  if (request.isNavigationRequest()) {
    const isMainFrame = request.frame().parentFrame() === null;
    // What the shell itself loads is not a navigation of the page's; fragments do not count.
    const own = isMainFrame && url.split('#')[0] === asked.split('#')[0];
    if (!own && !host.mayNavigate(url, isMainFrame)) return route.abort('aborted');
  }
  if (!(await session.defaultSession.mayRequest(url))) return route.abort('blockedbyclient');
  const response = await protocol.load(url, { method: request.method() });
  return route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}

/** Keeps track of the preload script's world of the document that is there now. */
async function watchWorlds(cdp: CDPSession) {
  let present: number | undefined;
  const gone: (() => void)[] = [];
  cdp.on('Runtime.executionContextCreated', ({ context }) => {
    const { isDefault, frameId } = (context.auxData ?? {}) as { isDefault?: boolean; frameId?: string };
    if (context.name === 'preload' && isDefault !== true && frameId === mainFrame) present = context.id;
  });
  const left = () => {
    present = undefined;
    for (const listener of gone) listener();
  };
  cdp.on('Runtime.executionContextsCleared', left);
  await cdp.send('Page.enable');
  await cdp.send('Runtime.enable');
  const { frameTree } = await cdp.send('Page.getFrameTree');
  const mainFrame = frameTree.frame.id;
  return {
    present: () => {
      if (present === undefined) throw new Error('The page has no preload script at the moment.');
      return present;
    },
    onGone: (listener: () => void) => gone.push(listener),
  };
}

/** Bytes travel as base64, everything else as JSON. */
function pack(data: unknown): unknown {
  return data instanceof Uint8Array || data instanceof ArrayBuffer
    ? { base64: Buffer.from(data as Uint8Array).toString('base64') }
    : data;
}

function unpack(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'base64' in data
    ? new Uint8Array(Buffer.from(String(data.base64), 'base64'))
    : data;
}
