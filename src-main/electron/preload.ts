// The preload script: the only thing that stands between the page and the main process, so it knows five channels and no more.
import { contextBridge, ipcRenderer } from 'electron';
import type { DesktopAbilities } from '../../shared/desktop.ts';
import * as channels from './channels.ts';

/** The little of the page's window that this script touches; the rest of src-main must not know of browsers. */
interface PageWindow {
  readonly location: { readonly origin: string };
  addEventListener(
    type: 'message',
    listener: (event: { source: unknown; origin: string; data: unknown }) => void,
  ): void;
  postMessage(message: unknown, targetOrigin: string, transfer: readonly object[]): void;
}
declare const window: PageWindow;

const abilities: DesktopAbilities = {
  platform: process.platform,
  getOpenAtLogin: () => ipcRenderer.invoke(channels.getOpenAtLogin) as Promise<boolean>,
  setOpenAtLogin: (open) => ipcRenderer.invoke(channels.setOpenAtLogin, open) as Promise<void>,
  saveFile: (suggestedName, content) =>
    ipcRenderer.invoke(channels.saveFile, suggestedName, content) as Promise<boolean>,
};
contextBridge.exposeInMainWorld('mailward', abilities);

window.addEventListener('message', (event) => {
  const fromOurselves = event.source === window && event.origin === window.location.origin;
  if (fromOurselves && event.data === channels.askPort) ipcRenderer.send(channels.askPort);
});

// A port cannot cross the context bridge; it can be transferred to the page by a message.
ipcRenderer.on(channels.port, (event) => {
  window.postMessage(channels.port, window.location.origin, event.ports);
});
