// The desktop app's entry: settles what must be settled before Electron is ready, and leaves the rest to the shell.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, dialog } from 'electron';
import { defaultDataDir, errorMessage, prepareDataDir } from './neighbours.ts';
import { explain } from './failure.ts';
import { guardPages } from './guard.ts';
import { declareScheme } from './protocol.ts';
import { runShell } from './shell.ts';
import { readStartOptions } from './start-options.ts';
import type { StartOptions } from './start-options.ts';

start();

function start(): void {
  // Whatever we write is for this user's eyes: mail, and the token that opens it.
  process.umask(0o077);
  let options: StartOptions;
  try {
    options = readStartOptions(process.argv.slice(1), process.env, process.cwd());
  } catch (error) {
    dialog.showErrorBox('Mailward was started wrongly', errorMessage(error));
    app.exit(2);
    return;
  }
  const dataDir = options.dataDir ?? defaultDataDir();
  // Chromium's own files stay together, apart from the mail.
  const browserDir = join(dataDir, 'browser');
  try {
    // Nothing is put into a folder before it is known to be ours.
    prepareDataDir(dataDir);
    // Electron takes no path that is not there yet.
    mkdirSync(browserDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { what, detail } = explain(error, dataDir);
    dialog.showErrorBox(what, detail);
    app.exit(1);
    return;
  }
  // The lock of the single instance is kept in userData: one Mailward to a data folder, whichever it is.
  app.setPath('userData', dataDir);
  app.setPath('sessionData', browserDir);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }

  // Windows shows notifications only of a program it knows by this name (electron-builder.yml: appId).
  app.setAppUserModelId('mailward.desktop');
  app.enableSandbox();
  declareScheme();
  guardPages();
  // Mailward lives in the tray: it ends when it is told to, not when a window does.
  app.on('window-all-closed', () => undefined);
  runShell({
    ...options,
    dataDir,
    loginArguments: ['--hidden', ...(options.dataDir === undefined ? [] : ['--data', dataDir])],
  }).catch((error: unknown) => {
    const { what, detail } = explain(error, dataDir);
    dialog.showErrorBox(what, detail);
    app.quit();
  });
}
