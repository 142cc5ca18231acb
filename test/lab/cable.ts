// A cable to a server that can be cut: hands octets on in both directions, until it is told to break.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export class Cable implements AsyncDisposable {
  #server: Server;
  #ends = new Set<Socket>();
  #left: number | null = null;
  /** How often it broke. */
  cuts = 0;

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      const far = connect({ host, port });
      for (const end of [near, far]) {
        this.#ends.add(end);
        end.setNoDelay(true);
        end.once('close', () => this.#ends.delete(end));
      }
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
      near.on('close', () => far.end());
      far.on('data', (octets) => near.write(octets));
      far.on('end', () => near.end());
      near.on('data', (octets) => {
        const cut = this.#left !== null && octets.length >= this.#left;
        far.write(cut ? octets.subarray(0, this.#left ?? 0) : octets);
        if (this.#left !== null) this.#left -= octets.length;
        if (!cut) return;
        this.#left = null;
        this.cuts += 1;
        // What was sent before the cut arrives; both sides then see a connection that is no more.
        far.end();
        near.resetAndDestroy();
      });
    });
  }

  static async to(host: string, port: number): Promise<Cable> {
    const cable = new Cable(host, port);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  /** `HOST:PORT` of its near end, as a route is written. */
  get route(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks once, when so many more octets have gone to the server. */
  cutAfter(octets: number): void {
    this.#left = octets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
