// Checks asked in a process of their own with a network of their own: none at all, or one with routers and a server that is away.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Target } from '../../src-main/probes/target.ts';
import type { Finding } from '../../shared/finding.ts';
import { findingSchema } from '../../shared/finding.ts';
import type { ProbesSettings } from '../../shared/settings-probes.ts';

const root = process.getuid?.() === 0;
const unshare = [
  '--net',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  ...(root ? [] : ['--map-root-user']),
];

/** Whether this machine lets us make a network of our own, and has ip(8) to furnish it. */
export const canBeApart =
  process.platform === 'linux' &&
  spawnSync('unshare', [...unshare, 'sh', '-c', 'ip link set lo up']).status === 0;

export interface ApartJob {
  /** Their names; none: all there are. */
  checks: string[];
  target: Partial<Target>;
  settings?: Partial<ProbesSettings>;
  /** Servers inside, each with what it says to whoever connects: `{ "127.0.0.1:25": "220 here\r\n" }`. */
  servers?: Record<string, string>;
}

/**
 * Asks several jobs in one process. Those with the same servers are asked side by side.
 * @param furnish shell lines that set the network up; there is not even a loopback before them.
 * @returns what each found.
 */
export async function askApart(furnish: string, jobs: readonly ApartJob[]): Promise<Finding[][]> {
  const script = join(import.meta.dirname, 'apart-process.ts');
  const child = spawn(
    'unshare',
    [...unshare, 'sh', '-ec', `${furnish}\nexec "$0" "$1"`, process.execPath, script],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let output = '';
  let errors = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  child.stdin.end(JSON.stringify(jobs));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`the process apart ended with ${String(status)}: ${errors}`);
  return z.array(z.array(findingSchema)).parse(JSON.parse(output));
}

/** Runs a script of ours to its end, with this process's output and input; answers its exit status. */
export async function runApart(furnish: string, script: string, args: readonly string[]): Promise<number> {
  const child = spawn(
    'unshare',
    [...unshare, 'sh', '-ec', `${furnish}\nexec "$0" "$@"`, process.execPath, script, ...args],
    { stdio: 'inherit' },
  );
  // Whoever ends this process ends all that runs apart with it. unshare(1) itself waits for its child whatever else it is told.
  const end = () => child.kill('SIGKILL');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** Nothing, not even loopback. */
export const noNetwork = ':';

/** Loopback alone. */
export const loopback = 'ip link set lo up';

/** Loopback, and on it an address that no program takes for the machine's own: a client that connects to it comes from it. */
export const stranger = '192.0.2.25';
export const loopbackWithStranger = `${loopback} && ip addr add ${stranger}/32 dev lo`;

/** Here 10.0.1.1, a router at 10.0.1.254, behind it 10.0.2.1 that answers; 10.0.2.77 does not. */
export const oneRouter = `
ip link set lo up
unshare --net sleep 600 & router=$!
unshare --net sleep 600 & far=$!
until [ "$(readlink /proc/$router/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
ip link add a0 type veth peer name r0 netns $router
ip link add b0 netns $far type veth peer name r1 netns $router
ip addr add 10.0.1.1/24 dev a0
ip link set a0 up
ip route add default via 10.0.1.254
nsenter --target $router --net sh -ec '
  ip addr add 10.0.1.254/24 dev r0
  ip addr add 10.0.2.254/24 dev r1
  ip link set r0 up
  ip link set r1 up
  sysctl -qw net.ipv4.ip_forward=1'
nsenter --target $far --net sh -ec '
  ip addr add 10.0.2.1/24 dev b0
  ip link set b0 up
  ip route add default via 10.0.2.254'
`;
