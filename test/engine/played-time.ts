// An engine on a clock that goes only while nothing is under way: days pass in the time that what happens in them takes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import type { EngineWorld } from '../../src-main/engine/world.ts';
import { Channel } from '../../src-main/storage/channel.ts';
import type { Check } from '../../src-main/probes/check.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { patience } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

/** Turns of the event loop in a row in which nothing was under way, after which nothing is: what ends in one is taken up in the next. */
const QUIET_TURNS = 5;
/** What comes round by itself does so this often at least, ms. */
const LONGEST_LEAP_MS = 600_000;

export class PlayedEngine implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly under: EngineUnderTest;
  readonly #storage: StorageInHand;

  private constructor(clock: FakeClock, under: EngineUnderTest, storage: StorageInHand) {
    this.clock = clock;
    this.under = under;
    this.#storage = storage;
  }

  static async start(
    settings: Record<string, unknown>,
    world: EngineWorld,
    checks: readonly Check[],
  ): Promise<PlayedEngine> {
    const clock = new FakeClock();
    const storage = new StorageInHand();
    try {
      const under = await EngineUnderTest.start(settings, { ...world, time: clock.sources }, checks);
      return new PlayedEngine(clock, under, storage);
    } catch (error) {
      storage[Symbol.dispose]();
      throw error;
    }
  }

  /** Lets time pass up to a moment, from one thing that is due to the next; each has the real time that it takes. */
  async until(moment: number): Promise<void> {
    await this.rest();
    for (let left = moment - this.clock.now(); left > 0; left = moment - this.clock.now()) {
      this.clock.leap(Math.min(left, this.clock.nextButRounds ?? left, LONGEST_LEAP_MS));
      await this.rest();
    }
  }

  /** What a client does, over a connection that the clock does not know of: time passes in small steps while nobody else has to do. */
  async meanwhile<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const over = () => (state.isOver = true);
    work.then(over, over);
    while (!state.isOver) {
      await nextTurn();
      if (!this.#isBusy) this.clock.pass(1);
    }
    return work;
  }

  /** Waits until nothing is under way: no call of the database, and nothing that a server owes us. */
  async rest(): Promise<void> {
    const end = performance.now() + patience;
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await nextTurn();
      quiet = this.#isBusy ? 0 : quiet + 1;
      if (performance.now() > end)
        throw new Error(
          `never at rest: ${this.#storage.calls} calls of the database under way${this.clock.waitsForWorld ? ', and a server owes an answer' : ''}`,
        );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.meanwhile(this.under[Symbol.asyncDispose]()).finally(() => this.#storage[Symbol.dispose]());
  }

  get #isBusy(): boolean {
    return this.#storage.calls > 0 || this.clock.waitsForWorld;
  }
}

/** Counts the calls that storage threads have in hand. */
class StorageInHand implements Disposable {
  calls = 0;
  readonly #spy;

  constructor() {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on what it was called on
    const { call } = Channel.prototype;
    const begins = () => this.calls++;
    const ends = () => this.calls--;
    this.#spy = vi.spyOn(Channel.prototype, 'call').mockImplementation(async function (
      this: Channel,
      ...args
    ) {
      begins();
      return call.apply(this, args).finally(ends);
    });
  }

  [Symbol.dispose](): void {
    this.#spy.mockRestore();
  }
}
