// A client of a running service: for the command line, and for a desktop shell that attaches.
import { userInfo } from 'node:os';
import { systemClock } from '../clock/watched.ts';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import type { Client } from '../../shared/contract/index.ts';
import {
  credentialOf,
  Failed,
  introduce,
  Refused,
  Unproven,
  type Wish,
  wireOf,
} from '../../shared/greeting.ts';

/** How long the service may take to answer, ms. */
const ANSWER_WITHIN_MS = 8000;

/** Where a service is, and the secret that opens it: the data folder's token, or the code of a one-time link. */
export interface ServiceLink {
  url: string;
  token: string;
}

export interface ConnectedClient {
  client: Client;
  /** Resolves when the connection has ended, for whatever reason. */
  ended: Promise<void>;
  close: () => void;
}

/** What answers at the service's address is not the service: it does not know the secret, and has not been told it. */
export class NotMailward extends Error {}

/**
 * Connects to a running service. Throws when it does not answer, and `NotMailward` when something else answers in its
 * place; the token is told to nobody.
 * @param program what the journal says that its user worked with.
 */
export async function connectClient(
  service: ServiceLink,
  program: 'command' | 'window' = 'command',
): Promise<ConnectedClient> {
  const { socket, ended } = await introduced(service, 'contract', '', `Mailward-${program} ${userName()}`);
  const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket });
  return { client: createORPCClient(link), ended, close: () => socket.close() };
}

/** Asks a running service for what only the data folder's token may ask for. Throws as `connectClient`. */
export async function askService(
  service: ServiceLink,
  want: Wish,
  about = '',
): Promise<Record<string, unknown>> {
  const { socket, welcome } = await introduced(service, want, about);
  socket.close();
  return welcome;
}

async function introduced(service: ServiceLink, want: Wish, about = '', agent = 'Mailward') {
  const { url, token } = service;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/rpc`, ['mailward'], {
    handshakeTimeout: ANSWER_WITHIN_MS,
    maxPayload: MOST_ANSWER,
    followRedirects: false,
    headers: { 'User-Agent': agent },
  });
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const failures: Error[] = [];
  socket.on('error', (error) => {
    failures.push(error);
    socket.terminate();
  });
  const wire = wireOf(socket);
  const tooLate = systemClock.deadline(ANSWER_WITHIN_MS, () => {
    failures.push(new Error('it takes too long'));
    socket.terminate();
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, { statusCode }) =>
        reject(new NotMailward(`it answers ${statusCode ?? 'something'} to Mailward's greeting`)),
      );
      socket.once('close', () => reject(failures[0] ?? new Error('the connection ended')));
    });
    const where = new URL(url).origin;
    const welcome = await introduce(wire, { credential: await credentialOf(token), where, want, about });
    return { socket, ended, welcome };
  } catch (error) {
    socket.terminate();
    throw explained(url, failures[0] ?? error);
  } finally {
    tooLate.cancel();
    wire.end();
  }
}

/** The system's user, as a header may have it; empty where the system does not say. */
export function userName(): string {
  try {
    return userInfo().username.replace(/[^\x20-\x7e]/g, '?');
  } catch {
    return '';
  }
}

/** Largest message that a service may send, octets: an export of 256 MiB with what surrounds it. */
const MOST_ANSWER = 300 * 1_048_576;

function explained(url: string, error: unknown): Error {
  if (error instanceof Unproven || error instanceof NotMailward) {
    return new NotMailward(
      `what answers at ${url} is not the Mailward of this data folder: ${error.message}; find out which program listens there. It has not been told the access token`,
    );
  }
  if (error instanceof Refused && !error.proven) {
    return new NotMailward(`what answers at ${url} does not let us in: ${error.message}`);
  }
  if (error instanceof Failed) return error;
  return new Error(`the running Mailward at ${url} does not answer: ${(error as Error).message}`);
}
