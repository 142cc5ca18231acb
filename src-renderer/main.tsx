// The entry of the user interface.
import './before-schemas.ts';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Connection } from './connection.ts';
import { takeFormerToken, watchAddress } from './secret.ts';

const connection = new Connection();
const former = takeFormerToken();
if (former !== null) connection.useSecret(former);
watchAddress((secret) => connection.useSecret(secret));
void sendWorkersAway();

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(<App connection={connection} />);

/** Mailward has no service worker: one that is here was planted by another program that had this address for a while. */
async function sendWorkersAway(): Promise<void> {
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer };
  for (const worker of (await serviceWorker?.getRegistrations().catch(() => [])) ?? [])
    await worker.unregister();
}
