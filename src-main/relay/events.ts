// What happens to mail on its way, for everybody who wants to know: engine/assemble.ts says who follows which.
import type { Cause } from '../../shared/cause.ts';
import type { MessageState, Reply } from '../../shared/message.ts';
import type { Fault, Note } from '../events/fault.ts';
import type { DueMessage, Learned, NewMessage, RecipientOutcome } from './spool/spool.ts';

export interface RelayEvents {
  /**
   * A message is in the spool: a sender's, or a bounce that we made ourselves (`own`). `content` is there when it is small enough to be in
   * memory still.
   */
  accepted: { message: NewMessage; content: Buffer | null; own: boolean };
  /** A transaction, or a connection that got nowhere, was refused at the door. */
  rejected: { message: NewMessage };
  /** What an attempt came to is on disk. `domain`: whose own server it was, or to whom a bounce went; null for another server. */
  settled: { message: DueMessage; state: MessageState; results: RecipientOutcome[]; domain: string | null };
  /** Messages were changed in the spool otherwise than by an attempt: by the clock, by an admin, by what became of a bounce. */
  changed: { ids: number[] };
  /** The clock gave messages up. */
  expired: { ids: number[] };
  /** What a server's words about recipients came to on disk. */
  learned: Learned;
  /** A domain's server is in trouble, in another, or out of it. */
  serverState: { domain: string };
  /** A domain's server stopped taking its mail; asked for by the settings (`autoHold`). Told again at every attempt. */
  stopped: { domain: string; cause: Cause; reply: Reply };
  /** A domain is held by Mailward, and its server took a held message, or refused it for the message's own sake. */
  recovered: { domain: string };
  /** A server's name leads elsewhere; `before` is empty when nothing was known of it. */
  moved: { host: string; before: string[]; after: string[] };
  /** The listener, or a filter, is in another state. */
  doorState: null;
  fault: Fault;
  note: Note;
}
