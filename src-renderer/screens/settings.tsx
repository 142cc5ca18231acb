// The settings, section by section, each with what it is for.
import { Alert, Button, Select, Switch, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, type SubmitEvent, useState } from 'react';
import type { Settings } from '../../shared/settings.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import {
  type Draft,
  draftOf,
  type FieldValue,
  readDraft,
  type SettingField,
  settingSections,
} from '../setting-fields.ts';
import { choiceWords } from '../setting-words.ts';
import { errorWords } from '../words.ts';
import styles from './settings.module.css';
import blockStyles from '../parts/blocks.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

export function SettingsScreen() {
  const { orpc } = useEngine();
  const query = useQuery(orpc.settings.get.queryOptions({ staleTime: 0 }));
  const info = useQuery(orpc.system.info.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  return (
    <Page title="Settings" sentence="How Mailward receives, checks, delivers and records mail.">
      <Loaded query={query} busy="Asking Mailward for its settings." failed="The settings could not be read">
        {(settings) => <SettingsForm settings={settings} />}
      </Loaded>
      {info.data !== undefined && (
        <p className={css('soft', 'small')}>
          They are kept in <span className={css('mono')}>{info.data.dataDir}/settings.json</span>, which can
          also be edited by hand: Mailward reads it again by itself.
        </p>
      )}
    </Page>
  );
}

function SettingsForm({ settings }: { settings: Settings }) {
  const { orpc, connection } = useEngine();
  const { desktop } = connection;
  const queries = useQueryClient();
  // What is typed stays as it is when the settings change elsewhere, and all else follows them.
  const [typed, setTyped] = useState<Draft>({});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [outcome, setOutcome] = useState<readonly string[] | null>(null);
  const save = useMutation(
    orpc.settings.set.mutationOptions({
      onSuccess: async (answer) => {
        if (desktop !== null && answer.settings.desktop.openAtLogin !== (await desktop.getOpenAtLogin())) {
          await desktop.setOpenAtLogin(answer.settings.desktop.openAtLogin);
        }
        setTyped({});
        setOutcome(answer.restartFor);
        queries.setQueryData(orpc.settings.get.queryKey(), answer.settings);
      },
      // They may have been changed elsewhere meanwhile: what was not touched here is shown as it is now.
      onError: () => queries.invalidateQueries({ queryKey: orpc.settings.get.queryKey() }),
    }),
  );
  const saved = draftOf(settings);
  const draft: Draft = { ...saved, ...typed };
  const changes = Object.keys(draft).filter((key) => draft[key] !== saved[key]).length;

  const set = (key: string, value: FieldValue) => {
    setTyped((present) => ({ ...present, [key]: value }));
    setErrors((present) => Object.fromEntries(Object.entries(present).filter(([name]) => name !== key)));
    setOutcome(null);
    save.reset();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const read = readDraft(draft);
    setErrors(read.errors);
    const first = Object.keys(read.errors)[0];
    if (first !== undefined) document.getElementById(first)?.focus();
    if (read.settings !== null) save.mutate({ settings: read.settings, before: settings });
  };

  return (
    <form className={css('form')} noValidate onSubmit={submit}>
      {settingSections
        .filter((section) => section.name !== 'desktop' || desktop !== null)
        .map((section) => (
          <section key={section.name} className={css('panel')} aria-labelledby={`section-${section.name}`}>
            <h2 id={`section-${section.name}`}>{section.title}</h2>
            <p className={css('soft')}>{section.description}</p>
            <div className={css('fields')}>
              {section.fields.map((field) => {
                const key = `${section.name}.${field.name}`;
                return (
                  <Field
                    key={key}
                    id={key}
                    field={field}
                    value={draft[key] ?? ''}
                    error={errors[key]}
                    onChange={(value) => set(key, value)}
                  />
                );
              })}
            </div>
          </section>
        ))}
      <div className={css('foot')}>
        <Button type="submit" loading={save.isPending} disabled={changes === 0}>
          Save the settings
        </Button>
        {changes > 0 && (
          <Button
            variant="default"
            onClick={() => {
              setTyped({});
              setErrors({});
            }}
          >
            Discard
          </Button>
        )}
        <div role="status">
          {outcome !== null && (
            <p>
              Saved.
              {outcome.length > 0 && (
                <>
                  {' '}
                  <strong>Needs a restart</strong> to take effect: {outcome.map(labelOf).join(', ')}.
                </>
              )}
            </p>
          )}
        </div>
        {save.error !== null && (
          <Alert color="red" title="Nothing was saved" role="alert">
            {errorWords(save.error)}
          </Alert>
        )}
      </div>
    </form>
  );
}

function labelOf(key: string): string {
  for (const section of settingSections) {
    if (section.name === key) return section.title;
    for (const field of section.fields) {
      if (`${section.name}.${field.name}` === key) return `${section.title}: ${field.label}`;
    }
  }
  return key;
}

interface FieldProps {
  id: string;
  field: SettingField;
  value: FieldValue;
  error: string | undefined;
  onChange: (value: FieldValue) => void;
}

function Field({ id, field, value, error, onChange }: FieldProps) {
  if (field.kind === 'switch') {
    return (
      <Switch
        id={id}
        label={field.label}
        description={<Described text={field.description} />}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.kind === 'choice') {
    return (
      <Select
        id={id}
        label={field.label}
        description={<Described text={field.description} />}
        data={field.options.map((value) => ({ value, label: choiceWords[value] ?? value }))}
        value={String(value)}
        error={error}
        allowDeselect={false}
        onChange={(chosen) => onChange(chosen ?? String(value))}
      />
    );
  }
  return (
    <TextInput
      id={id}
      label={field.unit === null ? field.label : `${field.label} (${field.unit})`}
      description={<Described text={field.description} />}
      value={String(value)}
      error={error}
      autoComplete="off"
      spellCheck={false}
      {...(field.kind === 'number' ? { inputMode: 'numeric' as const } : {})}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** Descriptions are written for the manual too: what stands in backquotes is code. */
function Described({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((part, index) => (
        // The parts of a fixed text have fixed places.
        <Fragment key={index}>{index % 2 === 1 ? <code>{part}</code> : part}</Fragment>
      ))}
    </>
  );
}
