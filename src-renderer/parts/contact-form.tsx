// The dialog about a person to turn to: who it is, how to reach them, and for which domains.
import { Select, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type Contact, contactInputSchema } from '../../shared/contacts.ts';
import { shownName } from '../../shared/idn.ts';
import { useEngine } from '../engine.tsx';
import { Form, useDone } from './form.tsx';

interface ContactFormProps {
  /** The domain on whose screen it is. */
  domain: string;
  /** Null: a new one. */
  contact: Contact | null;
  onDone: () => void;
  onCancel: () => void;
}

const EVERY = 'every domain';

const fields = [
  { key: 'name', label: 'Name', about: null, most: 200, required: true },
  { key: 'role', label: 'What for', about: 'As “mail admin” or “managing director”', most: 200 },
  { key: 'phone', label: 'Telephone', about: 'One that is answered outside office hours too', most: 100 },
  {
    key: 'mail',
    label: 'Mail address',
    about: 'Outside your own domains: theirs stops together with your mail',
    most: 320,
  },
] as const;

export function ContactForm({ domain, contact, onDone, onCancel }: ContactFormProps) {
  const { orpc } = useEngine();
  const done = useDone(onDone, 'contacts');
  const [draft, setDraft] = useState({
    name: contact?.name ?? '',
    role: contact?.role ?? '',
    phone: contact?.phone ?? '',
    mail: contact?.mail ?? '',
    note: contact?.note ?? '',
  });
  const [whose, setWhose] = useState<string | null>(contact === null ? domain : contact.domain);
  const [errors, setErrors] = useState<ReadonlyMap<PropertyKey, string>>(new Map());
  const put = useMutation(
    orpc.contacts.put.mutationOptions({
      onSuccess: ({ contact: kept, doubt }) =>
        done(
          `${kept.name} is ${contact === null ? 'on the list' : 'changed'}`,
          doubt === '' ? 'The list is on this machine, and is there when mail is not.' : doubt,
          doubt !== '',
        ),
    }),
  );
  const set = (key: keyof typeof draft, value: string) => {
    setDraft({ ...draft, [key]: value });
    setErrors(new Map());
  };
  const submit = () => {
    const read = contactInputSchema.safeParse({ ...draft, domain: whose });
    const wrong = (read.error?.issues ?? []).map(({ path, message }) => [path[0] ?? '', message] as const);
    setErrors(new Map(wrong));
    if (read.success) put.mutate({ ...read.data, id: contact?.id ?? null });
  };
  return (
    <Form
      onSubmit={submit}
      error={put.error}
      busy={put.isPending}
      confirm={contact === null ? 'Add to the list' : 'Save'}
      onCancel={onCancel}
    >
      {fields.map(({ key, label, about, most, ...more }, index) => (
        <TextInput
          key={key}
          label={label}
          description={about}
          maxLength={most}
          autoComplete="off"
          value={draft[key]}
          error={errors.get(key)}
          onChange={(event) => set(key, event.currentTarget.value)}
          {...(index === 0 ? { 'data-autofocus': true } : {})}
          {...more}
        />
      ))}
      <Textarea
        label="Note"
        description="When they can be reached, what they need to know (optional)"
        autosize
        minRows={2}
        maxRows={8}
        maxLength={1000}
        value={draft.note}
        error={errors.get('note')}
        onChange={(event) => set('note', event.currentTarget.value)}
      />
      <Select
        label="Whose mail they are for"
        allowDeselect={false}
        data={[
          ...[...new Set([domain, contact?.domain ?? domain])].map((name) => ({
            value: name,
            label: shownName(name),
          })),
          { value: EVERY, label: 'Every domain' },
        ]}
        value={whose ?? EVERY}
        onChange={(value) => setWhose(value === EVERY ? null : value)}
      />
    </Form>
  );
}
