// What became of a connection to one server, as several network checks have it.
import { z } from 'zod';
import { duration } from './form.ts';

/**
 * `open`: it took the connection; `refused`: the host answers, but nobody listens; `not-found`: its name has no known address, so
 * that it was not tried; `silent`: anything else.
 */
export const touchResult = z.enum(['open', 'refused', 'silent', 'not-found']);

export const touched = z.object({
  host: z.string(),
  port: z.number(),
  result: touchResult,
  ms: duration,
  /** The first line that it said; empty when it said none. */
  said: z.string(),
});
