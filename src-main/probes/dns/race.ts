// Asking several servers for one answer: the next one is asked when the one before is slow, or at once when it fails.
import { pause } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';

export interface RaceOptions<S, T> {
  /** May take its time to name the next one. */
  candidates: AsyncIterator<S>;
  /** How long the one before may be silent before the next is asked too, ms. */
  staggerMs: number;
  /** Asked for an answer; null is no use, and the next is asked. It must not fail. */
  ask: (candidate: S) => Promise<T | null>;
}

/** The first answer of use, or null when nobody had one. */
export function race<S, T>({ candidates, staggerMs, ask }: RaceOptions<S, T>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const state = { open: 0, exhausted: false, settled: false };
    const over = () => state.settled;
    const settle = (answer: T | null) => {
      state.settled = true;
      resolve(answer);
    };
    const feed = async (): Promise<void> => {
      for (;;) {
        const next = await candidates.next();
        if (over()) return;
        if (next.done === true) {
          state.exhausted = true;
          if (state.open === 0) settle(null);
          return;
        }
        state.open += 1;
        const answered = ask(next.value).then((answer) => {
          state.open -= 1;
          if (over()) return;
          if (answer !== null) settle(answer);
          else if (state.exhausted && state.open === 0) settle(null);
        });
        answered.catch(reject);
        await atMost(answered, staggerMs);
        if (over()) return;
      }
    };
    feed().catch(reject);
  });
}

/** Ends with the promise, or after so many ms. */
async function atMost(promise: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([promise, pause(systemClock, ms, over.signal)]);
  } finally {
    over.abort();
  }
}
