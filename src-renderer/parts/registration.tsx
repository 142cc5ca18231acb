// Until when a domain is registered, on a line of time; and the date set by hand where the registry does not say.
import { Button, Group, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import type { Domain } from '../../shared/domain.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { count, day, span } from '../format.ts';
import type { FactsOf } from '../../shared/facts/index.ts';
import { EXPIRES_NOW_DAYS, EXPIRES_SOON_DAYS } from '../../shared/facts/registration.ts';
import { errorWords } from '../words.ts';
import { useNow } from './moment.tsx';
import styles from './registration.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';
import { DAY_MS } from '../../shared/time.ts';

const css = classesOf(styles, blockStyles, textStyles);

const SOON = EXPIRES_SOON_DAYS * DAY_MS;
const NOW = EXPIRES_NOW_DAYS * DAY_MS;
/** The line shows a year, or less when the end is nearer. */
const YEAR = 365 * DAY_MS;

export function RegistrationLine({ facts }: { facts: FactsOf<'registration'> }) {
  const now = useNow();
  const { expiresAt, registrar, statuses, source } = facts;
  if (expiresAt === null) return null;
  const left = expiresAt - now;
  const length = Math.max(2 * SOON, Math.min(YEAR, Math.abs(left) * 1.15));
  // What is past stands at the left edge, before today.
  const place = (at: number) => Math.min(100, Math.max(0, 6 + ((at - now) / length) * 94));
  const end = place(expiresAt);
  const state = left < NOW ? 'problem' : left < SOON ? 'attention' : 'ok';
  return (
    <section aria-label="Until when the domain is registered">
      <p>
        {left < 0 ? (
          <>
            The registration ended on <b>{day(expiresAt)}</b>, {span(-left)} ago.
          </>
        ) : (
          <>
            Registered until <b>{day(expiresAt)}</b>:{' '}
            {left < DAY_MS ? span(left) : `${count(Math.floor(left / DAY_MS))} days`} from now
            {left > YEAR && ' (the line shows one year)'}.
          </>
        )}
      </p>
      <div className={css('line')} data-state={state} aria-hidden="true">
        <span className={css('track')} />
        <span className={css('paid')} style={{ left: '6%', width: `${Math.max(0, end - 6)}%` }} />
        <span className={css('mark')} style={{ left: '6%' }}>
          today
        </span>
        {left > SOON && (
          <span
            className={css('tick')}
            data-state="attention"
            style={{ left: `${place(expiresAt - SOON)}%` }}
            title={`${EXPIRES_SOON_DAYS} days before`}
          />
        )}
        {left > NOW && (
          <span
            className={css('tick')}
            data-state="problem"
            style={{ left: `${place(expiresAt - NOW)}%` }}
            title={`${EXPIRES_NOW_DAYS} days before`}
          />
        )}
        <span className={css('end')} style={{ left: `${end}%` }} />
        {left > 0 && left <= YEAR && (
          <span className={css('mark', 'markEnd')} style={{ left: `${end}%` }}>
            {day(expiresAt)}
          </span>
        )}
      </div>
      <dl className={css('facts', 'small')}>
        {(registrar ?? '') !== '' && (
          <>
            <dt>Registrar</dt>
            <dd>{registrar}</dd>
          </>
        )}
        <dt>Source</dt>
        <dd>{source === 'by-hand' ? 'entered by hand' : 'the registry'}</dd>
        {statuses.length > 0 && (
          <>
            <dt>State</dt>
            <dd className={css('mono')}>{statuses.join(', ')}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** For a registry that does not tell: the admin does. */
export function ExpiryByHand({ domain, onSaved }: { domain: Domain; onSaved: () => void }) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const present = domain.profile.expiresAt;
  const [text, setText] = useState(present === null ? '' : new Date(present).toISOString().slice(0, 10));
  const [error, setError] = useState<string | null>(null);
  const save = useMutation(
    orpc.domains.setProfile.mutationOptions({
      onSuccess: async ({ profile }) => {
        notifications.show({
          title:
            profile.expiresAt === null ? 'The date is removed' : `Saved: until ${day(profile.expiresAt)}`,
          message: 'Mailward uses it where the registry gives no date.',
        });
        await queries.invalidateQueries({ queryKey: orpc.domains.key() });
        onSaved();
      },
      onError: (reason) => setError(errorWords(reason)),
    }),
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // The end of that day in UTC, as registries count.
    const at = text === '' ? null : Date.parse(`${text}T23:59:59Z`);
    if (Number.isNaN(at)) setError('enter a date');
    else save.mutate({ name: domain.name, profile: { ...domain.profile, expiresAt: at } });
  };
  return (
    <form noValidate onSubmit={submit}>
      <Group gap="xs" align="flex-end">
        <TextInput
          type="date"
          label="Registered until, according to your registrar"
          description="Used where the registry itself gives no date"
          value={text}
          error={error}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setError(null);
          }}
        />
        <Button type="submit" variant="default" loading={save.isPending}>
          {text === '' && present !== null ? 'Remove the date' : 'Set the date'}
        </Button>
      </Group>
    </form>
  );
}
