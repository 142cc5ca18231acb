// What real name server programs cannot be made to do: say nothing at all, or have TCP closed.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

/** An address that takes every question and answers none, over UDP and TCP: a network that swallows packets. */
export async function silence(address: string, port = 53): Promise<AsyncDisposable> {
  const udp = createSocket('udp4');
  const open = new Set<Socket>();
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(port, address, resolve);
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, address, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** Passes UDP on to a server at another port of the same address; over TCP nobody is there. Questions from `deafTo` are lost. */
export async function udpOnly(
  address: string,
  realPort: number,
  deafTo: string | null = null,
): Promise<AsyncDisposable> {
  const front = createSocket('udp4');
  const backs = new Set<ReturnType<typeof createSocket>>();
  front.on('message', (question, from) => {
    if (from.address === deafTo) return;
    const back = createSocket('udp4');
    backs.add(back);
    back.once('close', () => backs.delete(back));
    back.once('error', () => back.close());
    back.once('message', (answer) => {
      front.send(answer, from.port, from.address);
      back.close();
    });
    back.send(question, realPort, address);
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.bind(53, address, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const back of backs) back.close();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}
