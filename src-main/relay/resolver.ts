// The questions that the relay asks of DNS for one message: a resolver that a test, or the probes' own transport, can stand in for.
import { Resolver as NodeResolver } from 'node:dns/promises';

/**
 * Answers as `dns.promises.resolve(name, type)` does, and fails with its codes: `ENOTFOUND` for a name that is not there,
 * `ENODATA` for one without such records, anything else for "could not find out".
 */
export interface Resolve {
  (name: string, type: string): Promise<unknown>;
  /** How long its answer may be kept by somebody else from now on, ms; 0 when it has none. Not there: no answer may be kept. */
  keeps?: (name: string, type: string) => number;
}

/** The system's name servers, with patience that suits mail that has time. */
export function systemResolver(): Resolve {
  const resolver = new NodeResolver({ timeout: 3_000, tries: 2 });
  return (name, type) => resolver.resolve(name, type);
}

/** Whether DNS said "no such thing", which is an answer; anything else may be different later. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOTFOUND' || code === 'ENODATA';
}
