// A router that implements the contract by asking someone else who does: call by call, streams included.
import { isContractProcedure } from '@orpc/contract';
import type { AnyContractRouter } from '@orpc/contract';
import { implement } from '@orpc/server';
import type { AnyRouter } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { Client } from '../../shared/contract/index.ts';

type Call = (input: unknown, options: { lastEventId?: string }) => Promise<unknown>;

/** Told of each call that has succeeded, by its path in the contract. */
type Done = (path: string, output: unknown) => void;

/**
 * Forwards every call of the contract to the client that `current` gives at that moment, so that a window keeps its
 * port while the connection behind it is renewed. Errors of the contract pass through as they are.
 */
export function forwardTo(current: () => Client, done: Done): AnyRouter {
  return forwardAll(contract, [], current, done);
}

function forwardAll(
  part: AnyContractRouter,
  path: readonly string[],
  current: () => Client,
  done: Done,
): AnyRouter {
  if (isContractProcedure(part)) {
    return implement(part).handler(async ({ input, signal, lastEventId }) => {
      const call = path.reduce<unknown>((from, name) => (from as Record<string, unknown>)[name], current());
      const output = await (call as Call)(input, {
        ...(lastEventId === undefined ? {} : { lastEventId }),
      });
      done(path.join('.'), output);
      if (isStream(output)) signal?.addEventListener('abort', () => endStream(output), { once: true });
      return output;
    });
  }
  return Object.fromEntries(
    Object.entries(part).map(([name, child]) => [
      name,
      forwardAll(child as AnyContractRouter, [...path, name], current, done),
    ]),
  );
}

function isStream(output: unknown): output is AsyncIterator<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output && 'next' in output;
}

/**
 * Ends a stream of the service's. The client could be given the signal itself, but then it tells the service of the end
 * even after the connection has gone, and fails where nobody can catch it.
 */
export function endStream(stream: AsyncIterator<unknown>): void {
  stream.return?.().catch(() => undefined);
}
