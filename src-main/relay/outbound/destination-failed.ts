// A destination that could not be used at all, and how far it was got with.
import type { Reply } from '../../../shared/message.ts';
import type { Transcript } from '../transcript.ts';
import { noReply } from './reply.ts';

export type Stage = 'connect' | 'starttls' | 'mail' | 'rcpt' | 'message';

/** The destination could not be used at all; says nothing about the message. */
export class DestinationFailed extends Error {
  readonly reply: Reply;
  readonly stage: Stage;
  readonly transcript: Transcript;
  constructor(words: string, reply: Reply | null, stage: Stage, transcript: Transcript) {
    super(words);
    this.reply = reply ?? noReply(words);
    this.stage = stage;
    this.transcript = transcript;
  }
}
