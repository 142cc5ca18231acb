// Where the pictures lie, and which of them suits this system.
import { join } from 'node:path';
import { app, nativeImage } from 'electron';
import type { NativeImage } from 'electron';

/** The tray's states; each has a shape of its own (assets/tray). */
export type TrayState = 'ok' | 'attention' | 'problem';

/** The window's icon where the system does not take it from the program itself. */
export function windowIcon(): string {
  return join(app.getAppPath(), 'assets/icons/256x256.png');
}

/**
 * The tray's picture: a template on macOS, which paints it to suit the menu bar; 16 px on Windows and 22 px on Linux,
 * in colour, with larger ones for dense screens beside them (`@2x`), which Electron finds by itself.
 */
export function trayPicture(state: TrayState): NativeImage {
  const name = { darwin: `${state}Template.png`, win32: `${state}-16.png` }[process.platform as string];
  return nativeImage.createFromPath(join(app.getAppPath(), 'assets/tray', name ?? `${state}-22.png`));
}
