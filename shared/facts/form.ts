// What the facts of several checks are made of.
import { z } from 'zod';

/** UTC ms. */
export const time = z.number();
/** How long, ms. */
export const duration = z.number();

/** The facts of a finding that has none. */
export const nothing = z.object({});

export const mxRecord = z.object({ preference: z.number(), exchange: z.string() });
/** A set of MX records; empty for a set of none. */
export const mxSet = z.array(mxRecord);
export type MxSet = z.infer<typeof mxSet>;

/** A set in words: `10 mail.example.com, 20 backup.example.com`; `none` of a set of none. */
export function mxWords(set: MxSet): string {
  return set.map(({ preference, exchange }) => `${preference} ${exchange}`).join(', ') || 'none';
}

/** The same facts for each of these findings. */
export function each<const Code extends string, Facts extends z.ZodType>(
  codes: readonly Code[],
  facts: Facts,
): Record<Code, Facts> {
  return Object.fromEntries(codes.map((code) => [code, facts])) as Record<Code, Facts>;
}
