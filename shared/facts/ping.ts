// What `ping` finds; the finding's subject is the address.
import { z } from 'zod';
import { duration, each } from './form.ts';
import { touchResult } from './touched.ts';

export const pingFacts = each(
  ['answers', 'slow', 'lossy', 'unreachable', 'could-not-check'],
  z.object({
    host: z.string(),
    /** The middle round trip, or what a connection took where ping is not answered; null: neither is known. */
    ms: duration.nullable(),
    /** Echo requests; null: there is no ping here. */
    sent: z.number().nullable(),
    lost: z.number().nullable(),
    /** Of a connection to the server. */
    tcp: touchResult,
  }),
);
