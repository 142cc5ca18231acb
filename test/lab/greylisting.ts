// A greylisting policy server as Postfix asks one (SMTPD_POLICY_README), with the words of the usual one, postgrey.
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

export class GreylistingPolicy implements AsyncDisposable {
  /** How long a client, sender and recipient that were never seen together have to wait. */
  seconds: number;
  readonly #seen = new Map<string, number>();
  readonly #server: Server;

  private constructor(seconds: number) {
    this.seconds = seconds;
    this.#server = createServer((socket) => {
      let heard = '';
      socket.on('error', () => socket.destroy());
      socket.on('data', (part) => {
        heard += part.toString();
        for (let end = heard.indexOf('\n\n'); end >= 0; end = heard.indexOf('\n\n')) {
          socket.write(`action=${this.#decide(heard.slice(0, end))}\n\n`);
          heard = heard.slice(end + 2);
        }
      });
    });
  }

  static async start(seconds: number): Promise<GreylistingPolicy> {
    const policy = new GreylistingPolicy(seconds);
    await new Promise<void>((resolve) => policy.#server.listen(0, '127.0.0.1', resolve));
    // It must not keep the test's process alive by itself.
    policy.#server.unref();
    return policy;
  }

  get route(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #decide(request: string): string {
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(request)?.[1] ?? '';
    const key = ['client_address', 'sender', 'recipient'].map(value).join(' ');
    const first = this.#seen.get(key) ?? Date.now();
    this.#seen.set(key, first);
    if (Date.now() - first >= this.seconds * 1000) return 'DUNNO';
    return 'DEFER_IF_PERMIT Greylisted, see http://postgrey.schweikert.ch/help/example.com.html';
  }
}
