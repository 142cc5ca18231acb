// What `server-greeting` finds: what a server calls itself and offers.
import { z } from 'zod';
import { each } from './form.ts';

export const serverGreetingFacts = each(
  ['greets', 'little-offered', 'old-protocol', 'not-smtp', 'mute', 'could-not-check'],
  z.object({
    /** Its greeting as it came; empty: there was none. */
    banner: z.string(),
    /** What it calls itself. */
    name: z.string(),
    /** Null: not known. */
    software: z.string().nullable(),
    /** Keywords of EHLO. */
    features: z.array(z.string()),
    /** Longest message that it takes, octets; 0: it does not say. */
    size: z.number(),
  }),
);
