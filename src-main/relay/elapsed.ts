// How long ago something was, for code that runs with every line of every message.
import type { Clock } from '../clock/clock.ts';

/**
 * Milliseconds from `since` (by the steady clock) until now, 12 days at most. A whole small number for V8 too: a mere difference of two clock
 * readings is a float to it, and it threw away its compiled code with every other message over that.
 */
export function elapsed(clock: Clock, since: number): number {
  return Math.min(clock.steady() - since, 0x3fff_ffff) | 0;
}
