// Keeps the time: notices when the system's clock jumps, has what waits planned anew, and meanwhile nothing is given up.
//
// A clock is wrong more often than one thinks: a dead battery, a virtual machine that was moved, a time zone taken for the time. What
// happens then:
// - It jumps while Mailward runs (the machine's uptime tells by how much): times of what waits move with it, so that everything waits
//   as long as it would have. Times in memory are the steady clock's, which does not jump.
// - It is found elsewhere at a start: since the last start of the machine the uptime tells, and before that nobody does. Then only that it went back is
//   certain; that it went forward may be a long pause.
// - What waits cannot be planned anew, for the disk is full: it is tried again until it can be, and until then the reading on disk is from
//   before the jump, so that the next run finds the jump again. Both are written in one transaction: no jump counts twice or never.
// - For an hour after either nothing is given up: with a clock that is 30 days ahead everything would be too old at once. For a day
//   nothing is forgotten, for what was removed from the log does not come back.
import { steadyOf, utcOf, type Timer } from '../clock/clock.ts';
import type { ClockChange, WatchedClock } from '../clock/watched.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Database } from '../storage/database.ts';
import type { EngineEvents } from './events.ts';
import type { ClockReading, KeptClock } from '../storage/operations/clock.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../shared/time.ts';

/** How often the clock is looked at, ms. */
const LOOK_MS = SECOND_MS;
/** How often what it says is kept on disk, ms. */
const KEEP_MS = 300_000;
/** Pause before what could not be planned anew is planned again, ms. */
const AGAIN_MS = 30_000;
/** A pause between two runs that makes nobody wonder: as for the time to give up, and to forget; ms. */
const USUAL_PAUSE = { givingUp: HOUR_MS, forgetting: DAY_MS };
/** After the clock may have been wrong, nothing is given up, and nothing forgotten, for so long; ms. */
const HELD_BACK = { givingUp: HOUR_MS, forgetting: DAY_MS };
/** Less than this is no jump between two runs, ms. */
const JUMPS_MS = 60_000;

export interface TimekeeperParts {
  clock: WatchedClock;
  events: Publisher<EngineEvents>;
}

export class Timekeeper {
  readonly clock: WatchedClock;
  readonly #events: Publisher<EngineEvents>;
  #db: Database | null = null;
  /** What the last run left was compared with the clock: from here on there is something to keep. */
  #begun = false;
  /** Looks round; null when nobody follows what happens yet, or any more. */
  #timer: Timer | null = null;
  #looking = false;
  #keptAt = 0;
  /** By how much the clock jumped, ms, while what waits could not be planned anew; and when that is tried again, by the steady clock. */
  #owed = 0;
  #owedAt = 0;
  /** Jumps that are being written. */
  #planning = 0;
  /** By the steady clock: nothing is given up, and nothing forgotten, before. */
  #givesUpAt = 0;
  #forgetsAt = 0;

