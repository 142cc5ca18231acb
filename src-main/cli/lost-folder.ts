// Whether a Mailward is running whose data folder was moved away or removed: nothing in the folder's place can tell any more, but on Linux
// the process can (proc(5)). Of other users' processes nothing is seen, and elsewhere nothing is known.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { LOCK_FILE } from '../engine/lock.ts';
import { shellWord } from '../settings/data-dir.ts';

/** The kernel writes this after the name of an open file that has none any more. */
const GONE = ' (deleted)';

/** What to tell of a running Mailward whose folder was `dataDir`; null where there is none, or none can be seen, or its lock is there. */
export function whoLostFolder(dataDir: string): string | null {
  if (process.platform !== 'linux' || existsSync(join(dataDir, LOCK_FILE))) return null;
  for (const name of entriesOf('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const lock = openLockOf(name);
    if (lock === null || dataDirOf(name) !== dataDir) continue;
    const runs = `Mailward is running (process ${name}), but its data folder ${dataDir}`;
    const begins = 'Nothing was made, and no other Mailward should be started there';
    return lock.endsWith(GONE)
      ? `${runs} was removed. Mail that waits in it goes on being delivered as long as that process runs: do not end it before what is held or in quarantine was exported in its user interface, which says how much that is (docs/durability.md). ${begins}`
      : `${runs} was moved to ${dirname(lock)}. Put it back without stopping Mailward: it goes on by itself (mv ${shellWord(dirname(lock))} ${shellWord(dataDir)}). ${begins}`;
  }
  return null;
}

/** Where a process has an engine's lock open; null where it has none. */
function openLockOf(pid: string): string | null {
  for (const descriptor of entriesOf(`/proc/${pid}/fd`)) {
    const path = linkOf(`/proc/${pid}/fd/${descriptor}`);
    if (path !== null && (path.endsWith(`/${LOCK_FILE}`) || path.endsWith(`/${LOCK_FILE}${GONE}`)))
      return path;
  }
  return null;
}

/** The data folder that a process was started with, as the command line reads it; null when it is not to be seen. */
function dataDirOf(pid: string): string | null {
  const args = wordsOf(`/proc/${pid}/cmdline`);
  const env = Object.fromEntries(
    wordsOf(`/proc/${pid}/environ`).map((one) => [
      one.slice(0, one.indexOf('=')),
      one.slice(one.indexOf('=') + 1),
    ]),
  );
  const at = args.lastIndexOf('--data');
  const given =
    at < 0 ? args.findLast((one) => one.startsWith('--data='))?.slice('--data='.length) : args[at + 1];
  const named = given ?? env['MAILWARD_DATA'] ?? '';
  const cwd = linkOf(`/proc/${pid}/cwd`);
  if (named !== '') return isAbsolute(named) || cwd !== null ? resolve(cwd ?? '/', named) : null;
  // Another program may have an engine in it, and its folder anywhere.
  return args.includes('serve') ? usualDirIn(env) : null;
}

/** The usual place by another process's environment, where that says it (on Linux; as `defaultDataDir`). */
function usualDirIn({
  XDG_DATA_HOME: data = '',
  HOME: home = '',
}: Readonly<Record<string, string>>): string | null {
  if (isAbsolute(data)) return join(data, 'mailward');
  return isAbsolute(home) ? join(home, '.local', 'share', 'mailward') : null;
}

function wordsOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
