// The window: one, ours alone, as closed to the world as a page can be.
import { systemClock } from '../clock/watched.ts';
import { join } from 'node:path';
import { BrowserWindow, app, nativeTheme, screen } from 'electron';
import type { MemoryFile } from './memory.ts';
import { startPage } from './our-page.ts';
import { windowIcon } from './pictures.ts';
import { placeWindow } from './window-place.ts';

/** The page's own background in both schemes, so that it does not flash while it loads. */
const backgrounds = { light: '#f6f7f8', dark: '#14181b' };

/**
 * Opens the window where it was last. It stays hidden until it has something to show, and for good when `hidden`.
 * When it is closed for any reason, where it was is remembered.
 */
export function openWindow(memory: MemoryFile, hidden: boolean): BrowserWindow {
  const remembered = memory.read().window;
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const window = new BrowserWindow({
    ...placeWindow(
      remembered,
      [primary, ...others].map(({ workArea }) => workArea),
    ),
    minWidth: 360,
    minHeight: 480,
    show: false,
    title: app.getName(),
    icon: windowIcon(),
    backgroundColor: nativeTheme.shouldUseDarkColors ? backgrounds.dark : backgrounds.light,
    autoHideMenuBar: true,
    webPreferences: {
      preload: join(app.getAppPath(), 'out/preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      // The spelling checker would fetch its dictionaries from the Internet, unasked.
      spellcheck: false,
    },
  });
  // Maximising shows a window; one that starts hidden has to wait for the first time it is shown.
  let toMaximise = remembered?.maximised === true;
  const maximise = () => {
    if (toMaximise) window.maximize();
    toMaximise = false;
  };
  if (hidden) window.once('show', maximise);
  else maximise();
  window.once('ready-to-show', () => {
    if (!hidden) window.show();
  });
  window.on('close', () => {
    memory.write({ window: { ...window.getNormalBounds(), maximised: window.isMaximized() || toMaximise } });
  });
  // A page whose process died is loaded anew; a second death at once would only go round in circles.
  let diedAt = -Infinity;
  window.webContents.on('render-process-gone', () => {
    const soon = systemClock.steady() - diedAt < 10_000;
    diedAt = systemClock.steady();
    if (!soon) window.webContents.reload();
  });
  // A page that cannot be loaded shows Chromium's own words for it in the window.
  window.loadURL(startPage).catch(() => undefined);
  return window;
}

/** Brings the window before the user, from wherever it is. */
export function bringUp(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
