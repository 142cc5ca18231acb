// What Mailward knows of a domain without being told: from what its checks found, and from its server's replies.
import { z } from 'zod';
import { softwareGuessSchema } from './server-software.ts';

const companySchema = z.object({
  name: z.string(),
  /** Where its customers find help; null: not known. */
  support: z.url().nullable(),
  /** What shows it, in a sentence. */
  because: z.string(),
});
export type KnownCompany = z.infer<typeof companySchema>;

export const knownSchema = z.object({
  /** What the office's server seems to run, the best guess first; empty: nothing tells. */
  software: z.array(softwareGuessSchema),
  /** Who hosts the domain's DNS; null: nobody that is known by name. */
  dnsHost: companySchema.nullable(),
  /** Null: the registry was not asked, or does not say. */
  registrar: companySchema.nullable(),
  /** When the oldest finding that this rests on was made, UTC ms; null: no check has found anything yet. */
  readAt: z.number().int().nullable(),
});
export type Known = z.infer<typeof knownSchema>;
