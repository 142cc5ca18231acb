// Loopback addresses and ports for the lab's servers.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { until } from './wait.ts';

/** Ports that the system itself gives to nobody: it takes those of outgoing connections and of `listen(0)` from 32768 on. */
const [first, last] = [10_240, 32_767];

/**
 * A TCP port of a loopback address that nobody listens on, and that no other test is given while this process runs: a
 * server that takes seconds to start finds it free.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(first, last + 1);
    if ((await isReserved(port)) && (await isFree(host, port))) return port;
  }
  throw new Error(`no free port was found on ${host} in 200 tries`);
}

/** Holds the UDP port of the same number until this process ends: whoever has it has the port. */
function isReserved(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => {
      socket.unref();
      resolve(true);
    });
  });
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
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
