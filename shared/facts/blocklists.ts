// What `blocklists` finds: what all lists say of the one that the finding's subject names, and how much that matters.
import { z } from 'zod';
import type { Finding, Severity } from '../finding.ts';
import { type HealthState, healthOf } from '../state.ts';
import { each } from './form.ts';

/** What one blocklist says of one entry. */
const listAnswerSchema = z.object({
  zone: z.string(),
  name: z.string(),
  /** Null: whether it is listed is open. */
  listed: z.boolean().nullable(),
  /** It is listed by rule only, and not for anything that was done. */
  minor: z.boolean().default(false),
  /** Why it is listed, in words that follow "because"; or why it is open; null: it is not listed. */
  means: z.string().nullable(),
  codes: z.array(z.string()),
  /** The list's own words. */
  text: z.string(),
  /** An address on the web, or words. */
  removal: z.string(),
  policy: z.string(),
  /** 3: many refuse mail for it, 1: few do. */
  weight: z.number(),
});
export type ListAnswer = z.infer<typeof listAnswerSchema>;

export const blocklistsFacts = each(
  ['clean', 'listed', 'listed-minor', 'could-not-check'],
  z.object({
    whose: z.enum(['relay', 'server', 'domain']),
    kind: z.enum(['ipv4', 'ipv6', 'domain']),
    lists: z.array(listAnswerSchema),
  }),
);

/** How bad it is to be on a list: one that few go by, and one on which everybody of a kind is, stops no mail. Null: it is not known to be on it. */
export function severityOfListing({
  listed,
  minor,
  weight,
}: Pick<ListAnswer, 'listed' | 'minor' | 'weight'>): Severity | null {
  if (listed !== true) return null;
  return weight > 1 && !minor ? 'urgent' : 'attention';
}

/** What a list says of the one that a finding is about, as a state: that another list has it too makes this listing no worse. */
export function healthOfListing(
  answer: Pick<ListAnswer, 'listed' | 'minor' | 'weight'>,
  finding: Pick<Finding, 'state' | 'severity'>,
): HealthState {
  if (answer.listed === null) return 'could-not-check';
  const severity = severityOfListing(answer);
  if (severity === null) return 'ok';
  return severity === 'urgent' && finding.state === 'problem' ? healthOf(finding) : 'attention';
}
