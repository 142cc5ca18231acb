// The contract's part about the journal: what changed about a domain, and when (src-main/engine/journal.ts), and how much mail came then.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { arrivalsSchema, MOST_ARRIVAL_PARTS } from '../arrivals.ts';
import { journalEntrySchema, journalKindSchema } from '../journal.ts';
import { domainNameSchema } from '../names.ts';

export const journalContract = {
  /** Newest first, a domain's own changes and those of all domains. `before` is the id of the last entry of the page before. */
  list: oc
    .input(
      z.object({
        domain: domainNameSchema,
        /** Only these; all when left out. */
        kinds: z.array(journalKindSchema).min(1).optional(),
        /** UTC ms: seen at `from` or later, and before `to`. */
        from: z.number().int().min(0).optional(),
        to: z.number().int().min(0).optional(),
        before: z.number().int().optional(),
        limit: z.number().int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ entries: z.array(journalEntrySchema), more: z.boolean() })),
  /** When the domain's mail came and what has become of it, to lay beside the changes. Of any domain that the message log has mail of. */
  rates: oc
    .input(
      z
        .object({
          domain: domainNameSchema,
          /** UTC ms: received at `from` or later, and before `to`. */
          from: z.number().int().min(0),
          to: z.number().int().min(0),
          /** Stretches of time of the same length to count in. */
          parts: z.number().int().min(1).max(MOST_ARRIVAL_PARTS),
        })
        .refine(({ from, to }) => to > from, { error: 'expected a time after `from`', path: ['to'] }),
    )
    .output(arrivalsSchema),
};
