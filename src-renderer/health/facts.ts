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
        z.object({ preference: z.number(), exchange: z.string() }).transform(
          ({ preference, exchange }) => `${preference} ${exchange}`,
        ),
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

/** The facts of the first finding that has them in this form. */
export function factsOf<T>(schema: z.ZodType<T>, findings: readonly Finding[]): T | null {
  for (const { facts } of findings) {
    const read = schema.safeParse(facts);
    if (read.success) return read.data;
  }
  return null;
}
