// What is asked before messages that are here are sent to another server than their domain's.
import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Selection } from '../../shared/contract/index.ts';
import type { Closing } from '../actions/action.ts';
import { useEngine } from '../engine.tsx';
import { counted } from '../format.ts';
import { Form } from './form.tsx';
import { ReasonField } from './mode-forms.tsx';
import {
  type DestinationDraft,
  type DestinationErrors,
  emptyDraft,
  readRoute,
  RouteFields,
} from './route-fields.tsx';

interface RerouteFormProps {
  selection: Selection;
  /** How many messages the selection has. */
  count: number;
  closing: Closing;
}

export function RerouteForm({ selection, count, closing }: RerouteFormProps) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [drafts, setDrafts] = useState<DestinationDraft[]>(() => [emptyDraft()]);
  const [errors, setErrors] = useState<ReadonlyMap<number, DestinationErrors>>(new Map());
  const send = useMutation(
    orpc.queue.reroute.mutationOptions({
      onSuccess: async ({ count: changed }) => {
        notifications.show(
          changed === 0
            ? { title: 'Nothing was changed', message: 'Their state had already changed.' }
            : {
                title: `${counted(changed, 'message')} on the way to another server`,
                message: 'Until that server has accepted them they are listed as held.',
              },
        );
        closing.done();
        await queries.invalidateQueries({ queryKey: orpc.messages.key() });
      },
    }),
  );
  const submit = () => {
    const read = readRoute(drafts);
    setErrors(read.errors);
    if (read.route !== null) send.mutate({ selection, route: read.route, reason: reason.trim() });
  };
  return (
    <Form
      onSubmit={submit}
      error={send.error}
      busy={send.isPending}
      confirm={`Send ${counted(count, 'message')} there`}
      onCancel={closing.close}
    >
      <Text size="md">
        Mailward offers {count === 1 ? 'it' : 'them'} to this server instead of yours until the server accepts
        or refuses {count === 1 ? 'it' : 'them'}, or you release {count === 1 ? 'it' : 'them'}. The server
        must be set up to accept mail for these recipients from this machine.
      </Text>
      <RouteFields drafts={drafts} errors={errors} onChange={setDrafts} />
      <ReasonField value={reason} onChange={setReason} />
    </Form>
  );
}
