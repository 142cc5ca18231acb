// What can be done with messages that wait: each action with its words, its question where it cannot be undone, and its outcome.
import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Selection } from '../shared/contract/index.ts';
import type { MessageState } from '../shared/message.ts';
import { useEngine } from './engine.tsx';
import { counted } from './format.ts';
import { errorWords } from './words.ts';

export type ActionName = 'retry' | 'hold' | 'release' | 'delete';

const outcomes: Readonly<Record<ActionName, string>> = {
  retry: 'tried again now',
  hold: 'held until you release it',
  release: 'released and on its way',
  delete: 'deleted',
};

/** Whether mail in this state is here, so that it can be sent via another server. */
export function isHere(state: MessageState): boolean {
  return actionsFor(state, false).length > 0;
}

/**
 * Which actions make sense for a message in a state; `rerouted`: it is being sent via another server; `withDomain`: it is held with all
 * mail of its domain, and goes out with that alone.
 */
export function actionsFor(
  state: MessageState,
  rerouted: boolean,
  withDomain = false,
): readonly ActionName[] {
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

export interface MessageActions {
  busy: boolean;
  /** Does it, after a question when it cannot be undone. `count` is how many messages the selection has. */
  act: (action: ActionName, selection: Selection, count: number) => void;
}

export function useMessageActions(onDone?: (action: ActionName) => void): MessageActions {
  const { client, orpc } = useEngine();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: ({ action, selection }: { action: ActionName; selection: Selection }) =>
      client.queue[action](selection),
    onSuccess: async ({ count }, { action }) => {
      notifications.show({
        title: count === 0 ? 'Nothing was changed' : `${counted(count, 'message')} ${outcomes[action]}`,
        message:
          count === 0
            ? action === 'release'
              ? 'It is no longer held, or it is held with all mail of its domain: set the domain to deliver instead.'
              : 'Their state had already changed.'
            : action === 'delete'
              ? 'Their entries stay in the message log.'
              : 'The list updates as their state changes.',
      });
      onDone?.(action);
      await queries.invalidateQueries({ queryKey: orpc.messages.key() });
    },
    onError: (error) => {
      notifications.show({ color: 'red', title: 'Nothing was changed', message: errorWords(error) });
    },
  });
  return {
    busy: mutation.isPending,
    act: (action, selection, count) => {
      if (action === 'delete') askDelete(count, () => mutation.mutate({ action, selection }));
      else mutation.mutate({ action, selection });
    },
  };
}

function askDelete(count: number, onYes: () => void): void {
  modals.openConfirmModal({
    title: `Delete ${counted(count, 'message')}?`,
    children: (
      <Text size="md">
        This cannot be undone: the content is removed from this machine, and neither the sender nor the
        recipient is notified. Only the entry in the message log stays.
      </Text>
    ),
    labels: { confirm: `Delete ${counted(count, 'message')}`, cancel: 'Keep' },
    confirmProps: { color: 'red' },
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: onYes,
  });
}
