// What `helo` finds: what a machine calls itself, and where that leads.
import { z } from 'zod';
import { each } from './form.ts';

const nameSchema = z.object({ whose: z.enum(['relay', 'server']), name: z.string() });

export const heloFacts = {
  'no-name': nameSchema,
  ...each(
    ['fine', 'not-known', 'elsewhere', 'could-not-check'],
    nameSchema.extend({ addresses: z.array(z.string()) }),
  ),
};
