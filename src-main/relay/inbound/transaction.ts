// One SMTP transaction (RFC 5321 §3.3): what was said since MAIL. It ends once: accepted, refused or abandoned.
import type { Reply } from '../../../shared/message.ts';
import type { ClientScreening } from '../policy/filters/screening.ts';
import type { MailCommand } from './command.ts';
import { cleanSender, Refusals } from './refusals.ts';

/**
 * How a transaction ended. Accepted and refused are what its message was answered, 2yz or else; abandoned means that none was
 * answered: RSET, EHLO, STARTTLS, or the end of the connection came first.
 */
export type TransactionOutcome = 'accepted' | 'refused' | 'abandoned';

/** What is known of a message's form once all of it is here. */
export interface MessageForm {
  /** It has octets above 127. */
  eightBit: boolean;
  /** Its header section has octets beyond ASCII. */
  headerInternational: boolean;
}

/** Takes one message: made by acceptance.ts, which judges and stores it; its content is gathered in policy/filters/gathering.ts. */
export interface MessageSink {
  /** Takes its octets as they come. A promise holds the client back until they are stored. */
  readonly content: { write: (octets: Buffer) => Promise<void> | undefined };
  /** The end of data: answers the reply to give. */
  end: (form: MessageForm) => Reply | Promise<Reply>;
  /** It was refused for its form, and `end` is not called: that is logged, and what was written forgotten. */
  refuse: (reply: Reply, headerInternational: boolean) => void;
  /** Forgets what was written. May be called again. */
  abort: () => void;
}

export class Transaction {
  /** The reverse-path, its domain as A-labels; empty for the null path. */
  readonly sender: string;
  /** Octets, as MAIL declared them; null when it did not. */
  readonly size: number | null;
  /** The client asked for the message to be handled as RFC 6531 says. */
  readonly smtpUtf8: boolean;
  /** Forward-paths that were welcome, in the order they came. */
  readonly recipients = new Set<string>();
  readonly refusals = new Refusals();
  /** What the filters know of this client: it outlives the transaction, and belongs to the connection. */
  readonly visit: ClientScreening;
  /** Where its message goes; null before DATA. */
  sink: MessageSink | null = null;
  readonly #ended: (transaction: Transaction, outcome: TransactionOutcome) => void;
  #isComplete = false;
  #isOver = false;

  /** @param ended is called once, with how it ended. */
  constructor(
    { path, size, smtpUtf8 }: MailCommand,
    visit: ClientScreening,
    ended: (transaction: Transaction, outcome: TransactionOutcome) => void,
  ) {
    this.sender = cleanSender(path.address);
    this.size = size;
    this.smtpUtf8 = smtpUtf8;
    this.visit = visit;
    this.#ended = ended;
  }

  /**
   * All of the message is here and is being judged and stored. From now on only its reply ends the transaction: a client that
   * goes away does not undo it, and may send the message again.
   */
  complete(): void {
    this.#isComplete = true;
  }

  /** The reply to its message is known. */
  answered(reply: Reply): void {
    this.#end(reply.code < 300 ? 'accepted' : 'refused');
  }

  /** The client, or the end of the connection, gives it up. Nothing happens once the message is complete. */
  abandon(): void {
    if (!this.#isComplete) this.fail();
  }

  /** There will be no reply to its message: something of ours went wrong. */
  fail(): void {
    if (this.#isOver) return;
    this.sink?.abort();
    this.#end('abandoned');
  }

  #end(outcome: TransactionOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended(this, outcome);
  }
}
