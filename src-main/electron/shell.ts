// The shell from the moment the app is ready: the backend first, then the window and the tray upon it.
import { join } from 'node:path';
import { app, dialog, shell } from 'electron';
import type { BrowserWindow } from 'electron';
import { serveAbilities } from './abilities.ts';
import type { Backend } from './backend.ts';
import { closeIntoTray } from './closing.ts';
import { explain } from './failure.ts';
import { guardSession } from './guard.ts';
import { openMemory } from './memory.ts';
import { setMenu } from './menu.ts';
import { catchFaults, faultWords, traceOf } from './neighbours.ts';
import { openBackend } from './open-backend.ts';
import { servePorts } from './ports.ts';
import { serveInterface } from './protocol.ts';
import { quitAfter } from './quitting.ts';
import type { StartOptions } from './start-options.ts';
import { showTray } from './tray.ts';
import { bringUp, openWindow } from './window.ts';

export interface ShellOptions extends StartOptions {
  dataDir: string;
  /** What a start at login has to be told to come out at this same data folder. */
  loginArguments: readonly string[];
}

/** Runs Mailward on the data folder until the user quits. Resolves once it is up, or has given up with a dialog. */
export async function runShell(options: ShellOptions): Promise<void> {
  const { dataDir } = options;
  let { hidden } = options;
  let window: BrowserWindow | null = null;
  const show = () => {
    hidden = false;
    if (window !== null) bringUp(window);
  };
  // Another start while this one runs: the user wants to see Mailward, unless it was the login that started it.
  app.on('second-instance', (_event, argv) => {
    if (!argv.includes('--hidden')) show();
  });
  app.on('activate', show);

  const opening = app.whenReady().then(() =>
    openBackend({
      ...options,
      version: app.getVersion(),
      log: {
        fault: (fault) => say(fault.part === 'process' ? traceOf(fault) : faultWords(fault)),
        note: ({ words }) => say(words),
      },
    }),
  );
  const quitting = quitAfter(async () => {
    // A backend that never opened has nothing to close, and its failure has been told already.
    const backend = await opening.catch(() => null);
    await backend?.close();
  });

  let backend: Backend;
  try {
    backend = await opening;
  } catch (error) {
    if (!quitting.begun()) await giveUp(error, dataDir);
    app.exit(1);
    return;
  }
  if (quitting.begun()) return;
  app.once(
    'quit',
    catchFaults((error) => backend.fault(error)),
  );

  guardSession();
  serveInterface(join(app.getAppPath(), 'out/renderer'));
  setMenu();
  servePorts(backend);
  await serveAbilities(backend, { arguments: options.loginArguments });
  if (quitting.begun()) return;

  const memory = openMemory(dataDir);
  window = openWindow(memory, hidden);
  closeIntoTray(window, backend, memory, quitting.begun);
  const removeTray = showTray(backend, { open: show, quit: () => app.quit() });
  app.once('will-quit', removeTray);
}

function say(words: string): void {
  process.stderr.write(`mailward: ${words}\n`);
}

/** Says why Mailward cannot run. */
async function giveUp(error: unknown, dataDir: string): Promise<void> {
  const { what, detail, showFolder } = explain(error, dataDir);
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: app.getName(),
    message: what,
    detail,
    buttons: showFolder ? ['Quit', 'Show the data folder'] : ['Quit'],
    defaultId: 0,
    cancelId: 0,
  });
  if (response === 1) await shell.openPath(dataDir);
}
