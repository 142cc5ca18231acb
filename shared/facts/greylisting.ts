// What `greylisting` finds, and whether the second try passed.
import { z } from 'zod';
import { duration, each, nothing } from './form.ts';

export const greylistingFacts = {
  greylists: z.object({
    passed: z.boolean(),
    /** How long after the first try. */
    laterMs: duration,
  }),
  ...each(['none', 'puts-off'], nothing),
};
