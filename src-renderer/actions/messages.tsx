// What can be done with messages: one on its page, or those selected in the queue.
import {
  IconClockPlay,
  IconDownload,
  IconMail,
  IconPlayerPause,
  IconPlayerPlay,
  IconRouteAltLeft,
  IconTrash,
} from '@tabler/icons-react';
import type { Selection } from '../../shared/contract/index.ts';
import type { MessageState } from '../../shared/message.ts';
import { counted } from '../format.ts';
import { RerouteForm } from '../parts/reroute-form.tsx';
import type { Action, Outcome } from './action.ts';

/** How mail is that an action is about: a message as it is for one of its recipients. */
export interface Standing {
  state: MessageState;
  /** It is being sent via another server. */
  rerouted: boolean;
  /** It is held with all mail of its domain, and goes out with that alone. */
  withDomain: boolean;
}

export interface OnMessages {
  selection: Selection;
  /** How many messages that are. */
  count: number;
  /** All that is among them. */
  standings: readonly Standing[];
  /** Their content is here. */
  hasContent: boolean;
}

type QueueDeed = 'retry' | 'hold' | 'release' | 'delete';

/** What makes sense for mail that stands so. */
function possibleFor({ state, rerouted, withDomain }: Standing): readonly QueueDeed[] {
  if (rerouted) return ['retry', 'hold', 'release', 'delete'];
  switch (state) {
    case 'queued':
      return ['retry', 'hold', 'delete'];
    case 'held':
      return withDomain ? ['hold', 'delete'] : ['release', 'delete'];
    case 'quarantined':
      return ['release', 'delete'];
    case 'refused':
    case 'expired':
      return ['retry', 'delete'];
    case 'delivered':
    case 'deleted':
    case 'rejected':
      return [];
  }
}

function may(deed: QueueDeed): (on: OnMessages) => boolean {
  return ({ standings }) => standings.some((standing) => possibleFor(standing).includes(deed));
}

/** Mail that is here, so that something can be done with it. */
function isHere({ standings }: OnMessages): boolean {
  return standings.some((standing) => possibleFor({ ...standing, rerouted: false }).length > 0);
}

/** What happened to how many. */
function outcomeOf(changed: number, happened: string, more: string): Outcome {
  return changed === 0
    ? { title: 'Nothing was changed', words: 'Their state had already changed.' }
    : { title: `${counted(changed, 'message')} ${happened}`, words: more };
}

const common = { kind: 'do', failed: 'Nothing was changed', changes: 'messages' } as const;
const listed = 'The list updates as their state changes.';

const retry: Action<OnMessages> = {
  id: 'message.retry',
  icon: IconClockPlay,
  word: () => 'Try again now',
  applies: may('retry'),
  deed: {
    ...common,
    run: async ({ selection }, { client }) =>
      outcomeOf((await client.queue.retry(selection)).count, 'tried again now', listed),
  },
};

const hold: Action<OnMessages> = {
  id: 'message.hold',
  icon: IconPlayerPause,
  word: () => 'Hold',
  applies: may('hold'),
  deed: {
    ...common,
    run: async ({ selection }, { client }) =>
      outcomeOf((await client.queue.hold(selection)).count, 'held until you release it', listed),
  },
};

const release: Action<OnMessages> = {
  id: 'message.release',
  icon: IconPlayerPlay,
  word: ({ standings }) => (standings.some(({ rerouted }) => rerouted) ? 'Back to your server' : 'Release'),
  applies: may('release'),
  deed: {
    ...common,
    run: async ({ selection }, { client }) => {
      const { count } = await client.queue.release(selection);
      return count === 0
        ? {
            title: 'Nothing was changed',
            words:
              'It is no longer held, or it is held with all mail of its domain: set the domain to deliver instead.',
          }
        : outcomeOf(count, 'released and on its way', listed);
    },
  },
};

const reroute: Action<OnMessages> = {
  id: 'message.reroute',
  icon: IconRouteAltLeft,
  word: () => 'Send via another server…',
  applies: (on) => on.hasContent && isHere(on),
  deed: {
    kind: 'ask',
    title: ({ count }) => `Send ${counted(count, 'message')} via another server`,
    form: ({ selection, count }, closing) => (
      <RerouteForm selection={selection} count={count} closing={closing} />
    ),
  },
};

const remove: Action<OnMessages> = {
  id: 'message.delete',
  icon: IconTrash,
  word: () => 'Delete…',
  applies: may('delete'),
  danger: true,
  deed: {
    ...common,
    asks: ({ count }) => ({
      title: `Delete ${counted(count, 'message')}?`,
      words:
        'This cannot be undone: the content is removed from this machine, and neither the sender nor the recipient is notified. Only the entry in the message log stays.',
      yes: `Delete ${counted(count, 'message')}`,
      no: 'Keep',
    }),
    run: async ({ selection }, { client }) =>
      outcomeOf(
        (await client.queue.delete(selection)).count,
        'deleted',
        'Their entries stay in the message log.',
      ),
  },
};

/** One message as an `.eml` file, several in one `.zip`. */
const exportAll: Action<OnMessages> = {
  id: 'message.export',
  icon: IconDownload,
  word: ({ count }) => (count === 1 ? 'Export as .eml' : 'Export as .zip'),
  applies: ({ hasContent }) => hasContent,
  deed: {
    kind: 'do',
    failed: 'Nothing was exported',
    run: async ({ selection }, { client, save }) => {
      const only = 'ids' in selection && selection.ids.length === 1 ? selection.ids[0] : undefined;
      const file =
        only === undefined
          ? await client.messages.exportAll(selection)
          : await client.messages.export({ id: only });
      const usual = only === undefined ? 'messages.zip' : `message-${only}.eml`;
      await save(file.name === '' || file.name === 'blob' ? usual : file.name, file);
      return null;
    },
  },
};

export const messageActions = { retry, hold, release, reroute, delete: remove, export: exportAll };

export const openMessage: Action<{ id: string }> = {
  id: 'message.open',
  icon: IconMail,
  word: () => 'Open the message',
  key: 'Enter',
  deed: { kind: 'go', to: ({ id }) => ({ to: '/message/$id', params: { id } }) },
};

/** What can be done with the row of a list that has the focus, by its key. */
export const rowActions = [openMessage];
