// Says what SMTP replies mean for the mail.
import { classifyReply, type About } from '../../../shared/replies/classify.ts';
import type { Cause } from '../../../shared/cause.ts';
import type { Reply } from '../../../shared/message.ts';
import type { DeliveryStage } from './session.ts';

export { noReply, parseReply } from '../../../shared/replies/parse-reply.ts';

export interface ReplyConsequence {
  outcome: 'delivered' | 'deferred' | 'refused';
  cause: Cause | null;
  /** What it is about, as far as its words tell; left out where no reply says. */
  about?: About;
}

/**
 * Causes that say something about the server or about us, not about one message or recipient. However final the server
 * puts it, the message is none the worse for it: it waits until someone has mended the server, or it expires.
 */
const SERVER_CAUSES: ReadonlySet<Cause> = new Set<Cause>([
  'relay-denied',
  'rate-limited',
  'greylisted',
  'blocklisted',
  'tls-required',
  'auth-required',
  'auth-failed',
  'server-busy',
  'ptr-missing',
  'connection-failed',
]);

/**
 * Whether something is the server's (or ours towards it), and so the same for every message. Greylisting passes by itself, and
 * "try again later" may be said of one message alone.
 */
export function isAboutServer({ cause, about }: ReplyConsequence): boolean {
  if (cause === null || cause === 'greylisted' || about === 'message' || about === 'recipient') return false;
  if (cause === 'server-busy' && about === 'unclear') return false;
  return SERVER_CAUSES.has(cause);
}

/** What a reply means for one recipient. No answer, and answers that are no answers, mean: try again. */
export function meaningOf(reply: Reply, stage: DeliveryStage): ReplyConsequence {
  if (reply.code >= 200 && reply.code < 300) return { outcome: 'delivered', cause: null };
  // Whatever words it was refused with, or none: there is no encryption to be had.
  if (stage === 'starttls') return { outcome: 'deferred', cause: 'tls-required' };
  if (reply.code === 0) return { outcome: 'deferred', cause: 'connection-failed' };
  const { cause, about } = classifyReply(reply, { stage });
  // "Bad sequence of commands" is about the conversation: the recipient and the message have no part in it.
  if (reply.code === 503 && cause === 'other') return { outcome: 'deferred', cause, about };
  // The code says whether the server wants to see the message again (RFC 5321 §4.2.1), where it is about the message.
  const forGood = reply.code >= 500 && reply.code < 600 && !SERVER_CAUSES.has(cause);
  return { outcome: forGood ? 'refused' : 'deferred', cause, about };
}
