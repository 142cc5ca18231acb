// A real Postfix as the office's own server: its own configuration, queue and data, nothing shared with the machine's.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needProgram } from './packages.ts';
import { freePort, untilListening } from './ports.ts';
import { scratch } from './scratch.ts';
import type { Scratch } from './scratch.ts';
import { until } from './wait.ts';

const run = promisify(execFile);

/** The user that mailboxes belong to: Debian's `nobody`. */
const mailboxOwner = 65_534;

export interface PostfixOptions {
  /** A loopback address; every 127.x.y.z is ours. */
  host?: string;
  /** Default: a free one, kept over stop and start. */
  port?: number;
  /** Domains whose mail is delivered into mailboxes here. */
  domains?: string[];
  /** Addresses that have a mailbox; `any` takes every address of the domains. */
  mailboxes?: 'any' | string[];
  /** The resolver (an address) that it finds in its system; the machine's when left out. */
  resolver?: string;
  /** Lines of main.cf that override the lab's: this is how a server gets misconfigured. */
  settings?: Record<string, string>;
}

/** One Postfix. `start` and `stop` may be repeated; mailboxes and queue live until it is disposed of. */
export class Postfix implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  #folder: Scratch;
  #options: PostfixOptions;

  private constructor(host: string, port: number, options: PostfixOptions) {
    this.host = host;
    this.port = port;
    this.#options = options;
    this.#folder = scratch('postfix');
    this.#layOut();
  }

  /** Lays out a server without starting it: nobody listens on its port yet. */
  static async prepare(options: PostfixOptions = {}): Promise<Postfix> {
    const host = options.host ?? '127.0.0.1';
    return new Postfix(host, options.port ?? (await freePort(host)), options);
  }

  static async start(options: PostfixOptions = {}): Promise<Postfix> {
    const postfix = await Postfix.prepare(options);
    try {
      await postfix.start();
    } catch (error) {
      await postfix[Symbol.asyncDispose]();
      throw error;
    }
    return postfix;
  }

  /** `HOST:PORT`, as a route is written. */
  get route(): string {
    return `${this.host}:${this.port}`;
  }

  async start(): Promise<void> {
    try {
      const start = [needProgram('postfix'), '-c', this.#path('etc'), 'start'];
      const [program = '', ...args] = [...this.#seeing(this.#options.resolver), ...start];
      await run(program, args, { env: cleanEnvironment() });
    } catch (error) {
      throw new Error(`Postfix did not start: ${String(error)}\n${this.log()}`, { cause: error });
    }
    await untilListening(this.host, this.port);
  }

  /** Stops it and waits until it is gone; what is in its queue stays there. */
  async stop(): Promise<void> {
    const pid = this.#masterPid();
    if (pid === null) return;
    process.kill(pid, 'SIGTERM');
    // Its listeners' sockets are in the hands of all its processes: only when the last is gone can it start again.
    await until(`Postfix (process ${pid}) does not stop`, () => !groupRuns(pid));
  }

  /** Replaces the options of a server that is stopped; without effect on one that runs. */
  setUp(options: PostfixOptions): void {
    this.#options = options;
    this.#writeConfiguration();
  }

  /** Changes main.cf lines and has the running server read them. */
  async reconfigure(settings: Record<string, string>): Promise<void> {
    this.#options = { ...this.#options, settings: { ...this.#options.settings, ...settings } };
    this.#writeConfiguration();
    if (this.#masterPid() !== null) {
      await run(needProgram('postfix'), ['-c', this.#path('etc'), 'reload'], { env: cleanEnvironment() });
    }
  }

  /** An address's messages as stored: LF line ends, the server's own header fields on top. */
  mailbox(address: string): Buffer[] {
    const folder = this.#path('mail', 'all', 'new');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name)))
      .filter((content) => content.subarray(0, 1000).includes(`\nDelivered-To: ${address}\n`));
  }

  /** Waits until a mailbox has at least so many messages. */
  async delivered(address: string, atLeast = 1): Promise<Buffer[]> {
    return until(
      () =>
        `${address} has ${this.mailbox(address).length} of ${atLeast} messages\n${this.log().slice(-3000)}`,
      () => {
        const messages = this.mailbox(address);
        return messages.length >= atLeast && messages;
      },
    );
  }

  /** Everything it has logged. */
  log(): string {
    const path = this.#path('log', 'mail.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }

  #path(...parts: string[]): string {
    return join(this.#folder.path, ...parts);
  }

  /** The process that started all its others; null while it is stopped. */
  get pid(): number | null {
    return this.#masterPid();
  }

  /** What has a program see a resolver of ours where the system's is written: in a namespace that all it starts is in too. */
  #seeing(resolver: string | undefined): string[] {
    if (resolver === undefined) return [];
    writeFileSync(this.#path('resolv.conf'), `nameserver ${resolver}\n`);
    const mount = `mount --bind ${this.#path('resolv.conf')} "$(readlink -f /etc/resolv.conf)"`;
    return ['unshare', '--mount', 'sh', '-c', `${mount} && exec "$@"`, 'sh'];
  }

  #masterPid(): number | null {
    const path = this.#path('queue', 'pid', 'master.pid');
    if (!existsSync(path)) return null;
    const pid = Number(readFileSync(path, 'utf8').trim());
    // The file outlives its process, and the number may since be another's.
    const process = processOf(pid);
    return process?.name === 'master' && process.runs ? pid : null;
  }

  #layOut(): void {
    for (const name of ['etc', 'queue', 'data', 'mail', 'log']) mkdirSync(this.#path(name));
    chownSync(this.#path('data'), userId('postfix'), -1);
    chmodSync(this.#path('data'), 0o700);
    chownSync(this.#path('mail'), mailboxOwner, mailboxOwner);
    this.#writeConfiguration();
  }

  #writeConfiguration(): void {
    const { domains = ['example.com'], mailboxes = 'any', settings = {} } = this.#options;
    // All mailboxes are one folder: virtual(8) writes whose each message is into its Delivered-To field.
    const listed = mailboxes === 'any' ? [] : mailboxes.map((address) => `${address} all/\n`);
    writeFileSync(this.#path('etc', 'mailboxes'), listed.join(''));
    const main: Record<string, string> = {
      compatibility_level: '3.6',
      queue_directory: this.#path('queue'),
      data_directory: this.#path('data'),
      maillog_file: this.#path('log', 'mail.log'),
      maillog_file_prefixes: this.#path('log'),
      command_directory: '/usr/sbin',
      daemon_directory: '/usr/lib/postfix/sbin',
      mail_owner: 'postfix',
      setgid_group: 'postdrop',
      default_privs: 'nobody',
      // The listener's address is in master.cf; here only addresses of an interface would do, not every 127.x.y.z.
      inet_interfaces: 'all',
      inet_protocols: 'ipv4',
      myhostname: 'mail.office.example',
      mydomain: 'office.example',
      mydestination: '',
      mynetworks: '',
      // Nothing in the lab asks the world's name servers.
      smtpd_peername_lookup: 'no',
      smtp_dns_support_level: 'disabled',
      smtpd_relay_restrictions: 'reject_unauth_destination',
      // Messages are stored as they came: nothing is added to them, not even for a client on this machine.
      local_header_rewrite_clients: '',
      alias_maps: '',
      alias_database: '',
      virtual_mailbox_domains: domains.join(' '),
      virtual_mailbox_base: this.#path('mail'),
      virtual_mailbox_maps:
        mailboxes === 'any' ? 'static:all/' : `texthash:${this.#path('etc', 'mailboxes')}`,
      virtual_mailbox_limit: '0',
      virtual_uid_maps: `static:${mailboxOwner}`,
      virtual_gid_maps: `static:${mailboxOwner}`,
      // A bench or a chaos run is one client with many connections; the limits are for scenarios to set.
      smtpd_client_connection_count_limit: '0',
      ...settings,
    };
    const text = Object.entries(main).map(([key, value]) => `${key} = ${value}\n`);
    writeFileSync(this.#path('etc', 'main.cf'), text.join(''));
    writeFileSync(this.#path('etc', 'master.cf'), masterCf(`${this.host}:${this.port}`));
  }
}

/** Postfix's services as it ships them, without chroot, listening in one place only. */
function masterCf(listener: string): string {
  return `${listener} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
}

interface Process {
  name: string;
  /** Not so for one that has ended and that nobody has collected yet. */
  runs: boolean;
  group: number;
}

function processOf(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, name = '', state, group] = /\((.*)\) (\w) \d+ (\d+)/.exec(stat) ?? [];
    return { name, runs: state !== 'Z', group: Number(group) };
  } catch {
    return null;
  }
}

function groupRuns(group: number): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processOf(Number(name)))
    .some((each) => each !== null && each.runs && each.group === group);
}

function userId(name: string): number {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  return Number(line?.split(':')[2] ?? Number.NaN);
}

/** What the test runner has in its environment is none of Postfix's business (it would take MAIL_CONFIG). */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
}
