// Live figures for viewers: coalesced to a few a second, and a slow viewer misses rows instead of slowing the mail.
import { pause, type Timers } from '../clock/clock.ts';

/** A channel of which only the newest value matters. */
export class Latest<T> {
  readonly #viewers = new Set<() => void>();
  #value: T | null = null;
  #version = 0;

  get watched(): boolean {
    return this.#viewers.size > 0;
  }

  set(value: T): void {
    this.#value = value;
    this.#version++;
    for (const wake of this.#viewers) wake();
  }

  /** The present value at once, then the newest whenever the viewer is ready for another. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
    let seen = -1;
    let wake: (() => void) | null = null;
    const onChange = () => wake?.();
    this.#viewers.add(onChange);
    signal?.addEventListener('abort', onChange);
    try {
      while (!signal?.aborted) {
        if (this.#version !== seen && this.#value !== null) {
          seen = this.#version;
          yield this.#value;
          continue;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = null;
      }
    } finally {
      this.#viewers.delete(onChange);
      signal?.removeEventListener('abort', onChange);
    }
  }
}

/** Rows that a viewer has not taken yet; more are counted, not kept. */
const MOST_ROWS = 500;

interface Viewer<Row> {
  rows: Map<string, Row>;
  skipped: number;
  wake: (() => void) | null;
}

/** A channel of rows that are replaced by later ones with the same id. */
export class Rows<Row extends { id: string }> {
  readonly #viewers = new Set<Viewer<Row>>();
  readonly #interval: number;
  readonly #clock: Timers;

  /** @param interval shortest time between two batches, ms. */
  constructor(interval: number, clock: Timers) {
    this.#interval = interval;
    this.#clock = clock;
  }

  get watched(): boolean {
    return this.#viewers.size > 0;
  }

  push(row: Row): void {
    for (const viewer of this.#viewers) {
      if (viewer.rows.size >= MOST_ROWS && !viewer.rows.has(row.id)) viewer.skipped++;
      else viewer.rows.set(row.id, row);
      viewer.wake?.();
    }
  }

  async *watch(
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ rows: Row[]; skipped: number }, void, undefined> {
    const viewer: Viewer<Row> = { rows: new Map(), skipped: 0, wake: null };
    const onAbort = () => viewer.wake?.();
    this.#viewers.add(viewer);
    signal?.addEventListener('abort', onAbort);
    try {
      while (!signal?.aborted) {
        if (viewer.rows.size === 0) {
          await new Promise<void>((resolve) => {
            viewer.wake = resolve;
          });
          viewer.wake = null;
          continue;
        }
        await pause(this.#clock, this.#interval);
        const batch = { rows: [...viewer.rows.values()], skipped: viewer.skipped };
        viewer.rows.clear();
        viewer.skipped = 0;
        yield batch;
      }
    } finally {
      this.#viewers.delete(viewer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
