// A web server that tells a time of its own choosing.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class TimeTeller implements AsyncDisposable {
  /** How much its clock is ahead of ours, ms; null: it does not tell. */
  readonly ahead: number | null;
  /** How long its answers have been in a cache on the way, s. */
  readonly age: number;
  readonly #server: Server;

  private constructor(ahead: number | null, age: number) {
    this.ahead = ahead;
    this.age = age;
    this.#server = createServer((_, response) => {
      response.sendDate = false;
      if (this.ahead !== null)
        response.setHeader('date', new Date(Date.now() + this.ahead - this.age * 1000).toUTCString());
      if (this.age > 0) response.setHeader('age', String(this.age));
      response.end();
    });
  }

  static async start(ahead: number | null, age = 0): Promise<TimeTeller> {
    const made = new TimeTeller(ahead, age);
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get place(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
