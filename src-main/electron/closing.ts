// What closing the window does: hide it into the tray, or quit, as the settings say.
import { app } from 'electron';
import type { BrowserWindow } from 'electron';
import type { Backend } from './backend.ts';
import type { MemoryFile } from './memory.ts';
import { tell } from './notice.ts';
import { bringUp } from './window.ts';

/**
 * Keeps the window from being closed while Mailward stays: it is hidden if the settings say so, and else Mailward
 * quits. `isQuitting` tells whether the window is closed because Mailward is.
 */
export function closeIntoTray(
  window: BrowserWindow,
  backend: Backend,
  memory: MemoryFile,
  isQuitting: () => boolean,
): void {
  window.on('close', (event) => {
    if (isQuitting()) return;
    event.preventDefault();
    void decide();
  });

  async function decide(): Promise<void> {
    // A service that cannot be asked does not stop with this window: leaving it in the tray harms nothing.
    const toTray = await backend.getSettings().then(
      ({ desktop }) => desktop.closeToTray,
      () => true,
    );
    if (!toTray) {
      app.quit();
      return;
    }
    window.hide();
    if (memory.read().toldOfTray) return;
    memory.write({ toldOfTray: true });
    tell(
      'Mailward keeps running',
      'Mail goes on being relayed. Mailward is in the tray: open it from there, or quit it there.',
      () => bringUp(window),
    );
  }
}
