// What the pictures are drawn from: the facts of certain findings, taken only when they have the form that is expected.
import { z } from 'zod';
import type { Finding } from '../../shared/finding.ts';

const time = z.number();

/** A set of MX records in words; empty for a set of none. */
const mxSet = z
  .array(z.object({ preference: z.number(), exchange: z.string() }))
  .transform((all) => all.map(({ preference, exchange }) => `${preference} ${exchange}`).join(', '));

const viewSchema = z.object({
  name: z.string().nullable(),
  address: z.string(),
  kind: z.enum(['authoritative', 'resolver']),
  /** Where a public resolver is, in words. */
  place: z.string(),
  state: z.enum(['agrees', 'differs', 'silent', 'failed']),
  /** Null: it gave none. */
  mx: mxSet.nullable(),
  /** Until when it may go on with the old set, UTC ms. */
  until: time.nullable(),
});
export type ServerView = z.infer<typeof viewSchema>;

export const propagationFacts = z.object({
  mx: mxSet,
  /** By when all must agree, UTC ms; null: all do, or nobody can say. */
  until: time.nullable(),
  /** What was there before a change. */
  before: z.object({ mx: mxSet }).nullable(),
  items: z.array(viewSchema),
});
export type PropagationFacts = z.infer<typeof propagationFacts>;

export const registrationFacts = z.object({
  expiresAt: time.nullable(),
  registered: z.string().optional(),
  registrar: z.string().nullable().optional(),
  statuses: z.array(z.string()).optional(),
  source: z.string().nullable().optional(),
});
export type RegistrationFacts = z.infer<typeof registrationFacts>;

const hopSchema = z.object({
  number: z.number(),
  /** Null: nobody answered there. */
  address: z.string().nullable(),
  /** Round trip, ms. */
  ms: z.number().nullable(),
});
export type Hop = z.infer<typeof hopSchema>;

export const pathFacts = z.object({
  host: z.string(),
  hops: z.array(hopSchema),
  arrives: z.boolean(),
  traceArrives: z.boolean(),
  tool: z.string().nullable(),
  /** What a connection to the server took, ms. */
  tcpMs: z.number().nullable(),
});
export type PathFacts = z.infer<typeof pathFacts>;

const listedSchema = z.object({
  /** An address, or a domain. */
  what: z.string(),
  whose: z.enum(['relay', 'server', 'domain']),
  listed: z.boolean(),
  /** Why, in words that follow "because". */
  means: z.array(z.string()),
  /** What the list itself says of it. */
  text: z.string(),
  /** Why it could not be asked about this one. */
  problem: z.string().nullable(),
});

/** What one blocklist says of all that was asked about; the finding's subject is its zone. */
export const blocklistFacts = z.object({
  zone: z.string(),
  name: z.string(),
  removal: z.string(),
  policy: z.string(),
  /** 3: many refuse mail for it, 1: few do. */
  weight: z.number(),
  /** Empty where the list failed its own test. */
  entries: z.array(listedSchema),
});
export type BlocklistFacts = z.infer<typeof blocklistFacts>;

/** The facts of the first finding that has them in this form. */
export function factsOf<T>(schema: z.ZodType<T>, findings: readonly Finding[]): T | null {
  for (const { facts } of findings) {
    const read = schema.safeParse(facts);
    if (read.success) return read.data;
  }
  return null;
}
