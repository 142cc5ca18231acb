// What `port-25` finds: which mail servers on the Internet answer, and what they say.
import { z } from 'zod';
import { each } from './form.ts';
import { touched } from './touched.ts';

export const port25Facts = each(
  ['open', 'blocked', 'blocked-not-needed', 'intercepted'],
  z.object({ servers: z.array(touched.pick({ host: true, result: true, said: true })) }),
);
