// The entry of the user interface.
import './before-schemas.ts';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Connection } from './connection.ts';
import { takeTokenFromAddress } from './token.ts';

// Before the router reads the address: a token there is no place in the app.
takeTokenFromAddress();

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(<App connection={new Connection()} />);
