// One way out for mail: where it goes, whether it may go now, and what becomes of what was said there.
//
// There are three kinds, and a lane (lane.ts) knows none of them: a domain's own (domain-way.ts), another server that an admin sent
// mail to (reroutes.ts), and a stranger's mail servers, for bounces (bounce-routes.ts).
import type { Route } from '../../../shared/domain.ts';
import type { MessageState } from '../../../shared/message.ts';
import type { WayKey } from '../../storage/operations/spool.ts';
import type { DueMessage, RecipientOutcome } from '../spool/spool.ts';
import type { RecipientResult } from './outcome.ts';
import type { ServerWatch } from './server-watch.ts';

export interface Way {
  /** The domain, or words for the log. */
  readonly name: string;
  /** What is on this way, as the spool tells it. */
  readonly key: WayKey;
  readonly route: () => Route;
  /** Whether mail may go now: a domain's does not while it is on hold. */
  readonly mayGo: () => boolean;
  /** Whether mail is given up that has waited too long. */
  readonly expires: boolean;
  /** Whether what is said there teaches about the domain's recipients. */
  readonly teaches: boolean;
  /** What is known of the server at its end. */
  readonly server: ServerWatch;
  /** What became of an attempt is on disk. */
  readonly onOutcome: (outcome: WayOutcome) => void;
}

export interface WayOutcome {
  message: DueMessage;
  /** The message's, after the attempt. */
  state: MessageState;
  results: RecipientOutcome[];
  /** What was said of those recipients who were answered. */
  answers: readonly RecipientResult[];
  /** The server refuses everybody: no message would have done better. */
  refusing: boolean;
}
