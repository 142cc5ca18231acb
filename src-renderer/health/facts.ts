// What the pictures are drawn from: the facts of certain findings, taken only when they have the form that is expected.
import { z } from 'zod';
import type { Finding } from '../../shared/finding.ts';

const time = z.number();

/** A set of MX records in words, however it is written. */
const mxSet = z.union([
  z.string(),
  z
    .array(
      z.union([
        z.string(),
        z
          .object({ preference: z.number(), exchange: z.string() })
          .transform(({ preference, exchange }) => `${preference} ${exchange}`),
      ]),
    )
    .transform((all) => all.join(', ')),
  z.null().transform(() => ''),
]);

const viewSchema = z.object({
  name: z.string(),
  address: z.string(),
  kind: z.enum(['authoritative', 'resolver']),
  mx: mxSet,
  /** Seconds left, as it was told. */
  ttl: z.number().nullable(),
  /** Null: it did not answer. */
  agrees: z.boolean().nullable(),
  /** Until when it may go on with the old set, UTC ms. */
  until: time.nullable(),
});
export type ServerView = z.infer<typeof viewSchema>;

export const propagationFacts = z.object({
  rows: z.array(viewSchema),
  /** By when all must agree, UTC ms; null: all do, or nobody can say. */
  agreedBy: time.nullable(),
});

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

const listSchema = z.object({
  zone: z.string(),
  /** As people know it. */
  name: z.string().optional(),
  /** Null: it could not be asked. */
  listed: z.boolean().nullable(),
  /** What the list says about why, or why it could not be asked. */
  means: z.string().nullable().optional(),
  /** Page on which a listing can be removed. */
  removal: z.string().nullable().optional(),
});

/** What blocklists say of one address or domain, the finding's subject. */
export const blocklistFacts = z.object({ lists: z.array(listSchema) });
export type ListAnswer = z.infer<typeof listSchema>;

/** The facts of the first finding that has them in this form. */
export function factsOf<T>(schema: z.ZodType<T>, findings: readonly Finding[]): T | null {
  for (const { facts } of findings) {
    const read = schema.safeParse(facts);
    if (read.success) return read.data;
  }
  return null;
}
