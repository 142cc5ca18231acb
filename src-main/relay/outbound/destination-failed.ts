// A destination that could not be used at all, or not to the end, and how far it was got with.
import type { Reply } from '../../../shared/message.ts';
import type { Transcript } from '../transcript.ts';
import { noReply } from './reply.ts';
import type { Answer } from './session.ts';

export type Stage = 'connect' | 'starttls' | 'mail' | 'rcpt' | 'message';

/**
 * How it failed, where that says what to do next. `hung-up-on-ehlo`: HELO may do; `tls-hung`: the handshake did not end; `out-of-step`:
 * the server's replies did not fit what was said to it, and nothing was sent; `broke`: the connection ended over a message that the server
 * cannot have whole; `lost`: it ended after the whole message, before the answer.
 */
export type Manner = 'hung-up-on-ehlo' | 'tls-hung' | 'out-of-step' | 'broke' | 'lost';

export class DestinationFailed extends Error {
  readonly reply: Reply;
  readonly stage: Stage;
  readonly transcript: Transcript;
  readonly manner: Manner | null;
  /** What was said to each recipient all the same, in the order of the letter's recipients; undefined for those without an answer. */
  readonly answers: readonly (Answer | undefined)[];
  constructor(
    words: string,
    reply: Reply | null,
    stage: Stage,
    transcript: Transcript,
    manner: Manner | null = null,
    answers: readonly (Answer | undefined)[] = [],
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
