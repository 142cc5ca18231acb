// The dialogs of the domains screen: add a domain, change its route, remove it. Its modes have their own (mode-forms.tsx).
import { Alert, Button, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { domainNameSchema } from '../../shared/names.ts';
import { useEngine } from '../engine.tsx';
import { Form, useDone } from './form.tsx';
import {
  type DestinationDraft,
  type DestinationErrors,
  draftsOf,
  emptyDraft,
  readRoute,
  RouteFields,
} from './route-fields.tsx';

export function AddDomainForm({ onClose }: { onClose: () => void }) {
  const { orpc } = useEngine();
  const done = useDone(onClose);
  const [name, setName] = useState('');
  const [nameError, setNameError] = useState<string | null>(null);
  const [drafts, setDrafts] = useState<DestinationDraft[]>(() => [emptyDraft()]);
  const [errors, setErrors] = useState<ReadonlyMap<number, DestinationErrors>>(new Map());
  const add = useMutation(
    orpc.domains.add.mutationOptions({
      onSuccess: (domain) =>
        done(
          `Mail for ${domain.name} is accepted from now on`,
          'It starts to arrive once the domain’s MX record points to this machine.',
        ),
    }),
  );
  const submit = () => {
    const parsed = domainNameSchema.safeParse(name);
    const read = readRoute(drafts);
    setNameError(parsed.success ? null : (parsed.error.issues[0]?.message ?? 'expected a domain name'));
    setErrors(read.errors);
    if (parsed.success && read.route !== null) add.mutate({ name: parsed.data, route: read.route });
  };
  return (
    <Form
      onSubmit={submit}
      error={add.error}
      busy={add.isPending}
      confirm="Add the domain"
      onCancel={onClose}
    >
      <TextInput
        label="Domain"
        description="The part after the @ in its addresses"
        placeholder="example.com"
        data-autofocus
        value={name}
        error={nameError}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setName(event.currentTarget.value);
          setNameError(null);
        }}
      />
      <RouteFields drafts={drafts} errors={errors} onChange={setDrafts} />
    </Form>
  );
}

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
