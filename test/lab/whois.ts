// WHOIS servers of the lab (RFC 3912): IANA's referrals and a registry's free text, with switches.
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export type WhoisManner = 'well' | 'silent' | 'endless' | 'hangs-up';

export class WhoisServer implements AsyncDisposable {
  manner: WhoisManner = 'well';
  /** What it says to which question; `otherwise` for all the others. */
  readonly answers = new Map<string, string>();
  otherwise = 'No match for that name.\r\n';
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #host: string;

  private constructor(host: string) {
    this.#host = host;
    // The asker may close its half first.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  static async start(host = '127.0.0.1'): Promise<WhoisServer> {
    const made = new WhoisServer(host);
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', reject);
      made.#server.listen(0, host, resolve);
    });
    return made;
  }

  /** `host:port`, as settings and referrals have it. */
  get place(): string {
    return `${this.#host}:${(this.#server.address() as AddressInfo).port}`;
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    socket.on('error', () => socket.destroy());
    let heard = '';
    socket.on('data', (part: Buffer) => {
      heard += part.toString('latin1');
      const end = heard.indexOf('\n');
      if (end < 0) return;
      const question = heard.slice(0, end).trim();
      heard = '';
      this.asked.push(question);
      switch (this.manner) {
        case 'silent':
          return;
        case 'hangs-up':
          socket.end();
          return;
        case 'endless': {
          const more = () => {
            while (
              !socket.destroyed &&
              socket.write('% all is well, and there is more to be said\r\n'.repeat(500))
            );
          };
          socket.on('drain', more);
          more();
          return;
        }
        case 'well':
          socket.end(this.answers.get(question) ?? this.otherwise);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
