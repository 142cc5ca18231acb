// Mailward in the test's own process with pretended checks, served like the real thing: for the command line and a browser.
import { noLog } from '../../src-main/events/fault.ts';
import type { Client } from '../../shared/contract/index.ts';
import type { Finding } from '../../shared/finding.ts';
import { openEngine, type Engine } from '../../src-main/engine/engine.ts';
import { NotApplicable, type Check, type Found } from '../../src-main/probes/check.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { startService } from '../../src-main/service/service.ts';
import { mailward, type Finished } from './mailward.ts';
import { scratch } from './scratch.ts';

/** What a pretended check says; changed by the test between runs. */
export interface Answer extends Found {
  code: string;
}

/** A check that says what it is told to, when it is told to. */
export class PretendedCheck {
  readonly check: Check;
  answers: Answer[];
  /** While it is set, the check waits for it. */
  gate: Promise<void> | null = null;

  constructor(definition: Omit<Check, 'run'>, ...answers: Answer[]) {
    this.answers = answers;
    this.check = {
      ...definition,
      run: async ({ report, couldNotCheck, signal }) => {
        if (this.gate !== null) {
          await Promise.race([
            this.gate,
            new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
          ]);
        }
        for (const { code, ...found } of this.answers) {
          if (code === 'not-applicable') throw new NotApplicable(found.summary);
          if (code === 'could-not-check') couldNotCheck(found);
          else report(code, found);
        }
      },
    };
  }

  /** Lets runs wait from now on; what it returns lets them go. */
  hold(): () => void {
    let go = (): void => undefined;
    this.gate = new Promise<void>((resolve) => {
      go = () => {
        this.gate = null;
        resolve();
      };
    });
    return go;
  }
}

export class Clinic implements AsyncDisposable {
  readonly #folder;
  readonly #engine: Engine;
  readonly #close: () => Promise<void>;
  readonly client: Client;
  /** Address of the user interface, with its token. */
  readonly ui: string;

  private constructor(
    folder: ReturnType<typeof scratch>,
    engine: Engine,
    client: Client,
    ui: string,
    close: () => Promise<void>,
  ) {
    this.#folder = folder;
    this.#engine = engine;
    this.client = client;
    this.ui = ui;
    this.#close = close;
  }

  static async open(checks: readonly PretendedCheck[]): Promise<Clinic> {
    const folder = scratch('clinic');
    const engine = await openEngine({
      dataDir: folder.path,
      host: 'service',
      smtp: { host: '127.0.0.1', port: 0 },
      checks: checks.map(({ check }) => check),
    });
    const keys = await Keys.open(folder.path);
    const { token } = keys;
    const service = await startService({
      engine,
      keys,
      listen: { host: '127.0.0.1', port: 0 },
      log: noLog,
    });
    engine.announce({ pid: process.pid, host: 'service', url: service.url, token });
    const connected = await connectClient({ url: service.url, token });
    return new Clinic(folder, engine, connected.client, `${service.url}/#token=${token}`, async () => {
      connected.close();
      await service.close();
    });
  }

  /** Protects a domain whose server is never reached: nothing is sent. */
  async protect(name: string, host = 'mail.example.com'): Promise<void> {
    await this.client.domains.add({
      name,
      route: [{ host, port: 25, tls: 'opportunistic', sourceAddress: null }],
    });
  }

  /** Asks all checks about a domain, to the end. */
  async ask(domain: string): Promise<Finding[]> {
    const found: Finding[] = [];
    for await (const event of await this.client.checks.runAll({ domain }))
      if (event.kind === 'finding') found.push(event.finding);
    return found;
  }

  /** Runs a command, which finds this Mailward on the data folder. */
  command(...args: string[]): Promise<Finished> {
    return mailward([...args, '--data', this.#folder.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#engine.close();
    this.#folder[Symbol.dispose]();
  }
}
