// A clock that goes only when the test says so, with timers of its own: days pass in the time that what happens in them takes.
import type { Clock, Timer } from '../../src-main/clock/clock.ts';
import type { TimeSources } from '../../src-main/clock/watched.ts';

type Kind = 'after' | 'every' | 'deadline';

class FakeTimer implements Timer {
  readonly kind: Kind;
  readonly act: () => void;
  /** By the steady clock; null when it is over or cancelled. */
  at: number | null = null;
  readonly #plan: (timer: FakeTimer) => number;

  /** @param plan says when it goes off, each time its wait begins. */
  constructor(kind: Kind, act: () => void, plan: (timer: FakeTimer) => number) {
    this.kind = kind;
    this.act = act;
    this.#plan = plan;
    this.restart();
  }

  readonly cancel = (): void => {
    this.at = null;
  };

  restart(): void {
    this.at = this.#plan(this);
  }

  readonly unref = (): this => this;
}

export class FakeClock implements Clock {
  readonly #startedAt: number;
  #passed = 1_000_000;
  readonly #planned = new Set<FakeTimer>();

  /** @param startedAt what the clock says first, UTC ms. */
  constructor(startedAt = Date.UTC(2026, 2, 1)) {
    this.#startedAt = startedAt;
  }

  /** Timers go off between whole milliseconds too. */
  readonly now = (): number => this.zero() + Math.floor(this.#passed);

  readonly steady = (): number => this.#passed;

  readonly zero = (): number => this.#startedAt - 1_000_000;

  readonly after = (ms: number, act: () => void): Timer => this.#plan('after', ms, act);

  readonly every = (ms: number, act: () => void): Timer => this.#plan('every', ms, act);

  readonly deadline = (ms: number, act: () => void): Timer => this.#plan('deadline', ms, act);

  /** For an engine, which watches the clock that it is given. */
  get sources(): TimeSources {
    return {
      wall: this.now,
      steady: this.steady,
      uptime: this.steady,
      boot: () => 'the only one',
      timers: { after: this.after, every: this.every, deadline: this.deadline },
    };
  }

  /** When the next timer goes off, ms from now; null when none will. */
  get next(): number | null {
    const at = this.#first(() => true)?.at ?? null;
    return at === null ? null : at - this.#passed;
  }

  /** When the next timer goes off that is no round, ms from now; null when none will. */
  get nextButRounds(): number | null {
    const at = this.#first(({ kind }) => kind !== 'every')?.at ?? null;
    return at === null ? null : at - this.#passed;
  }

  /** Somebody waits for an answer of the world's, with a deadline. */
  get waitsForWorld(): boolean {
    return this.#first(({ kind }) => kind === 'deadline') !== null;
  }

  /** Lets `ms` pass. Timers go off in their order, each at its time. */
  pass(ms: number): void {
    const end = this.#passed + ms;
    for (;;) {
      const first = this.#first(({ at }) => at !== null && at <= end);
      if (!first) break;
      this.#passed = Math.max(this.#passed, first.at ?? 0);
      this.#goesOff(first);
    }
    this.#passed = end;
  }

  /** As `pass`, but what comes round does so once, at the end, as after a sleep. */
  leap(ms: number): void {
    const end = this.#passed + ms;
    for (;;) {
      const first = this.#first(({ at, kind }) => at !== null && at <= end && kind !== 'every');
      if (!first) break;
      this.#passed = Math.max(this.#passed, first.at ?? 0);
      this.#goesOff(first);
    }
    this.#passed = end;
    for (const timer of [...this.#planned])
      if (timer.kind === 'every' && timer.at !== null && timer.at <= end) this.#goesOff(timer);
  }

  #plan(kind: Kind, ms: number, act: () => void): Timer {
    return new FakeTimer(kind, act, (timer) => {
      this.#planned.add(timer);
      return this.#passed + Math.max(0, ms);
    });
  }

  #first(isMeant: (timer: FakeTimer) => boolean): FakeTimer | null {
    let first: FakeTimer | null = null;
    for (const timer of this.#planned) {
      if (timer.at === null) this.#planned.delete(timer);
      else if (isMeant(timer) && timer.at < (first?.at ?? Infinity)) first = timer;
    }
    return first;
  }

  #goesOff(timer: FakeTimer): void {
    if (timer.kind === 'every') timer.restart();
    else timer.cancel();
    timer.act();
  }
}
