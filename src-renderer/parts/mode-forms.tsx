// The dialogs that hold a domain's mail or send it to another server, each with a reason and, if wanted, an end.
import { Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { useEngine } from '../engine.tsx';
import { modeDeed } from '../words.ts';
import { Form, useDone } from './form.tsx';
import {
  type DestinationDraft,
  type DestinationErrors,
  draftsOf,
  emptyDraft,
  readRoute,
  RouteFields,
} from './route-fields.tsx';
import { readUntil, UntilField, untilDraft } from './until-field.tsx';

interface ModeFormProps {
  domain: Domain;
  mode: 'hold' | 'reroute';
  onClose: () => void;
}

const about = {
  hold: 'Mail is accepted and stored until you end the hold. Nothing expires meanwhile, and no sender is told.',
  reroute:
    'Mail goes to another server, including mail that is now waiting or held with the domain. The usual route is kept for later.',
} as const;

export function ModeForm({ domain, mode, onClose }: ModeFormProps) {
  const { orpc } = useEngine();
  const done = useDone(onClose);
  const { name } = domain;
  const present = domain.mode.name === mode ? domain.mode : null;
  const [reason, setReason] = useState(present?.reason ?? '');
  const [until, setUntil] = useState(() => untilDraft(present?.until ?? null));
  const [untilError, setUntilError] = useState<string | null>(null);
  const [drafts, setDrafts] = useState<DestinationDraft[]>(() =>
    present?.reroute ? draftsOf(present.reroute) : [emptyDraft()],
  );
  const [errors, setErrors] = useState<ReadonlyMap<number, DestinationErrors>>(new Map());
  const save = useMutation(
    orpc.domains.setMode.mutationOptions({
      onSuccess: () =>
        mode === 'hold'
          ? done(`Mail for ${name} is being held`, 'New mail is stored, together with mail that was waiting.')
          : done(`Mail for ${name} goes to another server`, 'Waiting mail and all new mail goes there.'),
    }),
  );
  const submit = () => {
    const end = readUntil(until);
    const read = mode === 'reroute' ? readRoute(drafts) : { route: null, errors: new Map() };
    setUntilError('wrong' in end ? end.wrong : null);
    setErrors(read.errors);
    if ('wrong' in end || read.errors.size > 0) return;
    save.mutate({ name, mode, reason: reason.trim(), until: end.until, reroute: read.route });
  };
  return (
    <Form
      onSubmit={submit}
      error={save.error}
      busy={save.isPending}
      confirm={modeDeed(mode, name)}
      onCancel={onClose}
    >
      <Text size="md">{about[mode]}</Text>
      {mode === 'reroute' && <RouteFields drafts={drafts} errors={errors} onChange={setDrafts} />}
      <ReasonField value={reason} onChange={setReason} />
      <UntilField draft={until} error={untilError} onChange={setUntil} />
    </Form>
  );
}

export function ReasonField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Textarea
      label="Reason"
      description="For whoever looks at this later (optional)"
      autosize
      minRows={2}
      maxLength={500}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
