// A destination that could not be used at all, or not to the end: how far it was got with, and why, in words for the admin.
import type { Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Transcript } from './transcript.ts';
import { noReply } from './reply-meaning.ts';
import type { RecipientReply } from './session.ts';

export type DeliveryStage = 'connect' | 'starttls' | 'mail' | 'rcpt' | 'message';

/**
 * How it failed, where that says what to do next. `hung-up-on-ehlo`: HELO may do; `tls-hung`: the handshake did not end; `out-of-step`:
 * the server's replies did not fit what was said to it, and nothing was sent; `broke`: the connection ended over a message that the server
 * cannot have whole; `lost`: it ended after the whole message, before the answer.
 */
export type FailureKind = 'hung-up-on-ehlo' | 'tls-hung' | 'out-of-step' | 'broke' | 'lost';

export class DestinationFailed extends Error {
  readonly reply: Reply;
  readonly stage: DeliveryStage;
  readonly transcript: Transcript;
  readonly manner: FailureKind | null;
  /** What was said to each recipient all the same, in the order of the letter's recipients; undefined for those without an answer. */
  readonly answers: readonly (RecipientReply | undefined)[];
  constructor(
    words: string,
    reply: Reply | null,
    stage: DeliveryStage,
    transcript: Transcript,
    manner: FailureKind | null = null,
    answers: readonly (RecipientReply | undefined)[] = [],
  ) {
    super(words);
    this.reply = reply ?? noReply(words);
    this.stage = stage;
    this.transcript = transcript;
    this.manner = manner;
    this.answers = answers;
  }
}

/** Whether what failed may be at the server all the same. */
export function isLost(failure: Error | null): boolean {
  return failure instanceof DestinationFailed && failure.manner === 'lost';
}

/** What the server said last; null when it said nothing. */
export function explainReply(reply: string | null, destination: Destination): string | null {
  if (reply === null) return null;
  const lines = reply.split('\n');
  const first = lines.find((line) => /^\d{3}/.test(line)) ?? lines[0];
  return `${destination.host} port ${destination.port} answered: ${first ?? ''}`;
}

/** What the system said. */
export function explain(error: NodeJS.ErrnoException, destination: Destination): string {
  const where = `${destination.host} port ${destination.port}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `${where} refused the connection: nothing listens there`;
    case 'ETIMEDOUT':
      return `${where} did not answer in time`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no way to ${where}: the network says it cannot be reached`;
    case 'EADDRNOTAVAIL':
      return `cannot use the source address ${destination.sourceAddress ?? ''}: this machine does not have it`;
    case 'ENOTFOUND':
    case 'EDNS':
    case 'ENODATA':
    case 'ESERVFAIL':
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return `the name ${destination.host} could not be looked up (${error.message})`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${where} closed the connection without a word`;
    default:
      return `${where}: ${error.message}`;
  }
}
