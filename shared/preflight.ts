// The pre-flight: what has to be so before a domain's MX may be changed, and whether it is.
import { z } from 'zod';
import { healthSchema } from './state.ts';

/** In the order in which an admin goes through them. */
export const preflightItemNameSchema = z.enum([
  'way-back',
  'mx',
  'server-answers',
  'takes-domain',
  'after-change',
  'encryption',
  'recipients',
  'greylisting',
  'limits',
  'standing',
  'room',
  'door',
  'certificate',
  'spf',
  'mta-sts',
  'dane',
  'ttl',
]);
export type PreflightItemName = z.infer<typeof preflightItemNameSchema>;

export const preflightItemSchema = z.object({
  name: preflightItemNameSchema,
  /** What people read; "OK" beside it makes sense. */
  title: z.string(),
  /** `problem`: the MX must not be changed before this is mended. `attention`: it may, and mail will suffer, or one has to wait. */
  state: healthSchema,
  /** Whether not knowing it keeps the domain from being ready. */
  isEssential: z.boolean(),
  /** One sentence: how it is. */
  summary: z.string(),
  /** What to do; sentences. */
  advice: z.array(z.string()),
  /** Checks whose findings it rests on, for the evidence. */
  checks: z.array(z.string()),
});
export type PreflightItem = z.infer<typeof preflightItemSchema>;

/** `ready` is never said while anything essential could not be checked. */
export const preflightResultSchema = z.enum(['ready', 'not-ready', 'could-not-check']);
export type PreflightResult = z.infer<typeof preflightResultSchema>;

export const preflightSchema = z.object({
  domain: z.string(),
  /** When it was asked, UTC ms. */
  at: z.number().int(),
  result: preflightResultSchema,
  /** The result in one sentence. */
  summary: z.string(),
  items: z.array(preflightItemSchema),
});
export type Preflight = z.infer<typeof preflightSchema>;
