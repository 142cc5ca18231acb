// Stand-ins for BrowserWindow, its webContents and their frames. With a browser on the machine the page is a real one.
import { EventEmitter } from 'node:events';
import { app, preventable } from './app.ts';
import { ipcMain } from './ipc.ts';
import type { FrameLike, MessagePortMain } from './ipc.ts';
import { presentLaunch } from './machine.ts';
import { openPage } from './page.ts';
import type { Page } from './page.ts';

const { machine } = presentLaunch();

class Frame implements FrameLike, Pick<Electron.WebFrameMain, 'postMessage' | 'url'> {
  readonly parent = null;
  readonly contents: StandInWebContents;
  constructor(contents: StandInWebContents) {
    this.contents = contents;
  }
  get url() {
    return this.contents.getURL();
  }
  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []) {
    this.contents.posted(channel, message, transfer as MessagePortMain[]);
  }
}

type OpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];

export class StandInWebContents
  extends EventEmitter
  implements Pick<Electron.WebContents, 'getURL' | 'isDestroyed' | 'reload' | 'setWindowOpenHandler'>
{
  mainFrame = new Frame(this);
  /** Ports posted to a page that is not a real one. */
  readonly received: { channel: string; port: MessagePortMain }[] = [];
  page: Page | null = null;
  reloads = 0;
  #url = '';
  #destroyed = false;
  #openHandler: OpenHandler = () => ({ action: 'allow' });

  getURL() {
    return this.page?.url() ?? this.#url;
  }
  isDestroyed() {
    return this.#destroyed;
  }
  setWindowOpenHandler(handler: OpenHandler) {
    this.#openHandler = handler;
  }
  reload() {
    this.reloads += 1;
    void this.page?.reload();
  }

  async load(url: string, preload: string): Promise<void> {
    this.#url = url;
    if (machine.browser === null) return;
    this.page = await openPage(machine.browser, preload, {
      invoke: (channel, args) => ipcMain.invokeFrom(this.mainFrame, channel, args),
      send: (channel, args) => ipcMain.sendFrom(this.mainFrame, channel, args),
      mayNavigate: (to, isMainFrame) => this.navigates(to, isMainFrame),
      mayOpen: (to) => this.opens(to),
    });
    await this.page.load(url);
  }
  async dispose() {
    this.#destroyed = true;
    // Its browser may have ended, and the page with it.
    await this.page?.close().catch(() => undefined);
  }

  posted(channel: string, _message: unknown, ports: MessagePortMain[]) {
    for (const port of ports) {
      if (this.page === null) this.received.push({ channel, port });
      else this.page.post(channel, port.release());
    }
  }

  /** The page wants to go to `url`: whether it may. */
  navigates(url: string, isMainFrame = true): boolean {
    const params: Omit<Electron.WebContentsWillFrameNavigateEventParams, 'frame'> = {
      url,
      isMainFrame,
      isSameDocument: false,
    };
    const event = Object.assign(preventable(), params, { frame: isMainFrame ? this.mainFrame : null });
    this.emit('will-frame-navigate', event);
    return !event.defaultPrevented;
  }
  /** A server wants to send the page on to `url`: whether it may. */
  redirects(url: string): boolean {
    const event = Object.assign(preventable(), { url, isMainFrame: true, isSameDocument: false });
    this.emit('will-redirect', event);
    return !event.defaultPrevented;
  }
  /** The page calls window.open: whether it gets a window. */
  opens(url: string): boolean {
    const details: Electron.HandlerDetails = {
      url,
      frameName: '',
      features: '',
      disposition: 'new-window',
      referrer: { url: '', policy: 'no-referrer' },
    };
    return this.#openHandler(details).action === 'allow';
  }
}

type Checked = Pick<
  Electron.BrowserWindow,
  | 'loadURL'
  | 'show'
  | 'hide'
  | 'focus'
  | 'isVisible'
  | 'isFocused'
  | 'isMinimized'
  | 'restore'
  | 'minimize'
  | 'maximize'
  | 'isMaximized'
  | 'getNormalBounds'
  | 'setBounds'
  | 'close'
  | 'destroy'
  | 'isDestroyed'
>;

export class BrowserWindow extends EventEmitter implements Checked {
  static readonly all: BrowserWindow[] = [];
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents = new StandInWebContents();
  #bounds: Electron.Rectangle;
  #visible: boolean;
  #focused = false;
  #minimised = false;
  #maximised = false;
  #destroyed = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    const { width = 800, height = 600 } = options;
    const [area = { x: 0, y: 0, width, height }] = machine.displays;
    // Without a position Electron centres the window.
    const x = options.x ?? Math.round(area.x + (area.width - width) / 2);
    const y = options.y ?? Math.round(area.y + (area.height - height) / 2);
    this.options = options;
    this.#bounds = { x, y, width, height };
    this.#visible = options.show ?? true;
    BrowserWindow.all.push(this);
    app.windows.add(this);
    app.emit('web-contents-created', preventable(), this.webContents);
  }

  static fromWebContents(contents: unknown): BrowserWindow | null {
    return BrowserWindow.all.find((window) => window.webContents === contents) ?? null;
  }

  async loadURL(url: string) {
    await this.webContents.load(url, this.options.webPreferences?.preload ?? '');
    this.emit('ready-to-show');
  }
  show() {
    this.#visible = true;
    this.#focused = true;
    this.emit('show');
  }
  hide() {
    this.#visible = false;
    this.#focused = false;
  }
  focus() {
    this.#focused = true;
  }
  blur() {
    this.#focused = false;
  }
  isVisible() {
    return this.#visible;
  }
  isFocused() {
    return this.#focused;
  }
  minimize() {
    this.#minimised = true;
    this.#focused = false;
  }
  isMinimized() {
    return this.#minimised;
  }
  restore() {
    this.#minimised = false;
  }
  maximize() {
    this.#maximised = true;
    this.#visible = true;
  }
  isMaximized() {
    return this.#maximised;
  }
  getNormalBounds() {
    return { ...this.#bounds };
  }
  setBounds(bounds: Partial<Electron.Rectangle>) {
    this.#bounds = { ...this.#bounds, ...bounds };
  }
  close() {
    if (this.#destroyed) return;
    const event = preventable();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy() {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#visible = false;
    void this.webContents.dispose();
    this.emit('closed');
    app.windowGone(this);
  }
  isDestroyed() {
    return this.#destroyed;
  }
}
