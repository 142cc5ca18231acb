// What `spool-space` finds: how much room the disk has.
import { z } from 'zod';
import { each } from './form.ts';

export const spoolSpaceFacts = each(
  ['enough', 'low', 'full'],
  z.object({
    /** Octets. */
    free: z.number(),
    total: z.number(),
    /** How many more files it has room for; null: as many as one likes. */
    files: z.number().nullable(),
  }),
);
