// An engine in the test's own process, with a caller and a way to send it mail.
import { logInto } from '../lab/log.ts';
import { mailDns } from '../lab/mail-dns.ts';
import { LabTime } from '../lab/time.ts';
import { createRouterClient } from '@orpc/server';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Client } from '../../shared/contract/index.ts';
import { destinationSchema, type Destination } from '../../shared/domain.ts';
import type { MessageDetail, MessageState } from '../../shared/message.ts';
import type { EngineWorld } from '../../src-main/engine/world.ts';
import { openEngine, type Engine } from '../../src-main/engine/engine.ts';
import type { Check } from '../../src-main/probes/check.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

export class EngineUnderTest implements AsyncDisposable {
  readonly #folder = scratch('engine');
  readonly troubles: string[] = [];
  engine!: Engine;
  client!: Client;

  /** What stands in for the rest of the world; may be changed between `open` calls. */
  world: EngineWorld = usual();

  /** In place of Mailward's own checks. */
  checks: readonly Check[] = [];

  static async start(
    settings: Record<string, unknown> = {},
    world: EngineWorld = {},
    checks: readonly Check[] = [],
  ): Promise<EngineUnderTest> {
    const under = new EngineUnderTest();
    under.checks = checks;
    under.world = { ...usual(), ...world };
    await under.open();
    if (Object.keys(settings).length > 0) {
      under.engine.settings.set({ ...under.engine.settings.get(), ...settings });
    }
    return under;
  }

  get dataDir(): string {
    return this.#folder.path;
  }

  async open(): Promise<void> {
    this.engine = await openEngine({
      dataDir: this.dataDir,
      host: 'service',
      smtp: { host: '127.0.0.1', port: 0 },
      world: this.world,
      checks: this.checks,
      log: logInto(this.troubles),
    });
    this.client = createRouterClient(this.engine.router);
  }

  /** Protects a domain; destinations as ports on loopback. */
  async protect(name: string, ...ports: number[]): Promise<void> {
    await this.client.domains.add({ name, route: ports.map(to) });
  }

  /** Sends one message; returns the id that Mailward gave it, or throws what it said. */
  async send(
    recipients: string | string[],
    content = 'Subject: test\r\n\r\nHello.\r\n',
    sender = 'ann@example.org',
  ): Promise<string> {
    const smtp = new SMTPConnection({
      host: '127.0.0.1',
      port: this.engine.smtp?.port ?? 0,
      ignoreTLS: true,
      name: 'client.example.org',
    });
    try {
      return await new Promise<string>((resolve, reject) => {
        smtp.on('error', reject);
        smtp.connect((failed) => {
          if (failed) {
            reject(failed);
            return;
          }
          smtp.send({ from: sender, to: recipients }, content, (error, info) => {
            if (error) reject(error);
            else resolve(/id (\w+)/.exec(info.response)?.[1] ?? '');
          });
        });
      });
    } finally {
      smtp.quit();
    }
  }

  /** Waits until a message is in a state. */
  async reaches(id: string, state: MessageState): Promise<MessageDetail> {
    let last: MessageDetail | null = null;
    return until(
      () =>
        `message ${id} to be ${state}; it is ${JSON.stringify(last?.allRecipients)} ${this.troubles.join(' ')}`,
      async () => {
        last = await this.client.messages.get({ id });
        return last.state === state ? last : null;
      },
    );
  }

  /** Waits until a message has been tried so often and nothing of it is under way. */
  async tried(id: string, attempts: number): Promise<MessageDetail> {
    await until(`message ${id} to be tried ${attempts} times`, async () => {
      const { attemptList } = await this.client.messages.get({ id });
      return attemptList.length >= attempts;
    });
    // Its recipients are read before its attempts, so that only the next look shows what this attempt made of them.
    return this.client.messages.get({ id });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    this.#folder[Symbol.dispose]();
  }
}

export function to(port: number): Destination {
  return destinationSchema.parse({ host: '127.0.0.1', port });
}

/** A busy machine may take longer over an answer than it is waited for. */
const usual = (): EngineWorld => ({
  resolve: emptyWorld,
  readMx: () => Promise.resolve({ status: 'could-not', reason: 'there is no Internet here' }),
  mxSpread: () => Promise.resolve({ status: 'could-not', reason: 'there is no Internet here' }),
  mailDns: mailDns({}),
  time: new LabTime({ patience: 10 }),
});

/** A DNS without any name: no test asks the world's. */
const emptyWorld = (name: string) =>
  Promise.reject(Object.assign(new Error(`${name} is not there`), { code: 'ENOTFOUND' }));
