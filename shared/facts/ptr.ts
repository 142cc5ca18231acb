// What `ptr` finds; the finding's subject is the address.
import { z } from 'zod';
import { each } from './form.ts';

export const ptrFacts = each(
  ['confirmed', 'missing', 'not-confirmed', 'could-not-check'],
  z.object({
    whose: z.enum(['relay', 'server', 'domain']),
    names: z.array(z.string()),
    /** The one of them that leads back; null: none is known to. */
    confirmed: z.string().nullable().default(null),
  }),
);
