// What `connectivity` finds: which servers on the Internet answer.
import { z } from 'zod';
import { each } from './form.ts';
import { touched } from './touched.ts';

export const connectivityFacts = each(
  ['online', 'offline'],
  z.object({ servers: z.array(touched.omit({ said: true })) }),
);
