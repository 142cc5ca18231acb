// The dialogs about a domain that is protected: change its route, remove it. Adding one (add-domain-form.tsx) and its modes (mode-forms.tsx) have their own.
import { Alert, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { useEngine } from '../engine.tsx';
import { Form, useDone } from './form.tsx';
import {
  type DestinationDraft,
  type DestinationErrors,
  draftsOf,
  readRoute,
  RouteFields,
} from './route-fields.tsx';

export function EditRouteForm({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { orpc } = useEngine();
  const done = useDone(onClose);
  const [drafts, setDrafts] = useState<DestinationDraft[]>(() => draftsOf(domain.route));
  const [errors, setErrors] = useState<ReadonlyMap<number, DestinationErrors>>(new Map());
  const save = useMutation(
    orpc.domains.setRoute.mutationOptions({
      onSuccess: () =>
        done(
          `The route of ${domain.name} is changed`,
          'Mail that waits takes the new route at its next attempt.',
        ),
    }),
  );
  const submit = () => {
    const read = readRoute(drafts);
    setErrors(read.errors);
    if (read.route !== null) save.mutate({ name: domain.name, route: read.route });
  };
  return (
    <Form
      onSubmit={submit}
      error={save.error}
      busy={save.isPending}
      confirm="Save the route"
      onCancel={onClose}
    >
      <RouteFields drafts={drafts} errors={errors} onChange={setDrafts} />
    </Form>
  );
}

interface RemoveFormProps {
  domain: Domain;
  /** Messages that wait, are held or failed: the engine refuses while there are any. */
  waits: number;
  onClose: () => void;
  onQueue: () => void;
}

export function RemoveDomainForm({ domain, waits, onClose, onQueue }: RemoveFormProps) {
  const { orpc } = useEngine();
  const done = useDone(onClose);
  const remove = useMutation(
    orpc.domains.remove.mutationOptions({
      onSuccess: () =>
        done(`${domain.name} is removed`, 'Its entries in the message log stay until they expire.'),
    }),
  );
  return (
    <Form
      onSubmit={() => remove.mutate({ name: domain.name })}
      error={remove.error}
      busy={remove.isPending}
      confirm={`Remove ${domain.name}`}
      danger
      onCancel={onClose}
    >
      <Text size="md">
        Mailward will refuse mail for {domain.name} from then on. While the domain’s MX record still points to
        this machine, senders get an error: change the MX record back first.
      </Text>
      {(waits > 0 || remove.error !== null) && (
        <Alert color="yellow" title="Mail of this domain is still here">
          <Stack gap="xs" align="flex-start">
            <span>
              A domain cannot be removed while its mail waits, is held or failed, so that none of it is lost
              unnoticed. Release, deliver or delete it first.
            </span>
            <Button size="xs" variant="default" onClick={onQueue}>
              See it in the queue
            </Button>
          </Stack>
        </Alert>
      )}
    </Form>
  );
}
