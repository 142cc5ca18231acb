// What `dmarc` finds: the record that counts for the domain, and what it asks for.
import { z } from 'zod';
import { each, nothing } from './form.ts';

const recordSchema = z.object({
  record: z.string(),
  /** The name that has it: the domain, or one above it. */
  at: z.string(),
  /** What receivers are asked to do with forged mail; null: the record cannot be read. */
  policy: z.enum(['none', 'quarantine', 'reject']).nullable(),
  /** `r` or `s` (RFC 9989 §4.4); null: the record cannot be read. */
  alignment: z.object({ dkim: z.string(), spf: z.string() }).nullable().default(null),
  /** Mailboxes that get reports. */
  reportsTo: z.array(z.string()).default([]),
});

export const dmarcFacts = {
  ...each(['none', 'several'], nothing),
  ...each(['enforced', 'broken', 'only-watched', 'reports-nowhere', 'reports-refused'], recordSchema),
};
