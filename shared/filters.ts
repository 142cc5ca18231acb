// The filters on the way in: their names, what each asks, what each found, and what may follow.
import { z } from 'zod';

export const filterNameSchema = z.enum([
  'blocklists',
  'reverse-name',
  'spf',
  'dkim',
  'dmarc',
  'arc',
  'rspamd',
  'clamav',
]);
export type FilterName = z.infer<typeof filterNameSchema>;

/** What follows when a filter fails. `off` asks no question; `tag` only writes the result into the message's header. */
export const filterActionSchema = z.enum(['reject', 'quarantine', 'tag', 'off']);
export type FilterAction = z.infer<typeof filterActionSchema>;

/** A filter's answer. Only `fail` has consequences: a checker that is down refuses no mail. */
export const filterAnswerSchema = z.enum(['pass', 'fail', 'could-not-check', 'not-applicable']);
export type FilterAnswer = z.infer<typeof filterAnswerSchema>;

/** The filters whose answer has a consequence as strong as quarantine. */
export function faultsIn(results: readonly FilterResult[]): FilterName[] {
  return results.filter(({ action }) => action === 'quarantine').map(({ filter }) => filter);
}

export const filterResultSchema = z.object({
  filter: filterNameSchema,
  result: filterAnswerSchema,
  /** What followed from it; `off` when nothing did. */
  action: filterActionSchema,
  /** What was asked and the exact answers, or why it could not be asked. */
  evidence: z.array(z.string()),
  /** Milliseconds. */
  took: z.number().int(),
  /** DKIM: the signatures that were found, and whether each is valid. */
  signatures: z.array(z.object({ domain: z.string(), selector: z.string(), valid: z.boolean() })).optional(),
});
export type FilterResult = z.infer<typeof filterResultSchema>;

/** A filter that does not work at present. */
export const filterTroubleSchema = z.object({
  filter: filterNameSchema,
  /** Messages and connections that went on without its answer since then. */
  skipped: z.number().int(),
  /** UTC ms. */
  since: z.number().int(),
  words: z.string(),
});
export type FilterTrouble = z.infer<typeof filterTroubleSchema>;

const followed: Readonly<Record<Exclude<FilterAction, 'off'>, string>> = {
  reject: 'refused for it',
  quarantine: 'quarantined for it',
  tag: 'marked in the header',
};

/** What a filter found and what followed, in words: `failed, quarantined for it`. */
export function filterOutcome({ result, action }: Pick<FilterResult, 'result' | 'action'>): string {
  switch (result) {
    case 'pass':
      return 'passed';
    case 'fail':
      return action === 'off' ? 'failed' : `failed, ${followed[action]}`;
    case 'could-not-check':
      return 'could not check';
    case 'not-applicable':
      return 'nothing to check';
  }
}

/** What each filter asks, in words for the screen. */
export const filterWords: Readonly<Record<FilterName, { name: string; question: string }>> = {
  blocklists: { name: 'Blocklists', question: 'Is the sending machine on public blocklists?' },
  'reverse-name': {
    name: 'Reverse DNS name',
    question: 'Does the sending machine’s address have a name that leads back to it?',
  },
  spf: { name: 'SPF', question: 'May this machine send for the envelope sender’s domain?' },
  dkim: { name: 'DKIM', question: 'Is the message signed, and unchanged since?' },
  dmarc: { name: 'DMARC', question: 'Does the domain in From: vouch for this message?' },
  arc: { name: 'ARC', question: 'Is the chain of servers that forwarded it intact?' },
  rspamd: { name: 'Rspamd', question: 'Does Rspamd consider it spam?' },
  clamav: { name: 'ClamAV', question: 'Does ClamAV find malware in it?' },
};
