// The dialog about a domain's server: what it runs, who runs it, and whom to call at which company.
import { Select, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import {
  type Domain,
  type Profile,
  profileSchema,
  type Support,
  type SupportPart,
  supportPartSchema,
} from '../../shared/domain.ts';
import { shownName } from '../../shared/idn.ts';
import type { Known } from '../../shared/known.ts';
import { serverSoftwareNames, serverSoftwareSchema } from '../../shared/server-software.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { hostingWords, supportPartWords } from '../words.ts';
import { Form, useDone } from './form.tsx';
import styles from './profile-form.module.css';

const css = classesOf(styles);

interface ProfileFormProps {
  domain: Domain;
  /** Null: it could not be asked. */
  known: Known | null;
  onDone: () => void;
  onCancel: () => void;
}

const UNSAID = 'unsaid';

export function ProfileForm({ domain, known, onDone, onCancel }: ProfileFormProps) {
  const { orpc } = useEngine();
  const done = useDone(onDone);
  const [draft, setDraft] = useState(domain.profile);
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const save = useMutation(
    orpc.domains.setProfile.mutationOptions({
      onSuccess: ({ name }) =>
        done(
          `What is said of the server of ${shownName(name)} is saved`,
          'Steps and advice go by it from now on.',
        ),
    }),
  );
  const change = (part: Partial<Profile>) => {
    setDraft({ ...draft, ...part });
    setErrors(new Map());
  };
  const submit = () => {
    const read = profileSchema.safeParse(draft);
    setErrors(
      new Map((read.error?.issues ?? []).map(({ path, message }) => [path.slice(1).join('.'), message])),
    );
    if (read.success) save.mutate({ name: domain.name, profile: read.data });
  };
  const [guess] = known?.software ?? [];
  const seems = guess === undefined ? 'nothing tells yet' : serverSoftwareNames[guess.software];
  return (
    <Form onSubmit={submit} error={save.error} busy={save.isPending} confirm="Save" onCancel={onCancel}>
      <Select
        label="Who runs the server"
        description="Whether steps are for you, or for somebody whom you call"
        data-autofocus
        allowDeselect={false}
        data={[
          { value: UNSAID, label: 'Not said' },
          { value: 'owned', label: hostingWords.owned },
          { value: 'hosted', label: hostingWords.hosted },
        ]}
        value={draft.hosting ?? UNSAID}
        onChange={(value) => change({ hosting: value === 'owned' || value === 'hosted' ? value : null })}
      />
      <Select
        label="What the server runs"
        description="What you choose counts, whatever it seems to be from outside"
        allowDeselect={false}
        searchable
        data={[
          { value: UNSAID, label: `As it seems: ${seems}` },
          ...serverSoftwareSchema.options.map((value) => ({ value, label: serverSoftwareNames[value] })),
        ]}
        value={draft.software ?? UNSAID}
        onChange={(value) => change({ software: serverSoftwareSchema.safeParse(value).data ?? null })}
      />
      <div>
        {supportPartSchema.options.map((part) => (
          <SupportFields
            key={part}
            part={part}
            support={draft.support[part]}
            seems={(part === 'dnsHost' || part === 'registrar' ? known?.[part]?.name : undefined) ?? ''}
            errors={errors}
            onChange={(more) =>
              change({ support: { ...draft.support, [part]: { ...draft.support[part], ...more } } })
            }
          />
        ))}
      </div>
    </Form>
  );
}

const fields = [
  { key: 'company', label: 'Company', most: 200 },
  { key: 'phone', label: 'Telephone', most: 100 },
  { key: 'mail', label: 'Mail address', most: 320 },
  { key: 'web', label: 'Web page', most: 2000 },
  { key: 'customer', label: 'Customer number', most: 100 },
] as const;

interface SupportFieldsProps {
  part: SupportPart;
  support: Support;
  /** The company that Mailward found; empty: none. */
  seems: string;
  /** By `vendor.mail`. */
  errors: ReadonlyMap<string, string>;
  onChange: (change: Partial<Support>) => void;
}

function SupportFields({ part, support, seems, errors, onChange }: SupportFieldsProps) {
  const [isOpen, setOpen] = useState(false);
  const isWrong = [...errors.keys()].some((key) => key.startsWith(`${part}.`));
  const said = [support.company, support.phone].filter(Boolean).join(', ');
  return (
    <details
      className={css('company')}
      open={isOpen || isWrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {supportPartWords[part]}
        <span className={css('said')}>
          {said !== '' ? said : seems === '' ? 'nobody to call yet' : `${seems}, as it seems`}
        </span>
      </summary>
      <div className={css('fields')}>
        {fields.map(({ key, label, most }) => (
          <TextInput
            key={key}
            label={label}
            maxLength={most}
            autoComplete="off"
            value={support[key]}
            error={errors.get(`${part}.${key}`)}
            onChange={(event) => onChange({ [key]: event.currentTarget.value })}
            {...(key === 'company' && seems !== '' ? { placeholder: seems } : {})}
            {...(key === 'web' ? { placeholder: 'https://help.example.net/' } : {})}
          />
        ))}
        <Textarea
          className={css('wide')}
          label="Note"
          autosize
          maxRows={8}
          maxLength={1000}
          value={support.note}
          error={errors.get(`${part}.note`)}
          onChange={(event) => onChange({ note: event.currentTarget.value })}
        />
      </div>
    </details>
  );
}
