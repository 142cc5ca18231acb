// The checks on the way in: their names, what each asks, what each found, and what may follow.
import { z } from 'zod';

export const checkNameSchema = z.enum([
  'blocklists',
  'reverse-name',
  'spf',
  'dkim',
  'dmarc',
  'arc',
  'rspamd',
  'clamav',
]);
export type CheckName = z.infer<typeof checkNameSchema>;

/** What follows when a check fails. `off` asks no question; `tag` only writes the result into the message's header. */
export const checkActionSchema = z.enum(['reject', 'quarantine', 'tag', 'off']);
export type CheckAction = z.infer<typeof checkActionSchema>;

/** A check's answer. Only `fail` has consequences: a checker that is down refuses no mail. */
export const checkAnswerSchema = z.enum(['pass', 'fail', 'could-not-check', 'not-applicable']);
export type CheckAnswer = z.infer<typeof checkAnswerSchema>;

export const checkResultSchema = z.object({
  check: checkNameSchema,
  result: checkAnswerSchema,
  /** What followed from it; `off` when nothing did. */
  action: checkActionSchema,
  /** What was asked and the exact answers, or why it could not be asked. */
  evidence: z.array(z.string()),
  /** Milliseconds. */
  took: z.number().int(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

/** A check that does not work at present. */
export const checkTroubleSchema = z.object({
  check: checkNameSchema,
  /** Messages and connections that went on without its answer since then. */
  skipped: z.number().int(),
  /** UTC ms. */
  since: z.number().int(),
  words: z.string(),
});
export type CheckTrouble = z.infer<typeof checkTroubleSchema>;

/** What each check asks, in words for the screen. */
export const checkWords: Readonly<Record<CheckName, { name: string; question: string }>> = {
  blocklists: { name: 'Blocklists', question: 'Do public lists know the sending machine as bad?' },
  'reverse-name': {
    name: 'Reverse name',
    question: 'Does the sending machine’s address have a name that leads back to it?',
  },
  spf: { name: 'SPF', question: 'May this machine send for the envelope sender’s domain?' },
  dkim: { name: 'DKIM', question: 'Is the message signed, and unchanged since?' },
  dmarc: { name: 'DMARC', question: 'Does the domain in From: stand behind this message?' },
  arc: { name: 'ARC', question: 'Is the chain of those who passed it on unbroken?' },
  rspamd: { name: 'Rspamd', question: 'Does Rspamd think that it is spam?' },
  clamav: { name: 'ClamAV', question: 'Does ClamAV find malware in it?' },
};
