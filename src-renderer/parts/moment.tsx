// Moments: relative to now on screen, exact on hover, all moved on by one clock.
import { useSyncExternalStore } from 'react';
import { exact, relative, sinceWhen } from '../format.ts';

const TICK = 1000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

/**
 * Never more than a tick old. The timer alone does not see to that: it rests while nothing on screen needs it, and a browser
 * holds it back in a tab that nobody looks at; what is drawn first after either must be right already.
 */
function present(): number {
  const real = Date.now();
  if (Math.abs(real - now) >= TICK) now = real;
  return now;
}

function tick(): void {
  now = Date.now();
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    timer = setInterval(tick, TICK);
    document.addEventListener('visibilitychange', tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
    timer = null;
  };
}

/** The present time in UTC milliseconds, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, present);
}

/** "3 min ago", with the exact time on hover and for machines. */
export function Moment({ at }: { at: number }) {
  const here = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {relative(at, here)}
    </time>
  );
}

/** When something begins that may be late: "in 4 min", "due now". */
export function Due({ at }: { at: number }) {
  const here = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {at > here + TICK ? relative(at, here) : 'due now'}
    </time>
  );
}

/** "since 21:04": what goes on has a beginning, not an age. */
export function Since({ at, word = 'since ' }: { at: number; word?: 'since ' | '' }) {
  const here = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={`${exact(at)}, ${relative(at, here)}`}>
      {word}
      {sinceWhen(at, here)}
    </time>
  );
}
