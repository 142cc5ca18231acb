// What a server's reply means: text first, then the enhanced code, then the code. docs/replies.md has every cause's meaning.
import { z } from 'zod';
import { type Cause, causeSchema } from '../cause.ts';
import type { Reply } from '../message.ts';
import { causeOfCode, causeOfEnhanced } from './codes.ts';
import { residential } from './conditions.ts';
import { near, says, words } from './grammar.ts';
import { type ReplyRule, meanings, specialMeanings, weakMeanings } from './meanings.ts';
import { firstClause, read, type ReplyReading, type Stage, withoutAdvice } from './reading.ts';
import { causeOfServiceCode } from './services.ts';
import { softwareOf } from './software.ts';
import { linkWords, list, loop, reputation, senderAuthentication } from './topics.ts';
import { attachment, content, form, policy, spam, virus } from './trouble.ts';
import { forever, later, recipient, sender } from './vocabulary.ts';

export type { Stage } from './reading.ts';

/**
 * What a reply is about, as far as its words tell: this message (its content, its sender, its size), this recipient, or the
 * server (its trouble, or what it has against us), which is the same for every message. `unclear` is no ground to treat other
 * mail differently.
 */
export const aboutSchema = z.enum(['message', 'recipient', 'server', 'unclear']);
export type About = z.infer<typeof aboutSchema>;

export const classificationSchema = z.object({
  cause: causeSchema,
  about: aboutSchema,
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
/** What makes 5.1.1 doubtful: it was given to something else than an unknown user. */
const doubtful = says(
  later,
  policy,
  sender,
  words('quota*, limit*, licen*, sending, permission*, no right*, check failed, timed out'),
);
/** Limits on what one recipient receives, not on what we send. */
const recipientLimit = near(
  recipient,
  words('receiving, receives, receive, received, receipt, message rate, per mailbox, thread limit, empfängt'),
  40,
);

function aboutOf(
  reading: ReplyReading,
  cause: Cause,
  decidedBy: Classification['decidedBy'],
  rule: string,
): About {
  switch (cause) {
    case 'content-rejected':
    case 'message-too-large':
    case 'sender-rejected':
    case 'loop':
    case 'greylisted':
      return 'message';
    case 'user-unknown':
    case 'mailbox-full':
      return 'recipient';
    case 'other':
      return 'unclear';
    case 'rate-limited':
      // RFC 3463 §3.3: x.2.x speaks of one mailbox.
      return reading.enhanced?.slice(1, 4) === '.2.' || recipientLimit(reading) !== null
        ? 'recipient'
        : 'server';
    case 'server-busy':
      // "450 try this one later" may be said of this message; 421 ends the service for all (RFC 5321 §3.8).
      if (decidedBy === 'code' || rule === 'later' || rule === 'passing')
        return reading.code === 421 ? 'server' : 'unclear';
      if (reading.enhanced?.slice(1, 4) === '.2.' || rule === 'verification-pending') return 'recipient';
      return 'server';
    default:
      return 'server';
  }
}

const contentWords = says(spam, virus, attachment, content, form, linkWords, senderAuthentication);
const blamesOther = says(list, reputation, residential, loop);

/**
 * The first clause of a final refusal that says what was wrong with the message, or with who signed it: what follows tells of
 * scores, names, limits and logins, and none of them is the reason. Not where it goes on to blame our address, or a loop.
 */
function contentFound(reading: ReplyReading): ReplyReading | null {
  if (reading.code === null || reading.code < 500) return null;
  const clauses = firstClause(reading);
  if (clauses === null || contentWords(clauses.first) === null || blamesOther(clauses.rest) !== null)
    return null;
  return clauses.first;
}

function decide(
  raw: string,
  given: { code?: number; enhanced?: string | null; stage?: Stage },
): Classification {
  const reading = read(raw);
  if (given.code !== undefined && given.code !== 0) reading.code = given.code;
  if (given.enhanced !== undefined && given.enhanced !== null) reading.enhanced = given.enhanced;
  const { code, enhanced } = reading;
  const stage = given.stage ?? reading.stage;
  /** Temporary by code, else by enhanced code's class, else by words of time, else by meaning. */
  const isTemporary = (byMeaning: boolean): boolean => {
    if (code !== null) return code >= 400 && code < 500;
    if (enhanced !== null) return enhanced.startsWith('4');
    if (finalWords(reading) !== null) return false;
    return byMeaning || laterWords(reading) !== null;
  };

  const answer = (
    cause: Cause,
    decidedBy: Classification['decidedBy'],
    rule: string,
    { byMeaning = false, evidence = '' } = {},
  ): Classification => {
    // No recipient was named yet: whom the server does not know is the sender.
    const told = cause === 'user-unknown' && given.stage === 'mail' ? 'sender-rejected' : cause;
    return {
      cause: told,
      about: aboutOf(reading, told, decidedBy, rule),
      temporary: isTemporary(byMeaning),
      software: softwareOf(reading.source),
      decidedBy,
      rule,
      evidence,
      code,
      enhanced,
    };
  };
  const byWords = (rules: readonly ReplyRule[], said: ReplyReading): Classification | null => {
    for (const { rule, cause, temporary, holds } of rules) {
      const span = holds(said);
      if (span !== null)
        return answer(cause, 'text', rule, { byMeaning: temporary, evidence: reading.quote(span) });
    }
    return null;
  };
  const found = contentFound(reading);
  const verdict = found === null ? null : byWords(specialMeanings, found);
  if (verdict?.cause === 'content-rejected' || verdict?.rule === 'sender-authentication') return verdict;
  // What is advised is a reason only where the rest of the reply gives none.
  const plain = withoutAdvice(reading);
  const certain = (plain === null ? null : byWords(specialMeanings, plain)) ?? byWords(meanings, reading);
  if (certain !== null) return certain;
  const byService = causeOfServiceCode(reading.source);
  if (byService !== null) return answer(byService, 'code', 'service-code');
  let byEnhanced = enhanced === null ? null : causeOfEnhanced(enhanced, code, stage);
  // "550 5.1.1 Try again later", "552 5.1.1 policy error": whichever is wrong, the user is not known to be unknown.
  if (byEnhanced === 'user-unknown' && doubtful(reading) !== null) byEnhanced = null;
  if (enhanced !== null && byEnhanced !== null)
    return answer(byEnhanced, 'enhanced-code', `enhanced-${enhanced}`);
  const likely = byWords(weakMeanings, reading);
  if (likely !== null) return likely;
  const lookUp = given.code === 0 ? 0 : code;
  const byCode = lookUp === null ? null : causeOfCode(lookUp, stage);
  if (byCode !== null) return answer(byCode, 'code', `code-${lookUp ?? 0}`, { byMeaning: true });
  // With no code and no words that we know there is no answer to act on; trying again loses nothing.
  return answer('other', 'none', 'none', { byMeaning: true });
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
