// Loopback addresses for one small internet: a block of networks nobody else uses while it runs.
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';

/** Networks (/24) in a block. */
const networks = 16;

/** 127.A.B.0 to 127.A.(B+15).255, held by a socket for as long as it is not disposed of. */
export class Block implements AsyncDisposable {
  readonly #a: number;
  readonly #b: number;
  readonly #held: ReturnType<typeof createSocket>;
  readonly #hosts = new Array<number>(networks).fill(0);
  #turn = 0;

  private constructor(a: number, b: number, held: ReturnType<typeof createSocket>) {
    this.#a = a;
    this.#b = b;
    this.#held = held;
  }

  static async take(): Promise<Block> {
    for (let tries = 0; tries < 200; tries += 1) {
      const a = randomInt(1, 255);
      const b = randomInt(0, 256 / networks) * networks;
      const held = await bound(`127.${a}.${b}.255`);
      if (held !== null) return new Block(a, b, held);
    }
    throw new Error('no free block of loopback addresses was found in 200 tries');
  }

  /** A new address; each in the next network unless one is named (0–15). */
  address(network?: number): string {
    const where = network ?? this.#turn++ % networks;
    const host = (this.#hosts[where] ?? 0) + 1;
    this.#hosts[where] = host;
    return `127.${this.#a}.${this.#b + where}.${host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#held.close(() => resolve()));
  }
}

/** The last address of a block, at the port of DNS: whoever has it has the block. */
function bound(address: string): Promise<ReturnType<typeof createSocket> | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(null));
    socket.bind(53, address, () => {
      socket.unref();
      resolve(socket);
    });
  });
}
