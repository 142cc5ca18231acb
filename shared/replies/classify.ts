// What a server's reply means: text first, then the enhanced code, then the code. docs/replies.md has every cause's meaning.
import { z } from 'zod';
import { causeSchema } from '../cause.ts';
import type { Reply } from '../message.ts';
import { causeOfCode, causeOfEnhanced } from './codes.ts';
import { says } from './grammar.ts';
import { type Meaning, meanings, specialMeanings, weakMeanings } from './meanings.ts';
import { read, type Reading, type Stage, withoutAdvice } from './reading.ts';
import { causeOfServiceCode } from './services.ts';
import { softwareOf } from './software.ts';
import { policy } from './trouble.ts';
import { forever, later } from './vocabulary.ts';

export type { Stage } from './reading.ts';

export const classificationSchema = z.object({
  cause: causeSchema,
  /** Whether the same message may succeed later. A reply code decides; without one the meaning does. */
  temporary: z.boolean(),
  /** The server's software or service where the text shows it, e.g. `postfix`, `microsoft365`. */
  software: z.string().nullable(),
  decidedBy: z.enum(['text', 'enhanced-code', 'code', 'none']),
  /** A short stable name of the rule that decided. */
  rule: z.string(),
  /** The words that decided, as the server wrote them; empty when a code did. */
  evidence: z.string(),
  /** SMTP reply code; null when the text has none. */
  code: z.number().int().nullable(),
  /** Enhanced code (RFC 3463); null when the text has none. */
  enhanced: z.string().nullable(),
});
export type Classification = z.infer<typeof classificationSchema>;

const finalWords = says(forever);
const laterWords = says(later);
const policyWords = says(policy);

function decide(
  raw: string,
  given: { code?: number; enhanced?: string | null; stage?: Stage },
): Classification {
  const reading = read(raw);
  if (given.code !== undefined && given.code !== 0) reading.code = given.code;
  if (given.enhanced !== undefined && given.enhanced !== null) reading.enhanced = given.enhanced;
  const { code, enhanced } = reading;
  const stage = given.stage ?? reading.stage;
  const common = { software: softwareOf(reading.source), code, enhanced };
  /** Temporary by code, else by enhanced code's class, else by words of time, else by meaning. */
  const isTemporary = (byMeaning: boolean): boolean => {
    if (code !== null) return code >= 400 && code < 500;
    if (enhanced !== null) return enhanced.startsWith('4');
    if (finalWords(reading) !== null) return false;
    return byMeaning || laterWords(reading) !== null;
  };

  const byWords = (rules: readonly Meaning[], words: Reading): Classification | null => {
    for (const { rule, cause, temporary, holds } of rules) {
      const span = holds(words);
      if (span === null) continue;
      return {
        cause,
        temporary: isTemporary(temporary),
        ...common,
        decidedBy: 'text',
        rule,
        evidence: reading.quote(span),
      };
    }
    return null;
  };
  // What is advised is a reason only where the rest of the reply gives none.
  const plain = withoutAdvice(reading);
  const certain = (plain === null ? null : byWords(specialMeanings, plain)) ?? byWords(meanings, reading);
  if (certain !== null) return certain;
  const byService = causeOfServiceCode(reading.source);
  if (byService !== null) {
    return {
      cause: byService,
      temporary: isTemporary(false),
      ...common,
      decidedBy: 'code',
      rule: 'service-code',
      evidence: '',
    };
  }
  let byEnhanced = enhanced === null ? null : causeOfEnhanced(enhanced, code, stage);
  // "550 5.1.1 Try again later": whichever is wrong, the user is not known to be unknown.
  if (byEnhanced === 'user-unknown' && (laterWords(reading) ?? policyWords(reading)) !== null) byEnhanced = null;
  if (enhanced !== null && byEnhanced !== null) {
    return {
      cause: byEnhanced,
      temporary: isTemporary(false),
      ...common,
      decidedBy: 'enhanced-code',
      rule: `enhanced-${enhanced}`,
      evidence: '',
    };
  }
  const likely = byWords(weakMeanings, reading);
  if (likely !== null) return likely;
  const lookUp = given.code === 0 ? 0 : code;
  const byCode = lookUp === null ? null : causeOfCode(lookUp, stage);
  if (byCode !== null) {
    return {
      cause: byCode,
      temporary: isTemporary(true),
      ...common,
      decidedBy: 'code',
      rule: `code-${lookUp ?? 0}`,
      evidence: '',
    };
  }
  // With no code and no words that we know there is no answer to act on; trying again loses nothing.
  return {
    cause: 'other',
    temporary: isTemporary(true),
    ...common,
    decidedBy: 'none',
    rule: 'none',
    evidence: '',
  };
}

/**
 * Classifies a reply's raw text as found in logs, bounces and SMTP sessions: one line or several, with or without codes, with or
 * without a `smtp;` in front. Pure, never throws, linear in the text's length (read to 8,192 characters).
 */
export function classify(text: string): Classification {
  return decide(text, {});
}

/**
 * Classifies a reply of a session. The stage (which command it answers) helps only where neither words nor an enhanced code say
 * enough. A code of 0 means that no answer came.
 */
export function classifyReply(reply: Reply, context: { stage?: Stage } = {}): Classification {
  return decide(reply.text, { code: reply.code, enhanced: reply.enhanced, ...context });
}

/**
 * Whether the server said for good that this recipient does not exist: what may count against a learned recipient.
 * Leaves out what another relay has only learned itself, so that two of them cannot keep each other's entries alive.
 */
export function isUnknownUser({ cause, temporary, rule }: Classification): boolean {
  return cause === 'user-unknown' && !temporary && rule !== 'learned-recipient';
}
