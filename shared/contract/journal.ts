// The contract's part about the journal: what changed about a domain, and when (src-main/engine/journal.ts).
import { oc } from '@orpc/contract';
import { z } from 'zod';
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
};
