// A router that implements the contract by asking someone else who does: call by call, streams included.
import { isContractProcedure } from '@orpc/contract';
import type { AnyContractRouter } from '@orpc/contract';
import { implement } from '@orpc/server';
import type { AnyRouter } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { Client } from '../../shared/contract/index.ts';

type Call = (input: unknown, options: { signal?: AbortSignal; lastEventId?: string }) => Promise<unknown>;

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
        ...(signal === undefined ? {} : { signal }),
        ...(lastEventId === undefined ? {} : { lastEventId }),
      });
      done(path.join('.'), output);
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