  constructor({ clock, events }: TimekeeperParts) {
    this.clock = clock;
    this.#events = events;
    this.clock.onStray = () => {
      if (this.#looking || this.#timer === null) return;
      this.#looking = true;
      setImmediate(() => this.#look());
    };
  }

  /** Whether mail that has waited too long is given up: not while the clock may be wrong. */
  readonly givesUp = (): boolean => this.clock.steady() >= this.#givesUpAt;

  /** Whether what is past its time is removed: the same. */
  readonly forgets = (): boolean => this.clock.steady() >= this.#forgetsAt;

  /**
   * Compares the clock with what it said in the last run, and plans anew what waits where it cannot have gone on from there. What happens
   * from here on is told when somebody can follow it (`watch`).
   */
  async begin(db: Database): Promise<void> {
    this.#db = db;
    // What became of the clock since it was first asked is no jump of this run: nothing goes by it yet. What is on disk goes by the last
    // run's, with which it is compared as it is now.
    this.clock.look();
    const now = this.clock.now();
    const uptime = this.clock.uptime();
    const last = await db.write('keptClock');
    const { jumped, unknown } = sinceLast(last, { at: now, boot: this.clock.boot, uptime });
    // What the last run held back was meant by its clock.
    const left = (at: number, most: number) => steadyOf(this.clock, now + Math.min(at - last.at, most));
    this.#givesUpAt = left(last.givesUpAt, HELD_BACK.givingUp);
    this.#forgetsAt = left(last.forgetsAt, HELD_BACK.forgetting);
    const pause = Math.max(Math.abs(jumped), unknown);
    if (pause > USUAL_PAUSE.givingUp) this.#holdBack('givingUp');
    if (pause > USUAL_PAUSE.forgetting) this.#holdBack('forgetting');
    if (jumped === 0) await this.#keep();
    else {
      await this.#planAnew(jumped);
      this.#tell(jumped, 'since Mailward ran last');
    }
    this.#begun = true;
  }

  /** Keeps what the clock says for the next run. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    // A start that failed before what is on disk was compared leaves that to the next.
    if (!this.#begun) return;
    if (this.#owed === 0) await this.#keep();
    else await this.#planAnew(0);
  }

  /** Where the folder is only worked on for a moment: the clock is followed without a word, and the next run compares what is on disk. */
  follow(): void {
    this.clock.onStray = () => void this.clock.look();
    this.clock.look();
  }

  /** Tells what becomes of the clock, and has what waits planned anew, from here on: all who must know of it follow the events. */
  watch(): void {
    this.#timer = this.clock
      .every(LOOK_MS, () => {
        this.#look();
        const now = this.clock.steady();
        if (this.#owed !== 0 && now >= this.#owedAt) void this.#settleOwed();
        else if (now - this.#keptAt >= KEEP_MS) void this.#keep();
      })
      .unref();
    this.#look();
  }

  #look(): void {
    this.#looking = false;
    const change = this.clock.look();
    if (change && this.#timer !== null) void this.#changed(change);
  }

  async #changed({ jumped, slept }: ClockChange): Promise<void> {
    if (jumped !== 0) {
      this.#holdBack('givingUp');
      this.#holdBack('forgetting');
      // In the turn in which the clock was taken over, both: no time by the new clock is in memory, or comes to the disk, before this.
      this.#events.emit('clockJumped', { by: jumped });
      await this.#planAnew(jumped);
      this.#tell(jumped, 'while Mailward ran');
      this.#events.emit('replanned', null);
    }
    if (slept > USUAL_PAUSE.givingUp) this.#holdBack('givingUp');
    if (slept > 0) this.#events.emit('woke', null);
  }

  /** Has what waits on disk planned anew, for this jump and those that are owed, and keeps the reading that goes with it. */
  async #planAnew(jumped: number): Promise<void> {
    const by = jumped + this.#owed;
    this.#owed = 0;
    this.#planning++;
    const reading = this.#reading();
    try {
      await this.#db?.write('clockJumped', { by, now: reading.at, reading });
    } catch (error) {
      if (jumped !== 0)
        this.#events.emit('fault', {
          part: 'clock',
          what: 'what waits cannot be planned anew yet, it is tried again',
          error,
        });
      this.#owed += by;
      this.#owedAt = this.clock.steady() + AGAIN_MS;
    } finally {
      this.#planning--;
    }
  }

  async #settleOwed(): Promise<void> {
    await this.#planAnew(0);
    if (this.#owed === 0) this.#events.emit('replanned', null);
  }

  #holdBack(what: keyof typeof HELD_BACK): void {
    const until = this.clock.steady() + HELD_BACK[what];
    if (what === 'givingUp') this.#givesUpAt = until;
    else this.#forgetsAt = until;
  }

  #tell(by: number, when: string): void {
    const how = `${by > 0 ? 'forward' : 'back'} by ${inWords(Math.abs(by))}`;
    const words = `this machine's clock was set ${how} ${when}: waiting mail keeps its turn, and nothing is given up for an hour`;
    this.#events.emit('note', { part: 'clock', words });
  }

  async #keep(): Promise<void> {
    // What is on disk was planned by the clock as it was: so it is told to the next run.
    if (this.#owed !== 0 || this.#planning > 0) return;
    // The next time will do; what ails the storage is told by whoever watches it.
    await this.#db?.write('keepClock', this.#reading()).catch(() => undefined);
  }

  #reading(): KeptClock {
    this.#keptAt = this.clock.steady();
    return {
      at: this.clock.now(),
      boot: this.clock.boot,
      uptime: Math.round(this.clock.uptime()),
      givesUpAt: utcOf(this.clock, this.#givesUpAt),
      forgetsAt: utcOf(this.clock, this.#forgetsAt),
    };
  }
}

/**
 * How far the clock jumped between two runs (ms; negative: back), as far as it is certain, and how much time passed of which nobody
 * knows whether it did.
 */
export function sinceLast(last: ClockReading, now: ClockReading): { jumped: number; unknown: number } {
  // Nothing was ever kept: it is the first run.
  if (last.at === 0) return { jumped: 0, unknown: 0 };
  const passed = now.at - last.at;
  const ran = now.uptime - last.uptime;
  if (now.boot !== null && now.boot === last.boot && ran >= 0) {
    const jumped = Math.round(passed - ran);
    return { jumped: Math.abs(jumped) >= JUMPS_MS ? jumped : 0, unknown: 0 };
  }
  return passed <= -JUMPS_MS ? { jumped: passed, unknown: 0 } : { jumped: 0, unknown: passed };
}

function inWords(ms: number): string {
  for (const [unit, name] of [
    [DAY_MS, 'day'],
    [HOUR_MS, 'hour'],
    [60 * SECOND_MS, 'minute'],
    [SECOND_MS, 'second'],
  ] as const) {
    const count = Math.round(ms / unit);
    if (ms >= unit) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a second';
}
