// What time it is, how much of it has passed (two questions, for the first one's answer can jump), and waiting.

/** Something that will be done when its time has come, unless it is cancelled before. */
export interface Timer {
  /** Nothing comes of it any more. */
  cancel: () => void;
}

export interface Clock {
  /**
   * UTC ms, whole: for what is stored and shown. Where the system's clock jumps it goes on as if it had not, until what waits has
   * been planned anew.
   */
  now: () => number;
  /** ms that never jump: for all waiting. Only differences mean anything, and that 0 is long ago. */
  steady: () => number;
  /** UTC ms when `steady` was 0: the same at every question as long as the two clocks keep together, so that a time is the same whenever it is told. */
  zero: () => number;
  /** Does something in `ms`, however many, by the steady clock. */
  after: (ms: number, act: () => void) => Timer;
}

/** Resolves in `ms`. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => clock.after(ms, resolve));
}

/** The time of a moment that `clock.steady()` gave or will give, UTC ms, as the clock goes now. */
export function utcOf(clock: Clock, steady: number): number {
  return Math.round(clock.zero() + steady);
}

/** When `clock.steady()` will be at a time (UTC ms), as the clock goes now. */
export function steadyOf(clock: Clock, utc: number): number {
  return utc - clock.zero();
}
