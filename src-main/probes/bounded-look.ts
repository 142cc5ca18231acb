// A look at the world by itself, outside a run of checks: with a world of its own, ended in time, and with an answer whatever happens.
import { CouldNotCheck } from './check.ts';
import { patiently } from './lateness.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world.ts';

/** How long a look may take, ms. */
const DEADLINE_MS = 15_000;

/**
 * What `look` finds, or what `couldNot` makes of the reason why it finds nothing: within 15 s, and at once when it is given up. Rejects only
 * with what nobody foresaw.
 */
export async function boundedLook<T>(
  options: WorldOptions & { signal?: AbortSignal },
  look: (world: World) => Promise<T>,
  couldNot: (reason: string) => T,
): Promise<T> {
  const late = new AbortController();
  const signal = AbortSignal.any([late.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  if (signal.aborted) return couldNot('the look was given up');
  let inTime = (): void => undefined;
  const tooLate = new Promise<T>((resolve) => {
    signal.addEventListener('abort', () => resolve(couldNot('the look was given up')), { once: true });
    inTime = patiently(DEADLINE_MS, () => {
      resolve(couldNot(`there was no answer within ${DEADLINE_MS / 1000} seconds`));
      late.abort(new CouldNotCheck('out of time'));
    });
  });
  const looked = look(new World(options, signal));
  // When it is over before, what comes of it is nobody's business.
  looked.catch(() => undefined);
  try {
    return await Promise.race([tooLate, looked]);
  } catch (error) {
    if (error instanceof CouldNotCheck) return couldNot(error.message);
    throw error;
  } finally {
    inTime();
    late.abort(new Error('the look has ended'));
  }
}
