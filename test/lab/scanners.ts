// Rspamd and ClamAV as real servers, on loopback, with rules and signatures of the test's own and no network.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { needProgram } from './packages.ts';
import { freePort, untilListening } from './ports.ts';
import { scratch, type Scratch } from './scratch.ts';
import { until } from './wait.ts';

/** The EICAR test file: harmless, and every scanner is asked to know it. In two parts, so that none finds it here. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('-');
/** What our own signature calls a guess. */
export const guess = 'MAILWARD-GUESS-MARK';
/** Rspamd's own test pattern for spam (GTUBE). */
export const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

/** A program that looks at mail, in a folder of its own. */
export class Scanner implements AsyncDisposable {
  readonly #folder: Scratch;
  #child: ChildProcess | null = null;
  #log = '';
  #ended = false;

  constructor(folder: Scratch) {
    this.#folder = folder;
  }

  protected run(program: string, args: string[]): void {
    const child = spawn(needProgram(program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (this.#log = (this.#log + text.toString()).slice(-4000)));
    child.once('exit', () => (this.#ended = true));
    this.#child = child;
  }

  protected filter(): void {
    if (this.#ended) throw new Error(`it ended: ${this.#log}`);
  }

  /** Its first process; -1 when it does not run. */
  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** Ends it, as when it crashes. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }
}

export class RspamdServer extends Scanner {
  readonly port: number;

  private constructor(folder: Scratch, port: number) {
    super(folder);
    this.port = port;
  }

  /** @param rules Lua, as in rspamd.local.lua. */
  static async start(rules: string): Promise<RspamdServer> {
    const folder = scratch('rspamd');
    const server = new RspamdServer(folder, await freePort());
    const { path } = folder;
    const file = (name: string) => JSON.stringify(join(path, name));
    writeFileSync(join(path, 'rules.lua'), rules);
    // The public suffix list takes it half a minute to compile, and no rule of ours looks at URLs.
    writeFileSync(join(path, 'suffixes'), 'com\norg\n');
    writeFileSync(
      join(path, 'rspamd.conf'),
      `options {
        filters = ""; gtube_patterns = "all"; url_tld = ${file('suffixes')};
        tempdir = ${file('.')}; rundir = ${file('.')}; dbdir = ${file('.')}; hs_cache_dir = ${file('.')};
        pidfile = ${file('pid')}; stats_file = ${file('stats')}; history_file = ${file('history')};
        control_socket = "${join(path, 'control')} mode=0600";
        dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }
      }
      logging { type = "console"; level = "warning"; }
      actions { reject = 15; add_header = 6; greylist = 4; }
      lua = ${file('rules.lua')};
      worker "normal" { bind_socket = "127.0.0.1:${server.port}"; mime = true; count = 1; }
      `,
    );
    server.run('rspamd', ['-f', '-i', '-c', join(path, 'rspamd.conf')]);
    await untilListening('127.0.0.1', server.port);
    server.filter();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

/**
 * Rspamd with all the rules of its package, as it is installed, but for what needs Redis or the Internet. It listens in both ways that mail
 * servers ask it, with a process for each of two cores. It takes half a minute to start.
 */
export class FullRspamd extends Scanner {
  /** As Postfix writes it in `smtpd_milters`. */
  readonly milter: string;
  /** Its normal worker. */
  readonly url: string;
  readonly #controller: string;

  private constructor(folder: Scratch, socket: string, normal: number, controller: number) {
    super(folder);
    this.milter = `unix:${socket}`;
    this.url = `http://127.0.0.1:${normal}`;
    this.#controller = `http://127.0.0.1:${controller}`;
  }

  /** @param resolver address of the name server that its rules ask. */
  static async start({ resolver }: { resolver: string }): Promise<FullRspamd> {
    const folder = scratch('rspamd');
    const { path } = folder;
    const socket = join(path, 'milter');
    const ports = { normal: await freePort(), controller: await freePort() };
    const server = new FullRspamd(folder, socket, ports.normal, ports.controller);
    const local: Record<string, string> = {
      'options.inc': `dns { nameserver = ["${resolver}"]; }`,
      'logging.inc': 'type = "console"; level = "error";',
      'worker-normal.inc': `bind_socket = "127.0.0.1:${ports.normal}"; count = 2;`,
      'worker-controller.inc': `bind_socket = "127.0.0.1:${ports.controller}";`,
      // Looks at mail itself, instead of passing it to a normal worker.
      'worker-proxy.inc': `bind_socket = "${socket} mode=0666"; count = 2; upstream "local" { self_scan = yes; }`,
    };
    mkdirSync(join(path, 'local.d'));
    for (const [name, text] of Object.entries(local)) writeFileSync(join(path, 'local.d', name), text);
    const variables = { LOCAL_CONFDIR: path, DBDIR: path, RUNDIR: path, LOGDIR: path };
    const settings = Object.entries(variables).map(([name, value]) => `--var=${name}=${value}`);
    server.run('rspamd', ['-f', '-i', '-c', '/etc/rspamd/rspamd.conf', ...settings]);
    await untilListening('127.0.0.1', ports.normal);
    await untilListening('127.0.0.1', ports.controller);
    // Its patterns are compiled in the background, and it is slow until then.
    await until('Rspamd does not compile its patterns', () =>
      readdirSync(path).some((name) => name.endsWith('.hs')),
    );
    server.filter();
    return server;
  }

  /** Messages that it has looked at. */
  async scanned(): Promise<number> {
    const response = await fetch(`${this.#controller}/stat`);
    const { scanned } = (await response.json()) as { scanned: number };
    return scanned;
  }
}

export class ClamdServer extends Scanner {
  readonly socket: string;

  private constructor(folder: Scratch) {
    super(folder);
    this.socket = join(folder.path, 'clamd.sock');
  }

  /** Knows EICAR and `guess`, and takes at most 1 MiB. */
  static async start(): Promise<ClamdServer> {
    const folder = scratch('clamd');
    const server = new ClamdServer(folder);
    const database = join(folder.path, 'database');
    mkdirSync(database);
    const md5 = createHash('md5').update(eicar).digest('hex');
    writeFileSync(join(database, 'lab.hdb'), `${md5}:${eicar.length}:Lab.Eicar\n`);
    const mark = Buffer.from(guess).toString('hex');
    writeFileSync(join(database, 'lab.ndb'), `Heuristics.Lab.Guess:0:*:${mark}\n`);
    const configuration = join(folder.path, 'clamd.conf');
    writeFileSync(
      configuration,
      `LocalSocket ${server.socket}\nDatabaseDirectory ${database}\nForeground yes\nStreamMaxLength 1M\n`,
    );
    server.run('clamd', ['-c', configuration]);
    await until('clamd takes no connection', () => {
      server.filter();
      return existsSync(server.socket) && answers(server.socket);
    });
    return server;
  }
}

async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
