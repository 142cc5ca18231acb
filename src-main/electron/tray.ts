// The tray: the state as a shape, the sentence as its tooltip and first line, and the way in and out.
import { Menu, Tray } from 'electron';
import type { HealthState } from '../../shared/state.ts';
import type { Backend, BackendStatus } from './backend.ts';
import { trayPicture } from './pictures.ts';
import type { TrayState } from './pictures.ts';

/** "Could not check" asks for a look, and is never shown as failed. */
const states: Readonly<Record<HealthState, TrayState>> = {
  ok: 'ok',
  'not-applicable': 'ok',
  attention: 'attention',
  'could-not-check': 'attention',
  problem: 'problem',
};

/** Windows cuts a tooltip off after 127 characters; a menu line longer than that is no line either. */
const longest = 127;

export interface TrayActions {
  open: () => void;
  quit: () => void;
}

/** Puts Mailward into the tray and keeps it telling the backend's state. Returns how to take it out again. */
export function showTray(backend: Backend, actions: TrayActions): () => void {
  let shown = backend.status();
  const tray = new Tray(trayPicture(states[shown.state]));
  const describe = ({ sentence }: BackendStatus) => {
    const words = sentence.length > longest ? `${sentence.slice(0, longest - 1)}…` : sentence;
    tray.setToolTip(words);
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Mailward', click: actions.open },
        { type: 'separator' },
        // An ampersand would mark the next letter as a shortcut.
        { label: words.replaceAll('&', '&&'), enabled: false },
        { type: 'separator' },
        { label: 'Quit Mailward', click: actions.quit },
      ]),
    );
  };
  describe(shown);
  tray.on('click', actions.open);
  const stop = backend.onStatus((next) => {
    // The overview comes twice a second; a menu that is replaced while it is open closes on Linux.
    if (states[next.state] !== states[shown.state]) tray.setImage(trayPicture(states[next.state]));
    if (next.sentence !== shown.sentence) describe(next);
    shown = next;
  });
  return () => {
    stop();
    tray.destroy();
  };
}
