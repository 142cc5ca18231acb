// The system's clock, watched: a correction, a wrong start or a sleep is noticed, and taken over in one step.
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Clock, Timers } from './clock.ts';
import { realTimers } from './timers.ts';

/** Where the time comes from. */
export interface TimeSources {
  /** The system's clock, UTC ms: whoever administers the machine, or a time server, sets it as they like. */
  wall: () => number;
  /** ms, at the rate of real time, and far from 0; may stand still while the machine sleeps. */
  steady: () => number;
  /** ms since the machine was started, its sleep included. */
  uptime: () => number;
  /** Which start of the machine that was; null where the system does not tell. */
  boot: () => string | null;
  /** By the steady clock. */
  timers: Timers;
}

/** UTC ms when the process was started. Asked once: it is looked up anew each time. */
const origin = performance.timeOrigin;

export const systemTime: TimeSources = {
  wall: Date.now,
  // Counted from when the process was started, so that 0 is long ago.
  steady: () => origin + performance.now(),
  uptime: () => uptime() * 1000,
  boot: thisBoot,
  timers: realTimers,
};

function thisBoot(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** The system's clock as it is, for whatever lives no longer than a call or a command, and for threads of their own. */
export const systemClock: Clock = {
  now: systemTime.wall,
  steady: systemTime.steady,
  zero: () => systemTime.wall() - systemTime.steady(),
  ...realTimers,
};

/** The clock may run this far from where it was expected before anybody looks why, ms: adjustments are smaller, sleep and jumps are not. */
const STRAYS_MS = 1_000;
/** As long after it was last found right it is not compared again, ms by its own count. */
const SOON_MS = 10;
/** Less than this is only how the clocks round, ms. */
const CREEPS_MS = 2;
/** Less than this is no jump, ms: nothing that waits minds it. Some systems tell their uptime in whole seconds. */
const JUMPS_MS = 3_000;

/** What became of the clock: `jumped` ms forward (negative: back), and `slept` ms that passed while the machine slept. */
export interface ClockChange {
  jumped: number;
  slept: number;
}

export class WatchedClock implements Clock {
  readonly #sources: TimeSources;
  /** UTC ms when `steady` was 0, as the clock goes. */
  #zero: number;
  /** What the system's clock said when it was last found where it was expected. */
  #found = Infinity;
  /** The uptime when `steady` was 0, as they go. */
  #started: number;
  /** The clock was found far from where it was expected: time to `look`. Called at each question until somebody does. */
  onStray: () => void = () => undefined;

  constructor(sources: TimeSources = systemTime) {
    this.#sources = sources;
    this.boot = sources.boot();
    this.after = sources.timers.after;
    this.every = sources.timers.every;
    this.deadline = sources.timers.deadline;
    this.#zero = sources.wall() - sources.steady();
    this.#started = sources.uptime() - sources.steady();
  }

  readonly now = (): number => {
    const wall = this.#sources.wall();
    // It is asked many times a millisecond. So soon after it was right it is right: no jump that matters leads here.
    if (wall >= this.#found && wall - this.#found < SOON_MS) return wall;
    const expected = this.#zero + this.#sources.steady();
    if (Math.abs(wall - expected) < STRAYS_MS) {
      this.#found = wall;
      return wall;
    }
    this.#found = Infinity;
    this.onStray();
    // Whoever was told may have looked at once.
    return Math.floor(this.#zero + this.#sources.steady());
  };

  readonly steady = (): number => this.#sources.steady();

  readonly zero = (): number => this.#zero;

  readonly after: Timers['after'];
  readonly every: Timers['every'];
  readonly deadline: Timers['deadline'];

  /** Which start of the machine this is; null where the system does not tell. */
  readonly boot: string | null;

  /** ms since the machine was started, its sleep included; what was not looked at yet is not in it, as with `now`: the two go together. */
  readonly uptime = (): number => this.#started + this.#sources.steady();

  /**
   * Compares the clocks, and takes over what the system's says: `now` may be far from what it was a moment ago after this. Returns what
   * happened; null when the clock only goes on. To be asked every second or so: a clock that creeps away is followed.
   */
  look(): ClockChange | null {
    const { wall, steady, uptime } = this.#sources;
    const passed = steady();
    const strayed = wall() - (this.#zero + passed);
    const overslept = uptime() - (this.#started + passed);
    if (Math.abs(strayed) >= CREEPS_MS) this.#zero += strayed;
    this.#started += overslept;
    const slept = overslept < JUMPS_MS ? 0 : Math.round(overslept);
    const jumped = Math.round(strayed - slept);
    const isJump = Math.abs(jumped) >= JUMPS_MS;
    return isJump || slept > 0 ? { jumped: isJump ? jumped : 0, slept } : null;
  }
}
