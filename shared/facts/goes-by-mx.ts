// What `goes-by-mx` finds: the name that was asked about, and what the server answered.
import { z } from 'zod';
import { each } from './form.ts';

export const goesByMxFacts = each(
  ['by-configuration', 'by-mx'],
  z.object({
    /** The name that has the test records. */
    testName: z.string(),
    /** To a recipient at that name. */
    answer: z.string(),
  }),
);
