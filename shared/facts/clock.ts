// What `clock` finds: how wrong the clock is.
import { z } from 'zod';
import { duration, each } from './form.ts';

export const clockFacts = each(
  ['right', 'off', 'far-off'],
  z.object({
    /** How much is to be added to this machine's clock. */
    offsetMs: duration,
    /** How many servers told the time. */
    sources: z.number(),
  }),
);
