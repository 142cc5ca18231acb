// When to try again.
import type { Settings } from '../../../shared/settings.ts';

/** Up to a tenth is added or taken off, so that what failed together does not come back together. */
const JITTER = 0.1;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** The pause in ms after `attempts` attempts (1 for the first), from the schedule in the settings. */
export function pauseAfter(
  attempts: number,
  schedule: Settings['delivery']['retrySeconds'],
  random: () => number,
): number {
  const seconds = schedule[Math.min(attempts, schedule.length) - 1] ?? 60;
  return Math.round(seconds * 1000 * (1 + JITTER * (2 * random() - 1)));
}

/** The longest pause in ms that mail on this schedule may be given: a step of it, or its server's own. */
export function longestPause(schedule: Settings['delivery']['retrySeconds']): number {
  return (1 + JITTER) * Math.max(LONGEST_PAUSE_MS, ...schedule.map((seconds) => seconds * 1000));
}

/**
 * The pause in ms for a whole destination after its `failures`-th failure in a row (1 for the first): 5 s, doubled
 * each time, 5 minutes at most. Shared by all mail for the destination, however much there is.
 */
export function destinationPause(failures: number, random: () => number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (Math.max(1, failures) - 1));
  return Math.round(pause * (1 + JITTER * (2 * random() - 1)));
}
