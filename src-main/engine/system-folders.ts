// Folders of the system: closed to other users, as a data folder is, they would take programs and people their files away.
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultDataDir, shellWord } from '../settings/data-dir.ts';

/** On Linux those of the Filesystem Hierarchy Standard 3.0 (and `/` itself), on macOS what it adds to them. */
const UNIX: ReadonlySet<string> = new Set([
  ...[
    '/bin',
    '/boot',
    '/dev',
    '/etc',
    '/home',
    '/lib',
    '/lib32',
    '/lib64',
    '/proc',
    '/run',
    '/sbin',
    '/sys',
    '/tmp',
  ],
  ...[
    '/usr',
    '/usr/bin',
    '/usr/include',
    '/usr/lib',
    '/usr/libexec',
    '/usr/local',
    '/usr/sbin',
    '/usr/share',
  ],
  ...[
    '/var',
    '/var/cache',
    '/var/lib',
    '/var/lock',
    '/var/log',
    '/var/mail',
    '/var/run',
    '/var/spool',
    '/var/tmp',
  ],
  ...['/Applications', '/Library', '/System', '/Users', '/Volumes'],
  ...['/private', '/private/etc', '/private/tmp', '/private/var'],
]);
const WINDOWS = /^[a-z]:\\(?:windows|program files(?: \(x86\))?|programdata|users)(?:\\system32)?$/i;

/** Why a path is no place for data because it is a folder of the system, or null. */
export function whyOfSystem(path: string, platform: NodeJS.Platform = process.platform): string | null {
  if (![path, realOf(path)].some((one) => isOfSystem(one, platform))) return null;
  return `${path} is a folder of the system, which other programs need as it is; give Mailward a folder of its own with --data, such as ${shellWord(better(platform), platform)}`;
}

function isOfSystem(path: string, platform: NodeJS.Platform): boolean {
  if (platform === 'win32') return /^[a-z]:\\?$/i.test(path) || WINDOWS.test(path);
  return dirname(path) === path || UNIX.has(path);
}

/** What is a link, as `/bin` is on many systems, is what it leads to. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** In these trees all belongs to the system. */
const TREES = /^\/(?:bin|boot|dev|etc|lib\d*|proc|sbin|sys|System|usr\/(?!local\/))/;

/** A place for data, for whoever named a folder with other things in it: below that folder, unless it is the system's. */
export function placeInstead(path: string, platform: NodeJS.Platform = process.platform): string {
  const isOfSystem = platform === 'win32' ? WINDOWS.test(path) : TREES.test(`${path}/`);
  return shellWord(isOfSystem ? better(platform) : join(path, 'mailward'), platform);
}

function better(platform: NodeJS.Platform): string {
  if (platform === 'linux' && process.getuid?.() === 0) return '/var/lib/mailward';
  try {
    return defaultDataDir(process.env, platform);
  } catch {
    // This user has no home.
    return '/var/lib/mailward';
  }
}
