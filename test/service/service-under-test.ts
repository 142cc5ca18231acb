// What tests of the service's door share: raw HTTP connections, and a service in the test's own process.
import { logInto } from '../lab/log.ts';
import { connect, type Socket } from 'node:net';
import { Keys } from '../../src-main/service/keys.ts';
import { startService, type Service, type ServiceOptions } from '../../src-main/service/service.ts';
import { EngineUnderTest } from '../engine/engine-under-test.ts';

/** An engine and its service, in this process. */
export class ServiceUnderTest implements AsyncDisposable {
  readonly mailward: EngineUnderTest;
  readonly keys: Keys;
  readonly service: Service;

  private constructor(mailward: EngineUnderTest, keys: Keys, service: Service) {
    this.mailward = mailward;
    this.keys = keys;
    this.service = service;
  }

  static async start(more: Partial<ServiceOptions> = {}): Promise<ServiceUnderTest> {
    const mailward = await EngineUnderTest.start();
    const keys = await Keys.open(mailward.dataDir);
    const service = await startService({
      engine: mailward.engine,
      keys,
      listen: { host: '127.0.0.1', port: 0 },
      log: logInto(mailward.troubles),
      ...more,
    });
    return new ServiceUnderTest(mailward, keys, service);
  }

  get link(): { url: string; token: string } {
    return { url: this.service.url, token: this.keys.token };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.close();
    await this.mailward[Symbol.asyncDispose]();
  }
}

/** A connection that has stood up; what goes wrong with it later is the test's to see, not the process's. */
export function dial(port: number, host = '127.0.0.1', localAddress?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Sends octets and collects all that comes back until the other side ends, or says no more for a moment. */
export async function ask(port: number, octets: string | Buffer, patience = 1500): Promise<string> {
  const socket = await dial(port);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.setTimeout(patience, () => socket.destroy());
    socket.write(octets);
  });
  return answer;
}
