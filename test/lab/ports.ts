// Loopback addresses and ports for the lab's servers.
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { until } from './wait.ts';

/** A TCP port of a loopback address that nobody listens on now. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody takes connections there. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

export async function untilListening(host: string, port: number): Promise<void> {
  await until(`nobody listens on ${host}:${port}`, () => isListening(host, port));
}
