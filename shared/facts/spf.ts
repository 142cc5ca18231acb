// What `spf` finds: the record, what it costs, and whom it covers.
import { z } from 'zod';
import { each, nothing } from './form.ts';

const recordSchema = z.object({
  record: z.string(),
  /** DNS questions that evaluating it takes (RFC 7208 §4.6.4), and those of them that lead nowhere. */
  lookups: z.number(),
  void: z.number(),
});

const coverageSchema = recordSchema.extend({
  /** What it says of each machine that may send (RFC 7208 §2.6). */
  senders: z.array(
    z.object({
      what: z.string(),
      whose: z.enum(['relay', 'server', 'domain']),
      result: z.string(),
    }),
  ),
});

export const spfFacts = {
  none: nothing,
  several: z.object({ records: z.array(z.string()) }),
  ...each(['broken', 'too-many-lookups', 'too-many-void', 'too-many-mx', 'covers-everybody'], recordSchema),
  ...each(['fine', 'says-nothing', 'not-covered'], coverageSchema),
};
