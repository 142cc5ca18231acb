// What the dialogs share: a form with its buttons and its error, and what follows when it went well.
import { Alert, Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode, SubmitEvent } from 'react';
import { useEngine } from '../engine.tsx';
import { errorWords } from '../words.ts';
import { longButton } from './long-button.ts';

/** Asks the lists anew after a change, and says what happened; what is `partly` well stays until it is closed. */
export function useDone(onDone: () => void, changes: 'domains' | 'contacts' = 'domains') {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  return async (title: string, message: string, partly = false) => {
    notifications.show({ title, message, ...(partly ? { color: 'yellow', autoClose: false } : {}) });
    onDone();
    await Promise.all([
      queries.invalidateQueries({ queryKey: orpc[changes].key() }),
      // What is done here is written down.
      queries.invalidateQueries({ queryKey: orpc.journal.key() }),
    ]);
  };
}

interface FormProps {
  onSubmit: () => void;
  error: unknown;
  busy: boolean;
  confirm: string;
  danger?: boolean;
  onCancel: () => void;
  children: ReactNode;
}

export function Form({ onSubmit, error, busy, confirm, danger = false, onCancel, children }: FormProps) {
  return (
    <form
      noValidate
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Stack gap="md">
        {children}
        {error !== null && (
          <Alert color="red" title="Nothing was changed" role="alert">
            {errorWords(error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button classNames={longButton} type="submit" loading={busy} {...(danger ? { color: 'red' } : {})}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
