// The system's timers, for waits of any length.
import type { Timer } from './clock.ts';

/** A timer of the system overflows at 2^31 ms, and goes off at once: longer waits are waited a day at a time. */
const LONGEST_MS = 86_400_000;

/** Does something in `ms` of real time. */
export function afterRealTime(ms: number, act: () => void): Timer {
  let timer: NodeJS.Timeout;
  let left = ms;
  const wait = () => {
    const now = Math.min(left, LONGEST_MS);
    left -= now;
    timer = setTimeout(() => (left > 0 ? wait() : act()), now);
  };
  wait();
  return { cancel: () => clearTimeout(timer) };
}
