// What pictures are drawn from, taken from findings only when they have the form that is expected (shared/facts.ts).
import type { z } from 'zod';
import type { PropagationFacts } from '../../shared/facts.ts';
import type { Finding } from '../../shared/finding.ts';

/** A set of MX records in words; empty for a set of none. */
export function mxWords(set: PropagationFacts['mx']): string {
  return set.map(({ preference, exchange }) => `${preference} ${exchange}`).join(', ');
}

/** The facts of the first finding that has them in this form. */
export function factsOf<T>(schema: z.ZodType<T>, findings: readonly Finding[]): T | null {
  for (const { facts } of findings) {
    const read = schema.safeParse(facts);
    if (read.success) return read.data;
  }
  return null;
}
