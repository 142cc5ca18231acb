// Where the data folder is when nobody says: one place for the desktop app, the service and the command line.
import { homedir, userInfo } from 'node:os';
import { join, posix, win32 } from 'node:path';

/** This user has no home directory, and so no usual place for a data folder. */
export class NoHome extends Error {
  constructor() {
    super('this user has no home directory; name the data folder with --data DIR or MAILWARD_DATA');
  }
}

/**
 * The platform's place for a program's data. Each user of the machine has their own. What is empty or relative in the
 * environment is passed over (as the XDG Base Directory Specification has it): it would lead to another folder from wherever
 * Mailward is started. Throws `NoHome`.
 */
export function defaultDataDir(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const isWhole = (path: string) => (platform === 'win32' ? win32 : posix).isAbsolute(path);
  const given = (name: string): string | null => {
    const path = env[name] ?? '';
    return isWhole(path) ? path : null;
  };
  const home = () => homeOf(isWhole);
  switch (platform) {
    case 'win32':
      return join(given('APPDATA') ?? join(home(), 'AppData', 'Roaming'), 'Mailward');
    case 'darwin':
      return join(home(), 'Library', 'Application Support', 'Mailward');
    default:
      return join(given('XDG_DATA_HOME') ?? join(home(), '.local', 'share'), 'mailward');
  }
}

/** What the environment says, else what the system knows of this user; it need not know them at all (a container's). */
function homeOf(isWhole: (path: string) => boolean): string {
  for (const ask of [homedir, () => userInfo().homedir]) {
    try {
      const home = ask();
      if (isWhole(home)) return home;
    } catch {
      // The next one may know.
    }
  }
  throw new NoHome();
}

/** A path as it is typed into a shell: one with a space in it, as macOS's usual place has, is one word all the same. */
export function shellWord(path: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w./:@%+,\\-]+$/.test(path) && (platform === 'win32' || !path.includes('\\'))) return path;
  return platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
