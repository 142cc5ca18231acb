// Quitting: windows first, then the engine, and only then the process.
import { app, dialog } from 'electron';
import { errorMessage } from './neighbours.ts';

export interface Quitting {
  /** Whether Mailward is on its way out. */
  begun: () => boolean;
}

/**
 * Holds the process until `close` has settled, so that the engine can finish what it has begun. `close` runs once,
 * however often quitting is asked for. When it fails, the words are shown and the process ends with status 1: what was
 * accepted is on disk, and is taken up at the next start.
 */
export function quitAfter(close: () => Promise<void>): Quitting {
  let begun = false;
  let closed = false;
  let closing = false;
  app.on('before-quit', () => {
    begun = true;
  });
  // Comes once all windows are gone; a window can still hold quitting up before that.
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    if (closing) return;
    closing = true;
    close().then(
      () => {
        closed = true;
        app.quit();
      },
      (error: unknown) => {
        dialog.showErrorBox(
          'Mailward did not stop cleanly',
          `No accepted mail is lost: it is on disk and is taken up at the next start.\n\n${errorMessage(error)}`,
        );
        app.exit(1);
      },
    );
  });
  return { begun: () => begun };
}
