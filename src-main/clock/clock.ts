// What time it is, how much of it has passed (two questions, for the first one's answer can jump), and waiting.

/** Something that will be done when its time has come, unless it is cancelled before. */
export interface Timer {
  /** Nothing comes of it any more. */
  cancel: () => void;
  /** Its wait begins anew, also where it was over or cancelled. */
  restart: () => void;
  /** The process need not stay for it. */
  unref: () => Timer;
}

/** How to wait, in ms of the steady clock, however many. */
export interface Timers {
  /** Does something in `ms`. */
  after: (ms: number, act: () => void) => Timer;
  /** Looks round every `ms`; rounds that were missed are not made up for. */
  every: (ms: number, act: () => void) => Timer;
  /**
   * As `after`, to give up on what somebody else owes us by then: an answer, a connection, a command. A clock that is made to run ahead
   * waits for the others first.
   */
  deadline: (ms: number, act: () => void) => Timer;
}

export interface Clock extends Timers {
  /**
   * UTC ms, whole: for what is stored and shown. Where the system's clock jumps it goes on as if it had not, until what waits has
   * been planned anew.
   */
  now: () => number;
  /** ms that never jump: for all waiting. Only differences mean anything, and that 0 is long ago. */
  steady: () => number;
  /** UTC ms when `steady` was 0: the same at every question as long as the two clocks keep together, so that a time is the same whenever it is told. */
  zero: () => number;
}

/** Resolves in `ms`; at once when `signal` is aborted, also while it waits. */
export async function pause(clock: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const over = () => {
      timer.cancel();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const timer = clock.after(ms, over);
    signal?.addEventListener('abort', over);
  });
}

/** The time of a moment that `clock.steady()` gave or will give, UTC ms, as the clock goes now. */
export function utcOf(clock: Clock, steady: number): number {
  return Math.round(clock.zero() + steady);
}

/** When `clock.steady()` will be at a time (UTC ms), as the clock goes now. */
export function steadyOf(clock: Clock, utc: number): number {
  return utc - clock.zero();
}

/**
 * How long ago something was, for code that runs with every line of every message: milliseconds from `since` (by the steady clock) until now, 12 days at most. A whole small number for V8 too: a mere difference of two clock
 * readings is a float to it, and it threw away its compiled code with every other message over that.
 */
export function elapsed(clock: Clock, since: number): number {
  return Math.min(clock.steady() - since, 0x3fff_ffff) | 0;
}
