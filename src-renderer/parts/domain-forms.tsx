// The dialogs of the domains screen: add a domain, change its route, change its mode, remove it.
import { Alert, Button, Group, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import { type Domain, type ModeName, modeNameSchema } from '../../shared/domain.ts';
import { domainNameSchema } from '../../shared/names.ts';
import { useEngine } from '../engine.tsx';
import { errorWords } from '../words.ts';
import {
  type DestinationDraft,
  type DestinationErrors,
  draftsOf,
  emptyDraft,
  readRoute,
  RouteFields,
} from './route-fields.tsx';

/** Asks the lists anew after a change, and says what happened. */
function useDone(onDone: () => void) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  return async (title: string, message: string) => {
    notifications.show({ title, message });
    onDone();
    await queries.invalidateQueries({ queryKey: orpc.domains.key() });
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

function Form({ onSubmit, error, busy, confirm, danger = false, onCancel, children }: FormProps) {
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
          <Button type="submit" loading={busy} {...(danger ? { color: 'red' } : {})}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

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
          'It becomes real once the domain’s MX names this machine.',
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
        description="What stands after the @ in its addresses"
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

const modeChoices: readonly { mode: ModeName; label: string; description: string }[] = [
  { mode: 'deliver', label: 'Deliver', description: 'Mail goes to the route as it comes.' },
  {
    mode: 'hold',
    label: 'Hold',
    description: 'Mail is accepted and stored until you say otherwise. Nothing expires meanwhile.',
  },
  {
    mode: 'reroute',
    label: 'Reroute',
    description: 'Mail goes to another server; the route is kept for later.',
  },
];

export function ModeForm({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { orpc } = useEngine();
  const done = useDone(onClose);
  const [mode, setMode] = useState<ModeName>(domain.mode.name);
  const [reason, setReason] = useState(domain.mode.reason);
  const [drafts, setDrafts] = useState<DestinationDraft[]>(() =>
    domain.mode.reroute === null ? [emptyDraft()] : draftsOf(domain.mode.reroute),
  );
  const [errors, setErrors] = useState<ReadonlyMap<number, DestinationErrors>>(new Map());
  const save = useMutation(
    orpc.domains.setMode.mutationOptions({
      onSuccess: () =>
        done(`The mode of ${domain.name} is changed`, 'It holds for every message from now on.'),
    }),
  );
  const submit = () => {
    const words = mode === 'deliver' ? '' : reason.trim();
    if (mode !== 'reroute') {
      save.mutate({ name: domain.name, mode, reason: words });
      return;
    }
    const read = readRoute(drafts);
    setErrors(read.errors);
    if (read.route !== null) save.mutate({ name: domain.name, mode, reason: words, reroute: read.route });
  };
  return (
    <Form
      onSubmit={submit}
      error={save.error}
      busy={save.isPending}
      confirm="Set the mode"
      onCancel={onClose}
    >
      <Radio.Group
        label={`What happens to mail for ${domain.name}`}
        value={mode}
        onChange={(value) => setMode(modeNameSchema.catch('deliver').parse(value))}
      >
        <Stack gap="sm" mt="xs">
          {modeChoices.map((choice) => (
            <Radio
              key={choice.mode}
              value={choice.mode}
              label={choice.label}
              description={choice.description}
            />
          ))}
        </Stack>
      </Radio.Group>
      {mode === 'reroute' && <RouteFields drafts={drafts} errors={errors} onChange={setDrafts} />}
      {mode !== 'deliver' && (
        <Textarea
          label="Reason"
          description="For whoever looks at this later; may stay empty"
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
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
        done(`${domain.name} is removed`, 'Its entries in the message log stay until they are due.'),
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
        Mailward will refuse mail for {domain.name} from then on. While the domain’s MX still names this
        machine, senders get an error back: put the MX back first.
      </Text>
      {(waits > 0 || remove.error !== null) && (
        <Alert color="yellow" title="Mail of this domain is still here">
          <Stack gap="xs" align="flex-start">
            <span>
              A domain cannot be removed while its mail waits, is held or failed, so that none of it is lost
              unseen. Release, deliver or delete it first.
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
