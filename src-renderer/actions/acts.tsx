// Doing an action: what it asks first is asked, the deed is done or led to, and what came of it is told.
import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useEngine } from '../engine.tsx';
import { chooseFile, useSave } from '../saving.ts';
import { errorWords } from '../words.ts';
import type { Action, Deed, Outcome, Question } from './action.ts';

export interface Acts {
  /** The id of the action that is being done; null while there is none. */
  running: string | null;
  /** Does it, or asks first. */
  act: <On>(action: Action<On>, on: On) => void;
}

/** An action on its way: what it was started with goes along. */
interface Doing extends Pick<Extract<Deed<never>, { kind: 'do' }>, 'failed' | 'changes'> {
  id: string;
  run: () => Promise<Outcome | null>;
}

/** @param onDone called when an action has changed something; not when it only led somewhere, or took a copy. */
export function useActs(onDone?: () => void): Acts {
  const { client, orpc } = useEngine();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const save = useSave();
  const dialog = useRef<string | null>(null);
  // A dialog is of the screen that it was opened on.
  useEffect(
    () => () => {
      if (dialog.current !== null) modals.close(dialog.current);
    },
    [],
  );
  const doing = useMutation({
    mutationFn: ({ run }: Doing) => run(),
    onSuccess: async (outcome, { changes }) => {
      if (outcome !== null) {
        const { title, words, partly = false } = outcome;
        notifications.show({ title, message: words, ...(partly ? { color: 'yellow' } : {}) });
      }
      if (changes === undefined) return;
      onDone?.();
      await Promise.all([
        queries.invalidateQueries({ queryKey: orpc[changes].key() }),
        // What is done here is written down.
        queries.invalidateQueries({ queryKey: orpc.journal.key() }),
      ]);
    },
    onError: (error, { failed }) => {
      notifications.show({ color: 'red', title: failed, message: errorWords(error) });
    },
  });

  function act<On>({ id, deed }: Action<On>, on: On): void {
    switch (deed.kind) {
      case 'go':
        void navigate(deed.to(on));
        return;
      case 'ask':
        dialog.current = modals.open({
          title: deed.title(on),
          size: 'lg',
          closeButtonProps: { 'aria-label': 'Close' },
          children: deed.form(on, {
            close: () => modals.close(dialog.current ?? ''),
            done: () => {
              modals.close(dialog.current ?? '');
              onDone?.();
            },
          }),
        });
        return;
      case 'do': {
        const { failed, changes } = deed;
        const run = () => deed.run(on, { client, save, chooseFile });
        const start = () => doing.mutate({ id, run, failed, ...(changes === undefined ? {} : { changes }) });
        if (deed.asks === undefined) start();
        else dialog.current = confirm(deed.asks(on), start);
      }
    }
  }

  return { running: doing.isPending ? doing.variables.id : null, act };
}

function confirm({ title, words, yes, no }: Question, onYes: () => void): string {
  return modals.openConfirmModal({
    title,
    children: <Text size="md">{words}</Text>,
    labels: { confirm: yes, cancel: no },
    confirmProps: { color: 'red' },
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: onYes,
  });
}
