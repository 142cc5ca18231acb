// Which real programs are here: tests that need one are skipped, by name, where it is not.
import { existsSync, globSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program, looked for where a root's PATH would have it; null when it is not installed. */
export function programPath(name: string): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder !== '' && existsSync(path)) return path;
  }
  return null;
}

/** The path of a program that a test has already made sure of. */
export function needProgram(name: string): string {
  const path = programPath(name);
  if (path === null)
    throw new Error(`${name} is not installed; scripts/system-packages.mjs names its package`);
  return path;
}

/** Where scripts/lab-servers.mjs unpacks the servers that cannot be installed beside Postfix. */
export const labServersDir = resolve(import.meta.dirname, '../../.cache/lab');

/** Postfix's master process has to be started by root, whatever it then runs as. */
export const hasPostfix =
  process.platform === 'linux' && process.getuid?.() === 0 && programPath('postfix') !== null;
/**
 * The lab's small internet: name servers listen on port 53 of loopback addresses, where delegations lead, and only root may
 * do that.
 */
export const hasInternet =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  ['nsd', 'unbound', 'ldns-signzone'].every((name) => programPath(name) !== null);
export const hasSmtpSource = programPath('smtp-source') !== null;
export const hasSwaks = programPath('swaks') !== null;
/** What checks signatures beside Postfix. */
export const hasMilters = ['opendkim', 'opendmarc'].every((name) => programPath(name) !== null);
export const hasRspamd = programPath('rspamd') !== null;
export const hasClamd = programPath('clamd') !== null;
/** Setting the clock of one program takes libfaketime, which Debian keeps in a folder of each architecture. */
export const faketimeLibrary = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1').at(0) ?? null;
/** Recording system calls takes a kernel that lets this user trace (ptrace). */
export const hasStrace = process.platform === 'linux' && programPath('strace') !== null;
