// Server processes that end when the test does, even when it is killed: a small shell holds their numbers and a pipe to us.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needProgram } from '../packages.ts';
import { scratch } from '../scratch.ts';
import type { Scratch } from '../scratch.ts';

/** Reads the process groups it is to end; when its input ends without `done`, it ends them and removes the folder. */
const script = `
trap '' INT TERM HUP
groups=
while read -r group; do
  [ "$group" = done ] && exit
  groups="$groups $group"
done
left=
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null && left="$left $group"; done
if [ -n "$left" ]; then
  sleep 1
  for group in $left; do kill -s KILL -- "-$group" 2>/dev/null; done
fi
rm -rf "$1"
`;

export class Keeper implements AsyncDisposable {
  readonly #folder: Scratch;
  readonly #shell: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #kept = new Set<Kept>();

  constructor(name: string) {
    this.#folder = scratch(name);
    this.#shell = spawn(needProgram('sh'), ['-c', script, 'keeper', this.#folder.path], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#gone = once(this.#shell, 'exit');
    this.#shell.unref();
  }

  /** A folder for configurations and logs, removed at the end. */
  get folder(): string {
    return this.#folder.path;
  }

  /** Starts a program that stays in the foreground, in a process group of its own; what it prints goes to a log file. */
  start(name: string, program: string, args: string[]): Kept {
    const log = join(this.folder, `${name}.out`);
    const output = openSync(log, 'a');
    const child = spawn(needProgram(program), args, {
      cwd: this.folder,
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    const kept = new Kept(name, child, log);
    this.#kept.add(kept);
    this.#shell.stdin?.write(`${child.pid ?? ''}\n`);
    void kept.ended.then(() => this.#kept.delete(kept));
    return kept;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#kept].map((kept) => kept.stop()));
    this.#shell.ref();
    this.#shell.stdin?.end('done\n');
    await this.#gone;
    this.#folder[Symbol.dispose]();
  }
}

/** One running program. */
export class Kept {
  readonly name: string;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #log: string;

  constructor(name: string, child: ChildProcess, log: string) {
    this.name = name;
    this.#child = child;
    this.#log = log;
    this.ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has printed. */
  log(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
  }

  /** Numbers of the processes that its children started: those that answer, where a server forks twice. */
  workers(): number[] {
    return this.isRunning ? childrenOf(this.#child.pid ?? 0).flatMap(childrenOf) : [];
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(name);
  }

  /** Ends it and all it has started, and waits until it is gone. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.signal('SIGTERM');
    const timer = setTimeout(() => {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    }, 3_000);
    await this.ended;
    clearTimeout(timer);
  }
}

function childrenOf(process: number): number[] {
  try {
    const children = readFileSync(`/proc/${process}/task/${process}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    // It has just ended.
    return [];
  }
}
