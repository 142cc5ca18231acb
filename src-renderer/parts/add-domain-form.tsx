// The dialog that takes a domain into care: its name, what its MX records say of where its mail goes today, and the route that follows.
import { Button, Loader, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Route } from '../../shared/domain.ts';
import { toUnicodeName } from '../../shared/idn.ts';
import { domainNameSchema, formatHostPort } from '../../shared/names.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { errorWords } from '../words.ts';
import { Form, useDone } from './form.tsx';
import { MxLookPanel } from './mx-look.tsx';
import {
  type DestinationDraft,
  type DestinationErrors,
  draftsOf,
  emptyDraft,
  readRoute,
  RouteFields,
} from './route-fields.tsx';
import styles from './add-domain-form.module.css';

const css = classesOf(styles);

export function AddDomainForm({ onClose }: { onClose: () => void }) {
  const { orpc } = useEngine();
  const done = useDone(onClose);
  const [name, setName] = useState('');
  const [nameError, setNameError] = useState<string | null>(null);
  const [byHand, setByHand] = useState(false);
  const [drafts, setDrafts] = useState<DestinationDraft[]>(() => [emptyDraft()]);
  const [errors, setErrors] = useState<ReadonlyMap<number, DestinationErrors>>(new Map());
  const add = useMutation(
    orpc.domains.add.mutationOptions({
      onSuccess: (domain) =>
        done(
          `Mail for ${toUnicodeName(domain.name)} is accepted from now on`,
          'It starts to arrive once the domain’s MX record points to this machine.',
        ),
    }),
  );
  const read = useMutation(orpc.domains.look.mutationOptions());
  const parsed = domainNameSchema.safeParse(name);
  // What was read, or is being read, of another name than the one in the field is no answer.
  const isAbout = read.variables !== undefined && read.variables.name === parsed.data;
  const asking = isAbout && read.isPending;
  const look = isAbout ? (read.data ?? null) : null;
  const route = look?.meaning.route ?? null;
  const hasFields = byHand || (look !== null && route === null);
  const submit = () => {
    const typed = hasFields ? readRoute(drafts) : null;
    setNameError(parsed.success ? null : (parsed.error.issues[0]?.message ?? 'expected a domain name'));
    setErrors(typed?.errors ?? new Map());
    if (!parsed.success) return;
    const chosen = typed === null ? route : typed.route;
    if (chosen !== null) add.mutate({ name: parsed.data, route: chosen });
    else if (typed === null) read.mutate({ name: parsed.data });
  };
  return (
    <Form
      onSubmit={submit}
      error={add.error}
      busy={add.isPending || asking}
      confirm={hasFields || route !== null ? 'Add the domain' : 'Read its MX records'}
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
      {asking && (
        <div className={css('asking')} role="status">
          <Loader size="xs" aria-hidden="true" />
          <span>
            Asking the name servers of {toUnicodeName(read.variables.name)} where its mail goes today. This
            takes 15 seconds at most.
          </span>
        </div>
      )}
      {isAbout && read.error !== null && (
        <Text size="sm" c="red" role="alert">
          {errorWords(read.error)}
        </Text>
      )}
      <div className={css('outcome')}>
        {look !== null && <MxLookPanel look={look} />}
        {!hasFields && route !== null && (
          <>
            <p>
              Mailward will deliver to <strong>{routeWords(route)}</strong>, and keep these records so that
              they can be put back.
            </p>
            <Button
              variant="subtle"
              size="compact-md"
              onClick={() => {
                setDrafts(draftsOf(route));
                setByHand(true);
              }}
            >
              Deliver to another server instead…
            </Button>
          </>
        )}
        {hasFields && <RouteFields drafts={drafts} errors={errors} onChange={setDrafts} />}
        {!hasFields && look === null && !asking && (
          <Button variant="subtle" size="compact-md" onClick={() => setByHand(true)}>
            Enter the server by hand…
          </Button>
        )}
      </div>
    </Form>
  );
}

function routeWords(route: Route): string {
  return route.map(({ host, port }) => (port === 25 ? host : formatHostPort(host, port))).join(', then ');
}
