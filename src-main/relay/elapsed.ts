// How long ago something was, for code that runs with every line of every message.

/**
 * Milliseconds from `since` (as `performance.now()` tells it) until now, 12 days at most. A whole small number for V8 too: a mere difference of two clock
 * readings is a float to it, and it threw away its compiled code with every other message over that.
 */
export function elapsed(since: number): number {
  return Math.min(performance.now() - since, 0x3fff_ffff) | 0;
}
