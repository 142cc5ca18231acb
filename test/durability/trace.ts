// What a process did to its database files, and when it told a client 250, read from strace(1)'s record of its system calls.
import { basename } from 'node:path';

/** One thing that happened, in order. Files are named by their name in the data folder. */
export type Happening =
  | { kind: 'create'; name: string }
  | { kind: 'unlink'; name: string }
  | { kind: 'write'; name: string; offset: number; data: Buffer }
  | { kind: 'truncate'; name: string; length: number }
  /** fsync was asked for: of a file, or of the folder (name null). */
  | { kind: 'sync-begin'; name: string | null; call: number }
  /** … and has returned: what was written before it was asked for is on the disk. */
  | { kind: 'sync-end'; call: number }
  /** A client was told that the message with this id is stored. */
  | { kind: 'answered'; id: string };

const calls = 'openat,pwrite64,pwritev,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate,fallocate';
const names = 'rename,renameat,renameat2,unlink,unlinkat';

/**
 * The tracer before the traced program: `-D` leaves the process id to the program, `-yy` names files and sockets,
 * `-xx -s` keeps every octet. Records of several runs follow one another in `file`.
 */
export function straceCommand(strace: string, file: string): string[] {
  const options = ['-f', '-D', '-q', '-A', '-yy', '-xx', '-s', '16777216', '--seccomp-bpf'];
  return [strace, ...options, '-e', `trace=${calls},${names}`, '-e', 'signal=SIGKILL', '-o', file, '--'];
}

/** The line that says that the process has ended: the record is complete. */
export function hasEnded(trace: Buffer, pid: number): boolean {
  return new RegExp(`^${pid} +\\+\\+\\+ (exited|killed)`, 'm').test(
    trace.toString('latin1', trace.length - 4096),
  );
}

/** Reads a record. Only the database in `folder` counts; its `-shm` is shared memory, made anew at every start. */
export function readTrace(trace: string, folder: string): Happening[] {
  const happenings: Happening[] = [];
  const open = new Map<string, number>();
  let call = 0;
  const nameOf = (path: string): string | null => {
    if (!path.startsWith(`${folder}/`)) return null;
    const name = basename(path);
    return name.startsWith('mailward.db') && !name.endsWith('-shm') ? name : null;
  };

  for (const line of lines(trace)) {
    const match = /^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()/.exec(line);
    if (!match) continue;
    const [head, thread = '', resumed, started] = match;
    if (resumed !== undefined) {
      if (resumed === 'fsync' || resumed === 'fdatasync') endSync(thread, line);
      continue;
    }
    const rest = line.slice(head.length);
    if (started === 'fsync' || started === 'fdatasync') {
      const path = descriptorPath(rest);
      const name = path === folder ? null : nameOf(path);
      if (name === null && path !== folder) continue;
      call += 1;
      happenings.push({ kind: 'sync-begin', name, call });
      open.set(thread, call);
      if (!rest.endsWith('<unfinished ...>')) endSync(thread, line);
    } else if (started === 'openat') {
      const path = decode(/"((?:\\x[0-9a-f]{2})*)"/.exec(rest)?.[1] ?? '');
      const name = nameOf(path);
      if (name !== null && rest.includes('O_CREAT')) happenings.push({ kind: 'create', name });
    } else if (started === 'unlink') {
      const name = nameOf(decode(/"((?:\\x[0-9a-f]{2})*)"/.exec(rest)?.[1] ?? ''));
      if (name !== null) happenings.push({ kind: 'unlink', name });
    } else if (started === 'ftruncate') {
      const name = nameOf(descriptorPath(rest));
      if (name !== null)
        happenings.push({ kind: 'truncate', name, length: Number(/>, (\d+)/.exec(rest)?.[1] ?? Number.NaN) });
    } else if (started === 'pwrite64') {
      const name = nameOf(descriptorPath(rest));
      if (name === null) continue;
      const begin = rest.indexOf('"') + 1;
      const end = rest.indexOf('"', begin);
      const offset = Number(/^, \d+, (\d+)/.exec(rest.slice(end + 1))?.[1] ?? Number.NaN);
      if (Number.isNaN(offset)) throw new Error(`cannot read this line of the trace: ${line.slice(0, 300)}`);
      happenings.push({ kind: 'write', name, offset, data: octets(rest.slice(begin, end)) });
    } else {
      const path = descriptorPath(rest);
      if (nameOf(path) !== null)
        throw new Error(`the database was changed by ${started ?? ''}, which is not understood`);
      if (!path.startsWith('TCP')) continue;
      for (const [, id = ''] of decode(rest.slice(0, 100_000)).matchAll(
        /250 2\.6\.0 Message stored, id (\w+)/g,
      ))
        happenings.push({ kind: 'answered', id });
    }
  }
  return happenings;

  function endSync(thread: string, line: string): void {
    const begun = open.get(thread);
    open.delete(thread);
    if (begun === undefined) return;
    // One that failed, or was cut off by the end of the process, has promised nothing.
    if (line.endsWith('= 0')) happenings.push({ kind: 'sync-end', call: begun });
  }
}

function* lines(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? undefined : end);
    if (end < 0) return;
    at = end + 1;
  }
}

/** What `-yy` says of the first argument: a path, or `TCP:[…]`. */
function descriptorPath(rest: string): string {
  return decode(/^\d+<((?:\\x[0-9a-f]{2}|[^>\\])*)>/.exec(rest)?.[1] ?? '');
}

function decode(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function octets(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}
