// Which page is ours: the one at app://mailward, in the top frame. Every channel asks here before it answers.
import { ipcMain } from 'electron';
import type { IpcMainEvent, IpcMainInvokeEvent } from 'electron';

export const scheme = 'app';
export const host = 'mailward';
export const startPage = `${scheme}://${host}/`;

/** Whether a URL is within the user interface. `origin` is not used: URL gives 'null' for a scheme it does not know. */
export function isOurUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return (
    parsed?.protocol === `${scheme}:` &&
    parsed.host === host &&
    parsed.username === '' &&
    parsed.password === ''
  );
}

/**
 * Whether a message comes from our own top frame. A frame that has navigated or died since is null and refused:
 * whoever sent the message cannot be told any more.
 */
export function isFromOurPage(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === event.sender.mainFrame && frame.parent === null && isOurUrl(frame.url);
}

/** Answers calls on `channel`, from our page alone; anyone else's call fails. */
export function answer(
  channel: string,
  handler: (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown,
): void {
  ipcMain.handle(channel, (event, ...args: unknown[]) => {
    if (!isFromOurPage(event)) throw new Error(`Refused: ${channel} is for Mailward's own page.`);
    return handler(event, ...args);
  });
}

/** Listens to `channel`, to our page alone; anyone else's messages are dropped. */
export function listen(channel: string, listener: (event: IpcMainEvent) => void): void {
  ipcMain.on(channel, (event) => {
    if (isFromOurPage(event)) listener(event);
  });
}
