// Whether a data folder is this user's alone, and what it says it is: nobody else may have put into it what we would then read, or write to.
import {
  accessSync,
  constants,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** What Mailward keeps in its folder; the user may put other things beside. The last is what electron-store was writing when it was killed. */
const OURS =
  /^(?:engine\.(?:lock(?:-wal|-shm|-journal)?|json|next)|mailward\.db(?:-wal|-shm|-journal)?|receipts|access-token|(?:settings|browsers|desktop|rdap-bootstrap)\.json|browser)(?:\.new)?$|^desktop\.json\.tmp-[0-9a-f]{16}$/;

/** Whether it is a file that Mailward keeps in its folder, by its name. */
export function isOwnFile(name: string): boolean {
  return OURS.test(name) && name !== FOLDER;
}

/** The one of them that is a folder: Chromium's. */
const FOLDER = 'browser';

/** May write into the folder, whoever owns it. */
const ANYBODY = 0o002;
/** What is in the folder can be renamed or removed by its owner alone (chmod(1), restricted deletion). */
const STICKY = 0o1000;

/**
 * Why the folders that lead to a data folder do not do, or null: somebody else could put another folder in its place.
 * A group that may write to one of them is trusted. On Windows nothing is asked: the system's own rights say it there.
 */
export function whyNotLeadingTo(dataDir: string): string | null {
  const user = process.getuid?.();
  if (user === undefined) return null;
  const trusted = trustedOwners(user);
  for (const folder of new Set([...parentsOf(dataDir), ...parentsOf(realOf(dataDir))])) {
    const stats = statsOf(statSync, folder);
    // What is not there yet is made by us.
    if (stats === null) continue;
    if (!trusted.has(stats.uid))
      return `the folder ${folder} belongs to another user (uid ${stats.uid}), who could put other things in the place of ${dataDir}; choose a data folder elsewhere with --data`;
    if ((stats.mode & ANYBODY) !== 0 && (stats.mode & STICKY) === 0)
      return `every user may write to the folder ${folder}, and so put other things in the place of ${dataDir}; take that right away (chmod o-w ${folder}) or choose a data folder elsewhere with --data`;
  }
  return null;
}

/**
 * Why this user cannot even see whether there is a data folder, or null: a folder on the way to it is closed to them. Mailward's own is
 * closed to everybody but the user who runs it.
 */
export function whyNotReachable(dataDir: string): string | null {
  try {
    statSync(dataDir);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') return null;
    const closed = parentsOf(dataDir).findLast((folder) => !isOpen(folder)) ?? dirname(dataDir);
    const owner = statsOf(statSync, closed)?.uid;
    return `this user${userWords(process.getuid?.())} may not look into ${closed} (${code}), so nobody can say whether there is a Mailward in ${dataDir}. Run this command as the user who runs Mailward${owner === undefined ? '' : `; that folder belongs to ${asUser(owner)}`}`;
  }
}

/** Whether this user may go through a folder. */
function isOpen(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** ` (anna)`, or nothing where the system does not tell. */
function userWords(uid: number | undefined): string {
  return uid === undefined ? '' : ` (${nameOf(uid) ?? `uid ${uid}`})`;
}

/** `anna (sudo -u anna …)` where the name is known, else `uid 1000`. */
function asUser(uid: number): string {
  const name = nameOf(uid);
  return name === null ? `uid ${uid}` : `${name} (sudo -u ${name} …)`;
}

/** A user's name in /etc/passwd (passwd(5)); null for one of a directory, and where there is no such file. */
function nameOf(uid: number): string | null {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((one) => one.split(':')[2] === String(uid));
    return line?.split(':')[0] ?? null;
  } catch {
    return null;
  }
}

/**
 * Why a folder that exists is not this user's, or null.
 * @param hasMailward whether there is a Mailward in it: then it is that user's, and may be meant.
 */
export function whyNotOwn(dataDir: string, hasMailward: boolean): string | null {
  const user = process.getuid?.();
  if (user === undefined) return null;
  const { uid } = statSync(dataDir);
  if (uid === user) return null;
  const belongs = `${dataDir} belongs to another user (uid ${uid}, and this one is ${user})`;
  // Of one that is closed to us nobody can say what is in it.
  if (!hasMailward && isOpen(dataDir))
    return `${belongs}, and no Mailward can be seen in it; choose a folder of your own with --data`;
  const name = nameOf(uid);
  const them = name === null ? 'that user' : `${name} (sudo -u ${name} …)`;
  return `the data folder ${belongs}: what is in it may be theirs. Run Mailward as ${them}, its commands too, or choose another folder with --data`;
}

/** These may be links, to where an admin keeps them; the others would be replaced, or their `-wal` be looked for in vain. */
const MAY_BE_LINKS: ReadonlySet<string> = new Set(['settings.json', 'desktop.json', FOLDER]);

/**
 * Why what is in the folder cannot be used, or null: it is another user's, or it is not a file at all, or not here. To be asked
 * once nobody else can enter the folder any more.
 */
export function whyNotOwnFiles(dataDir: string): string | null {
  const user = process.getuid?.();
  for (const name of readdirSync(dataDir)) {
    if (!OURS.test(name)) continue;
    const path = join(dataDir, name);
    const stats = statsOf(lstatSync, path);
    if (stats === null) continue;
    const isLink = stats.isSymbolicLink();
    if (user !== undefined && stats.uid !== user) {
      const what = isLink ? 'is a link that another user laid' : 'belongs to another user';
      return `${path} ${what} (uid ${stats.uid}, and this one is ${user}): it may have been put there to do harm. Remove it, or make it yours if you know it (chown ${user})`;
    }
    if (isLink && !MAY_BE_LINKS.has(name))
      return `${path} is a link, and Mailward uses only files that are really in its folder; put the file itself there, or remove the link. The whole folder may be elsewhere: name it with --data`;
    const target = isLink ? statsOf(statSync, path) : stats;
    if (target === null)
      return `${path} is a link to something that is not there; mount what it leads to, or remove the link`;
    if (name !== FOLDER && !target.isFile())
      return `${path} is not a file but ${kindOf(target)}, which Mailward did not make; move it away`;
  }
  return null;
}

function kindOf(stats: Stats): string {
  return stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a named pipe' : 'a device or a socket';
}

/** Root may do everything anyway. In a user namespace, owners from outside of it all look like one (user_namespaces(7)). */
function trustedOwners(user: number): ReadonlySet<number> {
  const trusted = new Set([0, user]);
  try {
    if (!/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8')))
      trusted.add(Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8')));
  } catch {
    // Not Linux: there are no such namespaces.
  }
  return trusted;
}

/** The folders above a path, up to the root. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...parentsOf(parent)];
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realOf(parent), path.slice(parent.length));
  }
}

function statsOf(ask: (path: string) => Stats, path: string): Stats | null {
  try {
    return ask(path);
  } catch {
    return null;
  }
}
