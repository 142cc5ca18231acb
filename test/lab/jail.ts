// A real server in namespaces of its own: it finds its files and users where they were compiled in, and the machine is untouched.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labServersDir } from './packages.ts';
import { scratch } from './scratch.ts';
import type { Scratch } from './scratch.ts';

/** Where the server sees its folders; on the machine they lie in the jail's scratch folder. */
const shared = ['etc', 'var', 'mail', 'log'] as const;

/** A server that was asked to end has this long (ms) before it is ended. */
const grace = 5_000;

/** Ids far from those of any package; they exist in the jail only. */
export const jailUsers = {
  nobody: 65_534,
  'Debian-exim': 64_101,
  opensmtpd: 64_102,
  opensmtpq: 64_103,
  smmta: 64_104,
  smmsp: 64_105,
} as const;

/** Whether a server can be run: it is unpacked, and namespaces (they take root) may be made here. */
export function canRun(server: string, program: string): boolean {
  return hasJail() && existsSync(join(labServersDir, server, program));
}

let jailed: boolean | undefined;

/** Mount namespaces take root, and a kernel and a container that allow them: tried once. */
function hasJail(): boolean {
  jailed ??=
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    spawnSync('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status ===
      0;
  return jailed;
}

/** One server's root and its process. Files stay over `stop` and `start`, until it is disposed of. */
export class Jail implements AsyncDisposable {
  #server: string;
  #folder: Scratch;
  #child: ChildProcess | null = null;

  /** `server` is the name of its folder among the unpacked servers. */
  constructor(server: string) {
    this.#server = server;
    this.#folder = scratch(server);
    for (const name of [...shared, 'root']) mkdirSync(this.path(name));
    this.addUsers([]);
    this.write('etc/hosts', []);
    this.write('etc/nsswitch.conf', ['passwd: files', 'group: files', 'hosts: files']);
    this.resolveWith(null);
  }

  /** Which resolver (an address) the server finds in its system. Null: none. */
  resolveWith(resolver: string | null): void {
    // Nobody listens there: a server that asks for names all the same is told at once that there are none.
    const none = ['nameserver 127.255.255.253', 'options attempts:1 timeout:1'];
    this.write('etc/resolv.conf', resolver === null ? none : [`nameserver ${resolver}`]);
  }

  /** A path on the machine of something that the server sees at `/NAME`. */
  path(...parts: string[]): string {
    return join(this.#folder.path, ...parts);
  }

  write(name: string, lines: string[]): void {
    writeFileSync(this.path(name), lines.map((line) => `${line}\n`).join(''));
  }

  read(name: string): string {
    const path = this.path(name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** The users that the server finds in the system: its own, and these. */
  addUsers(names: string[]): void {
    const ids = Object.entries(jailUsers);
    this.write('etc/passwd', [
      'root:x:0:0:root:/root:/bin/sh',
      ...ids.map(([name, id]) => `${name}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin`),
      ...names.map((name, n) => `${name}:x:${65_000 + n}:${jailUsers.nobody}::/mail:/usr/sbin/nologin`),
    ]);
    this.write('etc/group', ['root:x:0:', 'mail:x:8:', ...ids.map(([name, id]) => `${name}:x:${id}:`)]);
  }

  /** Starts the server in the foreground of its namespaces; what it prints goes to its log. */
  start(program: string, ...args: string[]): void {
    const log = openSync(this.path('log', 'output'), 'a');
    // With its process namespace's first process everything that it has started ends too.
    this.#child = spawn('unshare', [...this.#unshare('--kill-child=SIGKILL'), program, ...args], {
      stdio: ['ignore', log, log],
      env: environment,
      cwd: '/',
    });
    closeSync(log);
  }

  /** Runs a program to its end in namespaces like the server's. */
  run(program: string, args: string[], input = ''): string {
    const { status, stdout, stderr, error } = spawnSync('unshare', [...this.#unshare(), program, ...args], {
      input,
      env: environment,
      cwd: '/',
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`);
    return stdout;
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** The server's process, as the machine numbers it. */
  get pid(): number {
    const parent = this.#child?.pid ?? 0;
    return Number(readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')[0]);
  }

  /** Ends the server and all that it has started; resolves when it is gone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || !this.isRunning) return;
    const gone = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), grace);
    try {
      process.kill(this.pid, 'SIGTERM');
    } catch {
      // It is just ending by itself.
    }
    await gone;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }

  #unshare(...more: string[]): string[] {
    const binds = shared.map((name) => `mount --bind ${this.path(name)} "$root/${name}"`);
    const script = `set -e
root=${this.path('root')}
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir dev proc run tmp usr ${shared.join(' ')}
chmod 1777 tmp
for each in bin lib lib64 sbin; do if [ -L /$each ]; then cp -P /$each .; fi; done
mount -t overlay overlay -o lowerdir=${join(labServersDir, this.#server, 'usr')}:/usr usr
mount --rbind /dev dev
mount -t proc proc proc
${binds.join('\n')}
exec chroot . "$@"`;
    return ['--mount', '--pid', '--fork', ...more, '--', 'sh', '-c', script, 'sh'];
  }
}

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
