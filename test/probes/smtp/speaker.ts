// Something that listens and is not quite a mail server: says its words, and answers commands as it is told.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Words {
  /** Said to whoever connects. */
  first: string;
  /** Answers to lines that begin so, the first that fits; nothing is said to others. */
  answers?: Record<string, string>;
  /** Lines that begin so are answered after this many ms. */
  slow?: { line: string; ms: number };
}

/** Listens on every address of this machine, on a free port. */
export async function speaker({
  first,
  answers = {},
  slow,
}: Words): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (heard) => {
      const said = heard.toString('latin1');
      const pause = slow !== undefined && said.startsWith(slow.line) ? slow.ms : 0;
      const fits = Object.entries(answers).find(([begin]) => said.startsWith(begin));
      if (fits !== undefined) setTimeout(() => socket.write(fits[1]), pause);
    });
    socket.write(first);
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
