// Whether the paths of an open database still lead to the files that are open.
//
// An open file outlives its name: SQLite goes on writing to a database that was removed, renamed or replaced, commits and
// syncs, and whoever starts next finds none of it. So device and inode of the data folder, the database, its log and the log's
// index are compared before and after each transaction, and a few times a second besides.
//
// A file can also be written over where it lies. The writer is the only one who writes, so a time of change that is not of its
// own making is somebody else's, and a file never gets shorter. (The files are not opened to look at them: closing any
// descriptor of a file gives up all of SQLite's locks on it, fcntl(2).)
import { statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';

export type FilePart = 'folder' | 'database' | 'log' | 'log index';

export interface FileTrouble {
  part: FilePart;
  path: string;
  /** `cut`: it is shorter than it was. `changed`: somebody else wrote into it. `hidden`: the system does not let us look. */
  fault: 'gone' | 'replaced' | 'cut' | 'changed' | 'hidden';
}

interface Known {
  part: FilePart;
  path: string;
  stats: BigIntStats;
  /** Only the writer writes into it, and every change is seen here. */
  ours: boolean;
}

export class OpenFiles {
  readonly #known: Known[];

  private constructor(known: Known[]) {
    this.#known = known;
  }

  /**
   * Remembers the files of the database at `path`, which must be open and have been read. Throws when one is not there.
   * @param trustTimes whether the file system changes a file's time of change with each write, and only then.
   */
  static of(path: string, trustTimes: boolean): OpenFiles {
    const known = (part: FilePart, file: string, ours: boolean): Known => ({
      part,
      path: file,
      stats: statSync(file, { bigint: true }),
      ours: ours && trustTimes,
    });
    return new OpenFiles([
      known('folder', dirname(path), false),
      known('database', path, true),
      known('log', `${path}-wal`, true),
      known('log index', `${path}-shm`, false),
    ]);
  }

  /** Whether what lies at the path of this part is the file that is open. */
  isInPlace(part: FilePart): boolean {
    const one = this.#known.find((known) => known.part === part);
    const now = one && look(one.path);
    return typeof now === 'object' && now.dev === one?.stats.dev && now.ino === one.stats.ino;
  }

  /** What is wrong with them; null when they are as they were left. */
  check(): FileTrouble | null {
    for (const one of this.#known) {
      const fault = faultOf(one, look(one.path));
      if (fault !== null) return { part: one.part, path: one.path, fault };
    }
    return null;
  }

  /** As `check`, when the writer itself has just written: the changes are its own. */
  checkAfterWriting(): FileTrouble | null {
    for (const one of this.#known) {
      const now = look(one.path);
      const fault = faultOf({ ...one, ours: false }, now);
      if (fault !== null) return { part: one.part, path: one.path, fault };
      if (typeof now === 'object') one.stats = now;
    }
    return null;
  }
}

function look(path: string): BigIntStats | 'gone' | 'hidden' {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'hidden';
  }
}

function faultOf({ stats, ours, part }: Known, now: ReturnType<typeof look>): FileTrouble['fault'] | null {
  if (typeof now === 'string') return now;
  if (now.dev !== stats.dev || now.ino !== stats.ino) return 'replaced';
  if (part !== 'folder' && now.size < stats.size) return 'cut';
  return ours && now.mtimeNs !== stats.mtimeNs ? 'changed' : null;
}
