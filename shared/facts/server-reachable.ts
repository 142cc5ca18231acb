// What `server-reachable` finds; the finding's subject is the address.
import { z } from 'zod';
import { duration, each } from './form.ts';

const placeSchema = z.object({
  host: z.string(),
  address: z.string(),
  port: z.number(),
  /** Of IP. */
  family: z.literal([4, 6]),
});

export const serverReachableFacts = {
  /** `ms`: until it took the connection. */
  answers: placeSchema.extend({ ms: duration }),
  ...each(['refused', 'silent', 'partly', 'could-not-check'], placeSchema),
};
