// How fast a server may be sent one kind of thing (connections, messages or recipients): learned from what it takes and refuses.
//
// Servers count in windows (Postfix's anvil: per 60 s from the first event), in leaky buckets, or by load; which, they do not
// say. What can be measured is the same for all: from a moment when the server took things again until the next such moment,
// with a refusal between, it took so many. That over that time is the rate it bears. So:
//
// - free: nothing was ever refused; no limit is applied.
// - stopped: something was refused. One thing at a time is tried, at growing intervals, until one is taken: the end of a cycle.
// - paced: things go out evenly spaced at just under the measured rate, which makes the phase of the server's window not matter.
//   While the rate is fully used and nothing is refused it rises: quickly to just under the last rate that was refused,
//   beyond that slowly, so that the refusals which the search for more costs stay near one in a hundred; and in ever bolder
//   steps when those bring no refusal, because then the limit is elsewhere (it was measured badly, or has been lifted).
//
// Pure: it has no clock of its own and no timers. Times are those of the steady clock, ms.
import { HOUR_MS } from '../../../shared/time.ts';

/** Time to the first try after a refusal, ms. */
const FIRST_TRY_MS = 500;
/** The time between tries, as a share of the time stopped so far: what the end of the server's window may be missed by. */
const TRY_SHARE = 0.12;
const LONGEST_TRY = 60_000;
/**
 * The least rate that a first refusal can show, units a ms: ten a minute. Where less went out, it was for want of mail, and the
 * server was only busy; if its limit really is lower, the next cycle, with the rate fully used, finds it.
 */
const LEAST_FIRST_MS = 10 / 60_000;
/** A new rate is this share of the measured one. */
const CAUTION = 0.98;
/** Where between a failed try and the next, taken one the server's window is supposed to have ended. */
const LIKELY_END = 0.75;
/** A rate that proved a little too high comes down by this. */
const STEP_DOWN = 0.97;
const STEP_UP = 1.02;
const STEP_UP_BELOW = 1.03;
/** A stop of less than this share of its cycle means that the rate was nearly right. */
const SHORT_STOP = 0.15;
/** With more than this share of the rate used, what went out in a cycle is what the server bore in it. */
const MUCH_USED = 0.5;
/** Times that something must be taken before the rate rises one step: below the last refused rate, and above. */
const TAKEN_BELOW = 10;
const TAKEN_ABOVE = 60;
/** So many steps above the last refused rate without a refusal: each one after is twice as bold as the one before, up to this. */
const TIMID_STEPS = 3;
const BOLDEST_STEP_UP = 1.1;
/** Above this many a second there is no point in a limit. */
const NO_LIMIT = 2_000;
/** A limit that refused nothing for so long is forgotten, ms. */
const FORGOTTEN_MS = 6 * HOUR_MS;
/** Moments kept of what was taken while free, and the least time between two, ms. */
const MOST_MOMENTS = 240;
const MOMENT_MS = 250;
/** Unused time saved up, as so many units and within these bounds, ms: what a late timer lost is made good. */
const SAVED_UNITS = 3;
const LEAST_SAVED_MS = 100;
const MOST_SAVED = 2_000;

export interface PaceFigures {
  /** Units a minute; null while no limit is known. */
  perMinute: number | null;
  /** The server refused, and nothing was taken since. */
  stopped: boolean;
}

export class Pace {
  #phase: 'free' | 'stopped' | 'paced' = 'free';
  /** Units a ms. */
  #rate: number | null = null;
  /** The lowest rate known to be too much. */
  #tooMuch = Number.POSITIVE_INFINITY;
  /** About how long the server's window is, ms: a change of rate shows only after so long. */
  #window = 0;
  /** Moments of the free phase, with what was taken then. */
  #moments: { at: number; units: number }[] = [];
  /** Since the server took things again: when that was, and what it took. */
  #cycle = { began: 0, taken: 0 };
  #stoppedAt = 0;
  /** When the last try that was refused went out. */
  #failedAt = 0;
  /** When the next unit may go. */
  #nextAt = 0;
  /** How often something was taken since the rate last changed, and when that was. */
  #sinceStep = 0;
  #steppedAt = 0;
  /** Steps made above the last refused rate. */
  #stepsAbove = 0;
  #saturated = false;

  /** When `units` may go: in the past when at once. */
  readyAt(): number {
    return this.#phase === 'free' ? 0 : this.#nextAt;
  }

