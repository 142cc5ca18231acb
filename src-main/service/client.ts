// A client of a running service: for the command line, and for a desktop shell that attaches.
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import type { Client } from '../../shared/contract/index.ts';

export interface ConnectedClient {
  client: Client;
  /** Resolves when the connection has ended, for whatever reason. */
  ended: Promise<void>;
  close: () => void;
}

/** Connects to a running service. Throws when it does not answer, or refuses the token. */
export async function connectClient(service: { url: string; token: string }): Promise<ConnectedClient> {
  const socket = new WebSocket(
    `${service.url.replace(/^http/, 'ws')}/rpc`,
    ['mailward', `token.${service.token}`],
    {
      handshakeTimeout: 5000,
    },
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', (error) =>
      reject(new Error(`the running Mailward at ${service.url} does not answer: ${error.message}`)),
    );
  });
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('error', () => socket.terminate());
  const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket });
  return { client: createORPCClient(link), ended, close: () => socket.close() };
}
