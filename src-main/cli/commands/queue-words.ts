// What the queue's commands share: how ids and states are read, and why an action left messages as they were.
import type { Client, Selection } from '../../../shared/contract/index.ts';
import type { HolderOfMail } from '../../../shared/holding.ts';
import type { MessageDetail, MessageState } from '../../../shared/message.ts';
import { typed } from '../invocation.ts';
import { Ended, EXIT, type Reached } from '../context.ts';
import { readHolds, type Holds } from '../holds.ts';

/** Mail that waits for something or somebody. */
export const WAITING: MessageState[] = ['queued', 'held', 'refused', 'expired'];

/** Quarantined mail is listed and released only when it is asked for by name. */
export const LISTED: MessageState[] = [...WAITING, 'quarantined'];

/** Messages counted at most: an answer's page. */
const MOST_COUNTED = 500;
/** Named messages of which is told one by one why they were left as they were. */
const MOST_NAMED = 20;

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

export function counted(count: number): string {
  return `${count} ${count === 1 ? 'message' : 'messages'}`;
}

/** `3 messages are`; `500 messages or more are` when there are more than were counted. */
export function amount(count: number, more = false): string {
  return `${counted(count)}${more ? ' or more' : ''} ${count === 1 ? 'is' : 'are'}`;
}

/** The newest messages in a state, of a domain or of all. */
export function newest(client: Client, state: MessageState, domain: string | undefined) {
  return client.messages.list({
    states: [state],
    limit: MOST_COUNTED,
    ...(domain === undefined ? {} : { domain }),
  });
}

export type QueueAction = 'retry' | 'hold' | 'release' | 'delete' | 'reroute';

/** Named messages as they were before an action: of many the first, for nobody reads more. */
export async function named(client: Client, selection: Selection): Promise<MessageDetail[]> {
  if (!('ids' in selection)) return [];
  const found = await Promise.all(
    selection.ids.slice(0, MOST_NAMED).map((id) =>
      client.messages.get({ id }).catch(() => {
        // The action itself says that there is none.
        return null;
      }),
    ),
  );
  return found.filter((one) => one !== null);
}

/** Why an action leaves a message as it is, and what to do instead; null when it does not. */
function whyLeft(action: QueueAction, row: MessageDetail, holds: Holds): string | null {
  const { id, state } = row;
  const domain = row.allRecipients.find((one) => one.state === state)?.domain ?? '';
  switch (state) {
    case 'delivered':
      return `${id} is delivered: it is not here any more`;
    case 'deleted':
      return `${id} is deleted: it is not here any more`;
    case 'rejected':
      return `${id} was rejected at the door: it never was here`;
    default:
  }
  if (action !== 'delete' && !row.hasContent)
    return `${id} cannot be sent again: its content is not stored any more`;
  if (action === 'delete' || action === 'reroute') return null;
  if (state === 'quarantined')
    return action === 'release'
      ? null
      : `${id} is in quarantine; release it with ${typed(`queue release ${id}`)}`;
  if (state !== 'held')
    return action === 'release'
      ? `${id} is not held: it is ${state}; try it again with ${typed(`queue retry ${id}`)}`
      : null;
  const { why, ends } = holds.ofMessage(row.heldBy ?? 'hand', domain, id);
  const isStuck =
    (action === 'retry' && row.heldBy !== 'reroute') ||
    (action === 'hold' && (row.heldBy === 'hand' || row.heldBy === 'repair')) ||
    (action === 'release' && row.heldBy === 'domain' && holds.ofDomain(domain) !== null);
  return isStuck ? `${id} is ${why.startsWith('held') ? why : `held: ${why}`}, ${ends}` : null;
}

/**
 * What an action on all of a domain's mail left alone, though somebody may have meant it, and what to do with that. `count`: messages
 * that it changed.
 */
async function leftOf(
  client: Client,
  action: QueueAction,
  { domain, states }: Extract<Selection, { domain: string }>,
  count: number,
  holds: Holds,
): Promise<string[]> {
  const words: string[] = [];
  const tell = async (state: MessageState, what: string, remedy: string) => {
    if (states.includes(state)) return;
    const { rows, more } = await newest(client, state, domain);
    if (rows.length > 0) words.push(`${amount(rows.length, more)} ${what}: ${remedy}`);
  };
  if (action === 'retry' || action === 'hold' || action === 'release') {
    const { rows, more } = await newest(client, 'held', domain);
    const by = (...all: HolderOfMail[]) => rows.filter(({ heldBy }) => heldBy && all.includes(heldBy)).length;
    const [withDomain, byHand, elsewhere] = [by('domain'), by('hand', 'repair'), by('reroute')];
    const hold = holds.ofMessage('domain', domain, 'ID');
    if (withDomain > 0) words.push(`${amount(withDomain, more)} held: ${hold.why}, ${hold.ends}`);
    if (byHand > 0 && action === 'retry')
      words.push(`${amount(byHand, more)} held by hand: ${typed(`queue release --domain ${domain}`)}`);
    if (elsewhere > 0 && action === 'retry')
      words.push(`${amount(elsewhere, more)} being sent to another server: ${typed('queue retry ID')}`);
  }
  if (action === 'release' && count === 0) {
    const again = typed(`queue retry --domain ${domain}`);
    await tell('queued', 'not held, and waiting for the next attempt', again);
    await tell('refused', 'not held, and refused by the server', again);
    await tell('expired', 'not held, and given up', again);
  }
  const only = action === 'release' || action === 'delete';
  await tell(
    'quarantined',
    'in quarantine',
    only
      ? `meant only with ${typed(`queue ${action} --domain ${domain} --quarantined`)}`
      : typed(`queue list --domain ${domain} --state quarantined`),
  );
  return words;
}

/** What an action on a selection left as it was, and whether what it changed goes out with its domain alone, which is on hold. */
export interface Left {
  words: string[];
  isOnHold: boolean;
}

/** Why messages that an action may have been meant for were left as they were, and what to do instead. @param before of `named`. */
export async function whatIsLeft(
  reached: Reached,
  action: QueueAction,
  selection: Selection,
  before: readonly MessageDetail[],
  count: number,
): Promise<Left> {
  const holds = await readHolds(reached);
  const goes = (action === 'retry' || action === 'release') && count > 0;
  if ('domain' in selection) {
    const hold = goes ? holds.ofDomain(selection.domain) : null;
    // With --quarantined what is in quarantine was meant, and nothing else.
    const words = selection.states.includes('quarantined')
      ? hold
        ? [`${upperFirst(hold.why)}, ${hold.ends}`]
        : []
      : await leftOf(reached.client, action, selection, count, holds);
    return { words, isOnHold: hold !== null };
  }
  const told = before.map((row) => ({ row, why: whyLeft(action, row, holds) }));
  const changed = told.filter(
    ({ row, why }) => why === null && !(action === 'retry' && row.heldBy === 'reroute'),
  );
  const onHold = goes
    ? [...new Set(changed.flatMap(({ row }) => row.domains))].flatMap((name) => holds.ofDomain(name) ?? [])
    : [];
  return {
    words: [
      ...told.flatMap(({ why }) => (why === null ? [] : [why])),
      ...onHold.map(({ why, ends }) => `${upperFirst(why)}, ${ends}`),
    ],
    isOnHold: onHold.length > 0,
  };
}

export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
