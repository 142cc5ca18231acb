// What a server costs the machine: the memory of all its processes together, and their processor time.
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
    most = Math.max(most, memoryOf(pid));
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

/** Processor time of a process, all that it started, and those of them that have ended, ms. */
export function processorTime(root: number): number {
  return family(root).reduce((sum, pid) => sum + ticks(pid), 0) * MS_PER_TICK;
}

/** Linux tells processor time in hundredths of a second, whatever its clock does. */
const MS_PER_TICK = 10;

/** Memory of a process and all that it started, MB; what they share is counted once. */
export function memoryOf(root: number): number {
  return family(root).reduce((sum, pid) => sum + kilobytes(pid), 0) / 1024;
}

function family(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid)) parents.set(pid, parentOf(pid));
  }
  return [...parents.keys()].filter((pid) => {
    for (let one: number | undefined = pid; one !== undefined && one > 0; one = parents.get(one))
      if (one === root) return true;
    return false;
  });
}

/** User and system time, its own and that of its children that have ended (proc(5), stat, fields 14 to 17). */
function ticks(pid: number): number {
  const text = read(pid, 'stat');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + (Number(field) || 0), 0);
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
