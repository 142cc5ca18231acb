// The contract's part about recipients: what is learned of them, and what an admin says.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { domainNameSchema } from '../names.ts';
import { recipientEntrySchema, recipientEntryStateSchema, recipientsOverviewSchema } from '../recipients.ts';

const errors = { NOT_FOUND: { status: 404 }, CONFLICT: { status: 409 }, REFUSED: { status: 422 } } as const;
const call = oc.errors(errors);

const addresses = z.array(z.string().min(3).max(320)).min(1).max(10_000);

export const recipientsContract = {
  /** Each protected domain's recipients in figures. */
  overview: call.output(z.array(recipientsOverviewSchema)),
  /** By address. `after` is the address of the last row of the page before. */
  list: call
    .input(
      z.object({
        domain: domainNameSchema.optional(),
        state: recipientEntryStateSchema.optional(),
        /** Part of an address. */
        text: z.string().max(200).optional(),
        after: z.string().max(320).optional(),
        limit: z.number().int().min(1).max(500).default(100),
      }),
    )
    .output(z.object({ rows: z.array(recipientEntrySchema), more: z.boolean() })),
  /** Never to be listed, and never asked for, whatever the server says; also takes them off the list. */
  allow: call.input(z.object({ addresses })).output(z.object({ count: z.number().int() })),
  /** As if nothing had ever been said of them: failures, listing and allowance are gone. */
  forget: call.input(z.object({ addresses })).output(z.object({ count: z.number().int() })),
  /** CSV with the columns `address` and `state` (`listed` or `allowed`), and perhaps `since`; refused as a whole when a row is wrong. */
  import: call
    .input(z.object({ csv: z.string().max(20_000_000) }))
    .output(z.object({ listed: z.number().int(), allowed: z.number().int(), skipped: z.number().int() })),
  /** CSV that `import` reads. */
  export: call
    .input(z.object({ domain: domainNameSchema.optional() }))
    .output(z.object({ csv: z.string(), count: z.number().int() })),
};
