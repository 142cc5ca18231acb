// What `rate-limit` and `rate-limit-test` find, and after how much.
import { z } from 'zod';
import { each } from './form.ts';

/** From the message log. */
export const rateLimitFacts = each(
  ['none', 'limited'],
  z.object({ attempts: z.number(), limited: z.number() }),
);

/** By trying. */
export const rateLimitTestFacts = {
  none: z.object({ connections: z.number() }),
  limited: z.object({ connections: z.number(), answer: z.string() }),
};
