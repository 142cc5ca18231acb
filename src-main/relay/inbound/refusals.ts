// Recipients refused in a transaction: what the log keeps of those who never got as far as a message.
import type { Reply } from '../../../shared/message.ts';
import { readMailbox, type Mailbox } from '../mail/mailbox.ts';
import type { NewRecipient } from '../spool/spool.ts';

export interface Refusal {
  mailbox: Mailbox;
  reply: Reply;
}

/** Those of one transaction. */
export class Refusals {
  readonly list: Refusal[] = [];

  /** A client that tries a thousand addresses fills no log. */
  add(address: string, reply: Reply): void {
    if (this.list.length < 20)
      this.list.push({ mailbox: readMailbox(address) ?? { address, domain: '' }, reply });
  }
}

export function toRejected({ mailbox, reply }: Refusal): NewRecipient {
  return { ...mailbox, state: 'rejected', heldBy: null, cause: null, reply };
}

/** The reverse-path with its domain as A-labels; kept as it is when the domain is not a name. */
export function cleanSender(address: string): string {
  return readMailbox(address)?.address ?? address;
}
