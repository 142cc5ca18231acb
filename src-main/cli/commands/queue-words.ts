// What the queue's commands share: how ids and states are read.
import type { MessageState } from '../../../shared/message.ts';
import { Ended, EXIT } from '../context.ts';

/** Mail that waits for something or somebody. */
export const WAITING: MessageState[] = ['queued', 'held', 'refused', 'expired'];

/** Quarantined mail is listed and let go only when it is asked for by name. */
export const LISTED: MessageState[] = [...WAITING, 'quarantined'];

/** What ids look like; whether there is such a message the engine knows. */
export function readId(text: string): string {
  if (!/^[0-9a-z]{1,11}$/i.test(text))
    throw new Ended(EXIT.usage, `"${text}" is not a message id; \`mailward queue list\` shows them`);
  return text;
}

export function readState(text: string): MessageState {
  const found = LISTED.find((state) => state === text);
  if (!found)
    throw new Ended(EXIT.usage, `"${text}" is not a state of waiting mail; expected ${LISTED.join(', ')}`);
  return found;
}
