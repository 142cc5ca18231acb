// Moments: relative to now on screen, exact on hover, all moved on by one clock.
import { useSyncExternalStore } from 'react';
import { exact, relative, sinceWhen } from '../format.ts';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** The present time in UTC milliseconds, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function Time({ at, words }: { at: number; words: (at: number, now: number) => string }) {
  const present = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {words(at, present)}
    </time>
  );
}

/** "3 min ago", with the exact time on hover and for machines. */
export function Moment({ at }: { at: number }) {
  return <Time at={at} words={relative} />;
}

/** "21:04", for what goes on after "since", which wants a moment and no span. */
export function SinceMoment({ at }: { at: number }) {
  return <Time at={at} words={sinceWhen} />;
}
