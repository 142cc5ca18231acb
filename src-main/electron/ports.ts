// Hands the page a port on which the contract is spoken, a new one for each ask.
import { RPCHandler } from '@orpc/server/message-port';
import { MessageChannelMain } from 'electron';
import type { MessagePortMain, WebContents } from 'electron';
import { BY_WINDOW, type Backend } from './backend.ts';
import * as channels from './channels.ts';
import { isFromOurPage, listen } from './our-page.ts';

/**
 * Serves the backend to whichever page of ours asks. A page that asks again (after a reload, say) gets a new port and
 * its old one is closed, which ends the subscriptions that ran over it. When the way to the engine is lost the ports
 * are closed too: the page then knows, and what it asks is answered once the engine is back.
 */
export function servePorts(backend: Backend): void {
  const handler = new RPCHandler(backend.router);
  const open = new Map<WebContents, MessagePortMain>();
  const asked = new WeakMap<WebContents, symbol>();

  listen(channels.askPort, (event) => {
    const ask = Symbol('ask');
    asked.set(event.sender, ask);
    void backend.reachable().then(() => {
      // While it waited, the page may have asked again, navigated or gone.
      if (asked.get(event.sender) !== ask || event.sender.isDestroyed() || !isFromOurPage(event)) return;
      const { port1: ours, port2: theirs } = new MessageChannelMain();
      shut(open.get(event.sender));
      open.set(event.sender, ours);
      ours.once('close', () => {
        if (open.get(event.sender) === ours) open.delete(event.sender);
      });
      handler.upgrade(ours, { context: { actor: BY_WINDOW } });
      ours.start();
      event.senderFrame?.postMessage(channels.port, null, [theirs]);
    });
  });

  backend.onLost(() => {
    for (const port of open.values()) shut(port);
  });
}

/** Electron tells of a port's end only when the other side ended it; the subscriptions must hear of this end too. */
function shut(port: MessagePortMain | undefined): void {
  port?.close();
  port?.emit('close');
}
