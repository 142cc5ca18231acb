// The rules in order of meaning: the first that holds decides. docs/replies.md says why the order is what it is.
import type { Cause } from '../cause.ts';
import type { Condition } from './grammar.ts';
import { messageMeanings } from './meanings-message.ts';
import { recipientMeanings } from './meanings-recipient.ts';
import { sessionMeanings } from './meanings-session.ts';

export interface ReplyRule {
  /** Short and stable: logs and tests name it. */
  rule: string;
  cause: Cause;
  /** What the meaning implies where there is no code; "later", "permanent" and the like overrule it. */
  temporary: boolean;
  holds: Condition;
  /** Says little more than that mail was refused or did not arrive: advice in the same reply may tell why. */
  general?: true;
}

/** What is said in so many words beats what is only implied, and the special beats the general. */
export const meanings: readonly ReplyRule[] = [...sessionMeanings, ...messageMeanings, ...recipientMeanings];

/** Those that stand even where the reply goes on with advice that speaks of other things. */
export const specialMeanings: readonly ReplyRule[] = meanings.filter(({ general }) => general !== true);

export { weakMeanings } from './meanings-recipient.ts';
