// How much memory a server's processes have together, at most, while it is watched.
import { readFileSync, readdirSync } from 'node:fs';

/** Looking costs time too, with hundreds of processes: ms between two looks. */
const EVERY = 500;

export interface Watch extends Disposable {
  /** MB. What processes share is counted once (proportional set size). */
  most: () => number;
}

/** Watches a process and all that it started. */
export function watchMemory(pid: number): Watch {
  let most = 0;
  const look = () => {
    most = Math.max(most, megabytes(pid));
  };
  look();
  const timer = setInterval(look, EVERY);
  return {
    most: () => {
      look();
      return most;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function megabytes(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid)) parents.set(pid, parentOf(pid));
  }
  const family = [...parents.keys()].filter((pid) => {
    for (let one: number | undefined = pid; one !== undefined && one > 0; one = parents.get(one))
      if (one === root) return true;
    return false;
  });
  return family.reduce((sum, pid) => sum + kilobytes(pid), 0) / 1024;
}

/** 0 for a process that has just gone. */
function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0);
}

function kilobytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0);
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