  /** No waiting for the next try. */
  tryNow(): void {
    if (this.#phase === 'stopped') this.#nextAt = 0;
  }

  /** Something of `units` goes now. Only when `readyAt()` is not in the future. */
  take(now: number, units = 1): void {
    if (this.#phase === 'free') return;
    if (this.#phase === 'stopped') {
      const pause = Math.max(FIRST_TRY_MS, this.#spacing(units), (now - this.#stoppedAt) * TRY_SHARE);
      this.#nextAt = now + Math.min(LONGEST_TRY, pause);
      return;
    }
    if (now - this.#stoppedAt > FORGOTTEN_MS) {
      this.#free();
      return;
    }
    const spacing = this.#spacing(units);
    const saved = Math.min(MOST_SAVED, Math.max(LEAST_SAVED_MS, spacing * SAVED_UNITS));
    // Only a rate that is used to the full can show that it is not too much.
    this.#saturated = now - this.#nextAt < saved;
    this.#nextAt = Math.max(this.#nextAt, now - saved) + spacing;
  }

  /** It was not asked after all: what was taken for it may go to another. */
  giveBack(units = 1): void {
    if (this.#phase === 'paced') this.#nextAt -= this.#spacing(units);
    else if (this.#phase === 'stopped') this.#nextAt = Math.min(this.#nextAt, this.#failedAt + FIRST_TRY_MS);
  }

  /** The server took `units` of what was taken up at `startedAt`. */
  accepted(now: number, units: number, startedAt: number): void {
    if (this.#phase === 'free') this.#remember(now, units);
    else if (this.#phase === 'paced') this.#took(now, units);
    else if (startedAt > this.#stoppedAt) this.#resume(now, units, startedAt);
    // It was on its way when the server refused: that says nothing about now, but the server did take it before.
    else if (this.#rate === null) this.#remember(this.#stoppedAt, units);
    else this.#cycle.taken += units;
  }

  #remember(at: number, units: number): void {
    const last = this.#moments.at(-1);
    if (last && at - last.at < MOMENT_MS) last.units += units;
    else this.#moments.push({ at, units });
    if (this.#moments.length > MOST_MOMENTS) this.#moments.shift();
  }

  #took(now: number, units: number): void {
    this.#cycle.taken += units;
    if (!this.#saturated) return;
    this.#sinceStep++;
    this.#rise(now);
  }

  /** The server refused, for its limit's sake, what was taken up at `startedAt`. */
  refused(now: number, startedAt: number): void {
    if (this.#phase === 'stopped') {
      if (startedAt > this.#stoppedAt) this.#failedAt = startedAt;
      return;
    }
    // Late news of the stop before.
    if (startedAt <= this.#stoppedAt) return;
    this.#phase = 'stopped';
    this.#stoppedAt = now;
    this.#failedAt = now;
    this.#nextAt = now + Math.max(FIRST_TRY_MS, this.#spacing(1));
    if (this.#rate !== null) this.#tooMuch = this.#rate;
  }

  /** The server is slower than usual, but refuses nothing: a tenth less, if a limit is known. */
  ease(): void {
    if (this.#phase === 'paced' && this.#rate !== null) this.#rate *= 0.9;
  }

  figures(): PaceFigures {
    return {
      perMinute: this.#rate === null ? null : this.#rate * 60_000,
      stopped: this.#phase === 'stopped',
    };
  }

  /** A cycle is complete: the rate that the server bore in it. `startedAt`: when the try that it took went out. */
  #resume(now: number, units: number, startedAt: number): void {
    // The server's window ended between the last try that failed and the one that did not. Late is taken for likely: a rate that
    // is a little low rises at once, one that is too high costs refusals in every window.
    const ended = this.#failedAt + (startedAt - this.#failedAt) * LIKELY_END;
    if (this.#rate === null) {
      const measured = best(this.#moments, ended);
      this.#rate = Math.max(measured.rate * CAUTION, LEAST_FIRST_MS);
      this.#tooMuch = best(this.#moments, this.#failedAt).rate;
      this.#window = measured.span;
    } else {
      const span = Math.max(1, ended - this.#cycle.began);
      const stop = startedAt - this.#stoppedAt;
      if (stop < span * SHORT_STOP) {
        // At least so much of the window was left when it was full: the rate was too high by that.
        const left =
          Math.max(0, this.#failedAt - this.#stoppedAt) / Math.max(1, Math.min(span, this.#window));
        this.#tooMuch = this.#rate * Math.max(1 - SHORT_STOP, 1 - left);
        this.#rate = Math.min(this.#rate * STEP_DOWN, this.#tooMuch * CAUTION);
      } else if (this.#saturated || this.#cycle.taken / span > this.#rate * MUCH_USED) {
        this.#rate = Math.min(this.#rate * STEP_DOWN, (this.#cycle.taken / span) * CAUTION);
        this.#window = span;
      } else {
        // There was less to send than it would have borne: how much went out says nothing of how much may.
        this.#rate *= STEP_DOWN;
      }
    }
    this.#moments = [];
    this.#phase = 'paced';
    this.#cycle = { began: startedAt, taken: units };
    this.#sinceStep = 0;
    this.#steppedAt = now;
    this.#stepsAbove = 0;
    this.#saturated = false;
    this.#nextAt = now + this.#spacing(units);
  }

  #rise(now: number): void {
    if (this.#rate === null) return;
    const near = this.#tooMuch * CAUTION;
    const below = this.#rate < near;
    const boldness = Math.max(0, this.#stepsAbove - TIMID_STEPS);
    const enough = below || boldness > 0 ? TAKEN_BELOW : TAKEN_ABOVE;
    const longEnough = below ? this.#window / 4 : boldness > 0 ? this.#window / 2 : this.#window;
    if (this.#sinceStep < enough || now - this.#steppedAt < longEnough) return;
    this.#sinceStep = 0;
    this.#steppedAt = now;
    if (below) this.#rate = Math.min(near, this.#rate * STEP_UP_BELOW);
    else {
      this.#stepsAbove++;
      this.#rate *= Math.min(BOLDEST_STEP_UP, 1 + (STEP_UP - 1) * 2 ** boldness);
    }
    if (this.#rate * 1000 > NO_LIMIT) this.#free();
  }

  #spacing(units: number): number {
    return this.#rate === null ? 0 : units / this.#rate;
  }

  #free(): void {
    this.#phase = 'free';
    this.#rate = null;
    this.#tooMuch = Number.POSITIVE_INFINITY;
    this.#moments = [];
  }
}

/** The highest rate at which things were taken from some moment on until `until`, and how long ago that moment was. */
function best(moments: readonly { at: number; units: number }[], until: number) {
  let found = { rate: 1 / LONGEST_TRY, span: LONGEST_TRY };
  let sum = 0;
  for (const moment of [...moments].reverse()) {
    sum += moment.units;
    const span = Math.max(FIRST_TRY_MS, until - moment.at);
    if (sum / span > found.rate) found = { rate: sum / span, span };
  }
  return found;
}
