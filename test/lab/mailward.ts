// Mailward itself as users run it: the service in a process of its own, and the command line.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Client } from '../../shared/contract/index.ts';
import { overviewSchema, type Overview } from '../../shared/overview.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { scratch } from './scratch.ts';
import type { Scratch } from './scratch.ts';
import { patience, until } from './wait.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** `MAILWARD_FROM=out` tests the build (as `npm test` does after building); else the sources, as they are now. */
export function entry(): string {
  const isBuilt = process.env['MAILWARD_FROM'] === 'out';
  return join(checkout, isBuilt ? 'out/main/mailward.js' : 'src-main/cli/main.ts');
}

export interface Finished {
  /** 128 + number when a signal ended it. */
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs one command to its end; one that does not end is ended, and that is an error. */
export async function mailward(
  args: string[],
  options: { env?: Record<string, string> } = {},
): Promise<Finished> {
  const child = launch(args, options.env);
  const output = collect(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (signal === 'SIGKILL') {
    const { stdout, stderr } = output.text();
    throw new Error(`mailward ${args.join(' ')} did not end in ${patience / 1000} s: ${stdout}${stderr}`);
  }
  return { status: code ?? (signal === null ? -1 : 128), ...output.text() };
}

/** What `serve --json` says when it is ready. */
interface Ready {
  ready: true;
  /** A one-time link; only the address where none is made. */
  ui: string;
  smtp: { host: string; port: number };
  dataDir: string;
}

export interface ServiceOptions {
  /** Default: a new one, removed with the service. */
  dataDir?: string;
  /** `HOST:PORT`; default any free port. Kept over restarts, so that clients find it again. */
  smtp?: string;
  /** Written to the data folder before the first start; `retrySeconds: [1]` when none is given. */
  settings?: Record<string, unknown>;
  args?: string[];
  env?: Record<string, string>;
  /** A program that runs it, with that program's arguments: a tracer. It must leave the process id to the service. */
  under?: string[];
}

/** A running service, on a data folder of its own unless told otherwise. */
export class Service implements AsyncDisposable {
  readonly dataDir: string;
  #options: ServiceOptions;
  #scratch: Scratch | null;
  #child: ChildProcess | null = null;
  #ready: Ready | null = null;
  #output: Output | null = null;
  /** What it has printed on standard error since its first start. */
  stderr = '';

  private constructor(options: ServiceOptions) {
    this.#options = options;
    this.#scratch = options.dataDir === undefined ? scratch('data') : null;
    this.dataDir = options.dataDir ?? join(this.#scratch?.path ?? '', 'data');
    const settings = options.settings ?? { delivery: { retrySeconds: [1] } };
    mkdirSync(this.dataDir, { recursive: true });
    writeFileSync(join(this.dataDir, 'settings.json'), JSON.stringify(settings));
  }

  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(options);
    try {
      await service.start();
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
    return service;
  }

  /** Port of the SMTP listener; the same over restarts. */
  get smtpPort(): number {
    return this.#isReady().smtp.port;
  }

  /** Address of the user interface with the data folder's token, which lets any number of browsers in. */
  get ui(): string {
    return `${this.url}/#token=${this.token}`;
  }

  /** Address of the user interface, without a slash at the end. */
  get url(): string {
    return new URL(this.#isReady().ui).origin;
  }

  /** The one-time link that it printed when it was started last. */
  get link(): string {
    return this.#isReady().ui;
  }

  /** The data folder's token, as it is now. */
  get token(): string {
    return readFileSync(join(this.dataDir, 'access-token'), 'utf8').trim();
  }

  /** What it has printed on standard output since it was started last. */
  get stdout(): string {
    return this.#output?.text().stdout ?? '';
  }

  /** What it has printed on standard error since it was started last. */
  get complaints(): string {
    return this.#output?.text().stderr ?? '';
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** Starts it (again) and waits until it says that it is ready. */
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Starts it (again) without waiting. */
  launch(): void {
    const smtp = this.#ready === null ? (this.#options.smtp ?? '127.0.0.1:0') : `127.0.0.1:${this.smtpPort}`;
    const args = ['serve', '--json', '--data', this.dataDir, '--smtp', smtp, '--listen', '127.0.0.1:0'];
    this.#child = launch([...args, ...(this.#options.args ?? [])], this.#options.env, this.#options.under);
    this.#output = collect(this.#child);
  }

  /** Waits until a launched service says that it is ready. */
  async ready(): Promise<void> {
    const child = this.#child;
    const output = this.#output;
    if (child === null || output === null) throw new Error('the service has not been launched');
    const line = await until(
      () => `the service does not get ready\n${output.text().stdout}${output.text().stderr}`,
      () => {
        const { stdout, stderr } = output.text();
        const end = stdout.indexOf('\n');
        if (end >= 0) return stdout.slice(0, end);
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`the service ended (${child.exitCode ?? child.signalCode}): ${stdout}${stderr}`);
        }
        return null;
      },
      { every: 10 },
    );
    this.#ready = JSON.parse(line) as Ready;
  }

  /** Asks it to stop as Ctrl-C does; resolves with its exit status when it is gone. */
  stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<number> {
    return this.#end(signal);
  }

  /** Ends it without warning, as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Runs a command on this service's data folder. */
  command(...args: string[]): Promise<Finished> {
    return mailward([...args, '--data', this.dataDir]);
  }

  /** Runs a command with `--json` and returns its lines, parsed; any exit status but 0 is an error. */
  async json<T>(...args: string[]): Promise<T[]> {
    const result = await this.command(...args, '--json');
    if (result.status !== 0) {
      throw new Error(`mailward ${args.join(' ')}: exit ${result.status}\n${result.stdout}${result.stderr}`);
    }
    return result.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  /** How it is, in whatever state: `status` is no success while something wants attention. */
  async overview(): Promise<Overview> {
    const { stdout, stderr } = await this.command('status', '--json');
    try {
      return overviewSchema.parse(JSON.parse(stdout));
    } catch (error) {
      throw new Error(`mailward status: ${stdout}${stderr}`, { cause: error });
    }
  }

  /** A connection like the user interface's: the whole contract, over WebSocket. */
  async client(): Promise<{ client: Client; close: () => void }> {
    return connectClient({ url: this.url, token: this.token });
  }

  async addDomain(name: string, route: string): Promise<void> {
    const result = await this.command('domain', 'add', name, '--route', route);
    if (result.status !== 0) throw new Error(`domain add ${name}: ${result.stdout}${result.stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#scratch?.[Symbol.dispose]();
  }

  async #end(signal: NodeJS.Signals): Promise<number> {
    const child = this.#child;
    if (child === null) return 0;
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    }
    this.#child = null;
    this.stderr += this.#output?.text().stderr ?? '';
    return child.exitCode ?? 128;
  }

  #isReady(): Ready {
    if (this.#ready === null) throw new Error('the service has not been started');
    return this.#ready;
  }
}

function launch(args: string[], extra: Record<string, string> = {}, under: string[] = []): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra };
  // Vitest's own switches are not for the program under test; neither is a data folder of the developer's.
  for (const name of ['VITEST', 'VITEST_MODE', 'NODE_ENV', 'NODE_OPTIONS', 'TEST', 'MAILWARD_DATA']) {
    if (extra[name] === undefined) Reflect.deleteProperty(env, name);
  }
  const [program = process.execPath, ...rest] = [...under, process.execPath, entry(), ...args];
  return spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Output {
  text: () => { stdout: string; stderr: string };
}

function collect(child: ChildProcess): Output {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  return {
    text: () => ({
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: Buffer.concat(stderr).toString('utf8'),
    }),
  };
}
