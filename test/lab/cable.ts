// A cable to a server that can be cut: hands octets on in both directions, until it is told to break.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export class Cable implements AsyncDisposable {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  #left: number | null = null;
  #word: string | null = null;
  #isMute = false;
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
      far.on('data', (octets) => {
        if (!this.#isMute) near.write(octets);
      });
      far.on('end', () => near.end());
      near.on('data', (octets) => this.#pass(octets, near, far));
    });
  }

  static async to(host: string, port: number): Promise<Cable> {
    const cable = new Cable(host, port);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  /** The port of its near end, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `HOST:PORT` of its near end, as a route is written. */
  get route(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Breaks once, when so many more octets have gone to the server. */
  cutAfter(octets: number): void {
    this.#left = octets;
  }

  /** Breaks every connection on which a command that begins so is said; the server does not hear it. */
  cutAt(command: string): void {
    this.#word = command;
  }

  /** From now on takes connections, and nothing comes back through them. */
  mute(): void {
    this.#isMute = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(octets: Buffer, near: Socket, far: Socket): void {
    const said = this.#word === null ? -1 : octets.indexOf(this.#word);
    const enough = this.#left !== null && octets.length >= this.#left;
    const upTo = said >= 0 ? said : enough ? (this.#left ?? 0) : octets.length;
    far.write(octets.subarray(0, upTo));
    if (this.#left !== null) this.#left -= octets.length;
    if (said < 0 && !enough) return;
    this.#left = null;
    this.cuts += 1;
    // What was sent before the cut arrives; both sides then see a connection that is no more.
    far.end();
    near.resetAndDestroy();
  }
}
