// What a lane tells, and asks, while it delivers a domain's mail.
import type { Cause } from '../../../shared/cause.ts';
import type { MessageState, Reply } from '../../../shared/message.ts';
import type { Word } from '../policy/learned.ts';
import type { DueMessage, Learned, Lesson, RecipientOutcome } from '../spool/spool.ts';

export interface LaneEvents {
  /** What a server's answers teach about the domain's recipients; written with the outcome, and its result given to `learned`. */
  lesson: (domain: string, words: Word[], serverAddress: string | null) => Lesson | null;
  learned: (learned: Learned) => void;
  /** When a sender is to be told of what is refused or given up now, UTC ms. */
  bounceAt: () => number;
  /** Whether mail is given up when it has waited too long: not while the clock may be wrong. */
  givesUp: () => boolean;
  settled: (message: DueMessage, state: MessageState, results: RecipientOutcome[], domain: string) => void;
  health: (domain: string) => void;
  /** The server stopped taking this domain's mail; asked for by the settings (`autoHold`). Said again at every attempt. */
  stopped: (domain: string, cause: Cause, reply: Reply) => void;
  /** Held by Mailward: the server took a held message, or refused it for the message's own sake. */
  home: (domain: string) => void;
  trouble: (words: string) => void;
}
