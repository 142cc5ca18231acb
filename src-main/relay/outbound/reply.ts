// Reads SMTP replies off the wire, and says what they mean for the mail.
import { classifyReply } from '../../../shared/replies/classify.ts';
import type { Cause } from '../../../shared/cause.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Stage } from './session.ts';

/** Reads a reply, of one line or several (RFC 5321 §4.2.1), into code, enhanced code (RFC 3463) and text. */
export function parseReply(raw: string): Reply {
  let code = 0;
  let enhanced: string | null = null;
  const words = raw.split(/\r?\n/).map((line) => {
    const match = /^(\d{3})(?:[ -]|$)(?:([245]\.\d{1,3}\.\d{1,3})(?:\s+|$))?(.*)$/s.exec(line);
    if (!match) return line;
    code = Number(match[1]);
    enhanced ??= match[2] ?? null;
    return match[3] ?? '';
  });
  return { code, enhanced, text: words.join(' ').trim().slice(0, 1000) };
}

/** Stands for a reply that never came. */
export function noReply(words: string): Reply {
  return { code: 0, enhanced: null, text: words };
}

export interface Meaning {
  outcome: 'delivered' | 'deferred' | 'refused';
  cause: Cause | null;
}

/** What a reply means for one recipient. No answer, and answers that are no answers, mean: try again. */
export function meaningOf(reply: Reply, stage: Stage): Meaning {
  if (reply.code >= 200 && reply.code < 300) return { outcome: 'delivered', cause: null };
  if (reply.code === 0) return { outcome: 'deferred', cause: 'connection-failed' };
  const { cause } = classifyReply(reply, { stage });
  // The basic code alone decides whether the server wants to see the message again (RFC 5321 §4.2.1).
  return { outcome: reply.code >= 500 && reply.code < 600 ? 'refused' : 'deferred', cause };
}
