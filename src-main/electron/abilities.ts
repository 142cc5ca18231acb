// The desktop's own abilities behind `window.mailward`: open at login, and saving a file.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrowserWindow, app, dialog } from 'electron';
import type { SaveDialogOptions } from 'electron';
import { z } from 'zod';
import type { Backend } from './backend.ts';
import * as channels from './channels.ts';
import { errorMessage } from './neighbours.ts';
import { tell } from './notice.ts';
import { opensAtLogin, setOpensAtLogin } from './open-at-login.ts';
import type { LoginStart } from './open-at-login.ts';
import { answer } from './our-page.ts';

/** Answers the page's calls, and keeps the system's login items in step with the settings. */
export async function serveAbilities(backend: Backend, start: LoginStart): Promise<void> {
  answer(channels.getOpenAtLogin, () => opensAtLogin(start));
  answer(channels.setOpenAtLogin, async (_event, open) => {
    const settings = await backend.getSettings();
    const openAtLogin = z.boolean().parse(open);
    setOpensAtLogin(openAtLogin, start);
    await backend.setSettings({ ...settings, desktop: { ...settings.desktop, openAtLogin } });
  });
  answer(channels.saveFile, async ({ sender }, suggestedName, content) => {
    const bytes = z.instanceof(Uint8Array).parse(content);
    const options = {
      defaultPath: join(app.getPath('downloads'), plainName(z.string().parse(suggestedName))),
    } satisfies SaveDialogOptions;
    const window = BrowserWindow.fromWebContents(sender);
    const { canceled, filePath } = window
      ? await dialog.showSaveDialog(window, options)
      : await dialog.showSaveDialog(options);
    if (canceled || filePath === '') return false;
    await writeFile(filePath, bytes);
    return true;
  });

  const follow = (open: boolean) => {
    try {
      setOpensAtLogin(open, start);
    } catch (error) {
      tell('Mailward could not change what starts at login', errorMessage(error));
    }
  };
  backend.onSettings(({ desktop }) => follow(desktop.openAtLogin));
  // At the start an entry is renewed (the program may have moved) but never removed: it may be another data folder's.
  const { desktop } = await backend.getSettings();
  if (desktop.openAtLogin) follow(true);
}

/** A file name that is only that, whatever the page (or a message's subject) put into it. At most 120 characters. */
export function plainName(suggested: string): string {
  const name = suggested
    .replaceAll(/[\p{Cc}\p{Cf}<>:"/\\|?*]/gu, '_')
    .replace(/^[.\s]+/, '')
    .slice(0, 120)
    .replace(/[.\s]+$/, '');
  return name === '' ? 'mailward' : name;
}
