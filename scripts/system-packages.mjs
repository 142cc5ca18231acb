// The Debian packages that tests need: which, how to see that they are there, and how to get them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuseOthers, main, say } from './bootstrap.mjs';

/**
 * `probe` is a program looked for on PATH and in the system's own folders, or an absolute path.
 * `needs` says which tests are skipped without it.
 */
export const systemPackages = [
  {
    name: 'postfix',
    probe: 'smtp-source',
    needs: 'the real mail server in test/lab, integration, chaos and bench',
  },
  { name: 'openssl', probe: 'openssl', needs: 'the certificates in test/integration, abuse and relay' },
  { name: 'swaks', probe: 'swaks', needs: 'the real client in test/integration' },
  {
    name: 'nsd',
    probe: 'nsd',
    needs: 'the name servers of the small internet in test/lab and test/probes',
  },
  {
    name: 'unbound',
    probe: 'unbound',
    needs: 'the resolvers of the small internet in test/lab and test/probes',
  },
  {
    name: 'ldnsutils',
    probe: 'ldns-signzone',
    needs: 'the signed zones of the small internet in test/lab and test/probes',
  },
  { name: 'iproute2', probe: 'ip', needs: 'the networks of their own in test/probes/network' },
  { name: 'iputils-ping', probe: 'ping', needs: 'ping in test/probes/network' },
  { name: 'traceroute', probe: 'traceroute', needs: 'the way hop by hop in test/probes/network' },
  { name: 'strace', probe: 'strace', needs: 'the power cut in test/durability' },
  { name: 'faketime', probe: 'faketime', needs: 'the clocks that are set in test/integration' },
  { name: 'rspamd', probe: 'rspamd', needs: 'the real spam filter in test/integration' },
  { name: 'opendkim', probe: 'opendkim', needs: 'the milters beside Postfix in test/bench' },
  { name: 'opendmarc', probe: 'opendmarc', needs: 'the milters beside Postfix in test/bench' },
  { name: 'clamav-daemon', probe: 'clamd', needs: 'the real virus scanner in test/integration' },
  { name: 'chromium', probe: 'chromium', needs: 'the browser in test/e2e and test/electron' },
  {
    name: 'fonts-liberation',
    probe: '/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf',
    needs: 'text in test/e2e that looks the same everywhere',
  },
];

const policy = '/usr/sbin/policy-rc.d';
const policyAside = '/usr/sbin/policy-rc.d.before-mailward';
const ourPolicy =
  "#!/bin/sh\n# Put here by Mailward's tests while packages are installed: start no service.\nexit 101\n";

/** The packages that are not here. */
export function missingPackages() {
  return systemPackages.filter(({ probe }) => !isHere(probe));
}

/**
 * Installs the missing packages when it may (apt and root); no service of theirs is started.
 * Says what it does, and names what it could not install.
 * @returns the packages still missing.
 */
export function ensureSystemPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && isHere('apt-get')) {
    say(`Installing Debian packages for the tests: ${names.join(' ')} …`);
    withoutStartingServices(() => {
      apt('update', '--quiet');
      preseed();
      apt('install', '--quiet', '--yes', '--no-install-recommends', ...names);
    });
  }
  const still = missingPackages();
  for (const { name, needs } of still)
    say(`Missing Debian package: ${name} (${needs}). Install it: apt-get install ${name}`);
  return still;
}

function isHere(probe) {
  if (probe.startsWith('/')) return existsSync(probe);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, probe)));
}

function apt(...args) {
  const result = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0)
    say(`apt-get ${args[0]}: ${(result.stderr || String(result.error)).trim().slice(-2000)}`);
}

/** Postfix asks what it is for; the tests bring configurations of their own. */
function preseed() {
  spawnSync('debconf-set-selections', {
    input: 'postfix postfix/main_mailer_type select Local only\npostfix postfix/mailname string localhost\n',
  });
}

/** invoke-rc.d(8) asks policy-rc.d before it starts anything that a package brings. */
function withoutStartingServices(work) {
  // A run that was cut short may have left ours in place.
  if (!ours()) {
    if (existsSync(policy)) renameSync(policy, policyAside);
    writeFileSync(policy, ourPolicy, { mode: 0o755 });
  }
  try {
    work();
  } finally {
    rmSync(policy, { force: true });
    if (existsSync(policyAside)) renameSync(policyAside, policy);
  }
}

function ours() {
  return existsSync(policy) && readFileSync(policy, 'utf8') === ourPolicy;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main((args) => {
    refuseOthers(args);
    return ensureSystemPackages().length === 0 ? 0 : 1;
  }, 'Usage: node scripts/system-packages.mjs\n\nInstalls the system packages that the tests need, where it may, and names them where it may not.');
}
