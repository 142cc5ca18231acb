// The mail servers that Debian does not let live beside Postfix: fetched as packages, unpacked into the cache, never installed.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuseOthers, cacheDir, main, pause, say, takeLock } from './bootstrap.mjs';

/** Where they are unpacked: a folder each, laid out like a system's root. */
export const labServersDir = join(cacheDir, 'lab');

/** `program` is what the packages are fetched for; what else they need of libraries comes with them. */
export const labServers = [
  { name: 'exim', packages: ['exim4-daemon-light', 'exim4-base'], program: 'usr/sbin/exim4' },
  { name: 'opensmtpd', packages: ['opensmtpd'], program: 'usr/sbin/smtpd' },
  {
    name: 'sendmail',
    packages: ['sendmail-bin', 'sendmail-base', 'sendmail-cf', 'm4'],
    program: 'usr/libexec/sendmail/sendmail',
  },
];

/** The servers that are not here. */
export function missingLabServers() {
  return labServers.filter(({ name, program }) => !existsSync(join(labServersDir, name, program)));
}

/**
 * Fetches and unpacks what is missing, where that can be used (Linux, root, apt). Says what it does.
 * @returns the servers still missing.
 */
export function ensureLabServers() {
  if (missingLabServers().length === 0) return [];
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return missingLabServers();
  const release = takeLock('lab-servers', () => pause(200));
  try {
    // Another may have fetched them while this one waited.
    const missing = missingLabServers();
    if (missing.length > 0) {
      say(`Fetching mail servers for the tests: ${missing.map(({ name }) => name).join(' ')} …`);
      // Package lists are often absent on a fresh machine, or too old to name a file that is still there.
      if (!missing.every(fetchServer)) {
        apt(cacheDir, 'update', '--quiet');
        missingLabServers().forEach(fetchServer);
      }
    }
  } finally {
    release();
  }
  const still = missingLabServers();
  for (const { name } of still)
    say(`Missing mail server for the tests: ${name}. See what apt-get says above.`);
  return still;
}

/** Fetches one server's packages into a folder of its own and puts that in place when it is whole. */
function fetchServer({ name, packages, program }) {
  const place = join(labServersDir, name);
  if (existsSync(join(place, program))) return true;
  const work = `${place}.new`;
  const unpacked = join(work, 'root');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  // What an installation would bring, asked without installing: it names the libraries that are not here.
  const plan = apt(work, '--simulate', '--no-install-recommends', 'install', packages[0]);
  const libraries = [...plan.matchAll(/^Inst (lib\S+)/gm)].map(([, library]) => library);
  apt(work, '--quiet', '-o', 'APT::Sandbox::User=root', 'download', ...packages, ...libraries);
  for (const file of readdirSync(work).filter((each) => each.endsWith('.deb'))) {
    spawnSync('dpkg-deb', ['--extract', join(work, file), unpacked], { stdio: 'inherit' });
  }
  // Packages may still name /lib and /sbin, which on the systems they run on are links into /usr.
  for (const folder of ['bin', 'lib', 'lib64', 'sbin']) {
    const from = join(unpacked, folder);
    if (existsSync(from))
      cpSync(from, join(unpacked, 'usr', folder), { recursive: true, verbatimSymlinks: true });
  }
  const isWhole = existsSync(join(unpacked, program));
  if (isWhole) {
    rmSync(place, { recursive: true, force: true });
    renameSync(unpacked, place);
  }
  rmSync(work, { recursive: true, force: true });
  return isWhole;
}

function apt(folder, ...args) {
  const result = spawnSync('apt-get', args, {
    cwd: folder,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0) {
    say(`apt-get ${args.join(' ')}: ${(result.stderr || String(result.error)).trim().slice(-1000)}`);
  }
  return result.stdout ?? '';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main((args) => {
    refuseOthers(args);
    return ensureLabServers().length === 0 ? 0 : 1;
  }, 'Usage: node scripts/lab-servers.mjs\n\nPuts the servers that the tests talk to, and Debian’s packages of them, into the checkout.');
}
