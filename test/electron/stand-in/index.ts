// A STAND-IN for the `electron` module, for tests on machines without Electron. It is not Electron.
//
// It does what Electron's documentation says of the parts that src-main/electron uses, and no more. Its signatures are
// checked against Electron's own types (`implements Pick<Electron.…>`, and the check at the end); its behaviour is what
// we read in the documentation, so what it proves is that the shell asks Electron for the right things in the right
// order. Pages run in a real Chromium (page.ts). What only the real thing can show is in smoke.ts.
//
// Evaluated once for each start of the shell (vi.resetModules), as Electron is once for each process. What outlives a
// process is the Machine.
import { app } from './app.ts';
import { dialog, Menu, nativeImage, nativeTheme, Notification, screen, shell, Tray } from './desktop.ts';
import { ipcMain, MessageChannelMain } from './ipc.ts';
import { protocol, session } from './session.ts';
import { BrowserWindow } from './window.ts';

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  Notification,
  protocol,
  screen,
  session,
  shell,
  Tray,
};

/** Electron's module is CommonJS: packages that import it whole get the same things. */
export default {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  Notification,
  protocol,
  screen,
  session,
  shell,
  Tray,
};

/** Every name here is one of Electron's: a misspelt export would not compile. */
export const names = [
  'app',
  'BrowserWindow',
  'dialog',
  'ipcMain',
  'Menu',
  'MessageChannelMain',
  'nativeImage',
  'nativeTheme',
  'Notification',
  'protocol',
  'screen',
  'session',
  'shell',
  'Tray',
] as const satisfies readonly (keyof typeof import('electron'))[];
