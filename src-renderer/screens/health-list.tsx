// Every protected domain's health in a line, and a field for any other domain.
import { Button, TextInput } from '@mantine/core';
import { IconStethoscope, IconWorldPlus } from '@tabler/icons-react';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type SubmitEvent, useState } from 'react';
import { shownName } from '../../shared/idn.ts';
import { domainNameSchema } from '../../shared/names.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { counted } from '../format.ts';
import { gather, sentenceOf } from '../health/health.ts';
import { AddDomainButton } from '../parts/action-button.tsx';
import { Loaded, together } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { StateShape } from '../parts/state-mark.tsx';
import styles from './health-list.module.css';
import textStyles from '../parts/text.module.css';

const css = classesOf(styles, textStyles);

/** A run that goes on is looked at again this often, ms. */
const LOOK_AGAIN = 2000;

export function HealthListScreen() {
  const { orpc } = useEngine();
  const list = useQuery(orpc.checks.list.queryOptions({ staleTime: Number.POSITIVE_INFINITY }));
  const domains = useQuery(orpc.domains.list.queryOptions());
  const names = domains.data?.map(({ name }) => name) ?? [];
  const latest = useQueries({
    queries: names.map((domain) =>
      orpc.checks.latest.queryOptions({
        input: { domain },
        staleTime: 0,
        refetchInterval: ({ state }) => (state.data?.running === true ? LOOK_AGAIN : false),
      }),
    ),
  });
  const views = names.map((name, index) => {
    const data = latest[index]?.data;
    const all = gather(list.data ?? [], data?.findings ?? [], []);
    const at =
      data?.checks.reduce<number | null>((last, one) => Math.max(last ?? one.at, one.at), null) ?? null;
    const isRunning = data?.running === true;
    const said = isRunning
      ? { state: 'not-applicable' as const, words: 'Being tested now…' }
      : sentenceOf(all);
    return { name, at, known: data !== undefined, isRunning, ...said };
  });
  const bad = views.filter(({ state }) => state === 'problem' || state === 'attention').length;
  const running = views.filter(({ isRunning }) => isRunning).length;
  const untested = views.filter(({ at }) => at === null).length;
  const sentence =
    domains.data === undefined || list.data === undefined
      ? 'Looking at the domains…'
      : names.length === 0
        ? 'No domain is protected yet; any domain can be tested.'
        : running > 0
          ? `Testing ${counted(running, 'domain')}…`
          : bad > 0
            ? `${counted(bad, 'domain')} ${bad === 1 ? 'needs' : 'need'} attention.`
            : untested === names.length
              ? 'No domain has been tested yet.'
              : untested > 0
                ? `Nothing wrong was found; ${counted(untested, 'domain')} ${untested === 1 ? 'has' : 'have'} not been tested yet.`
                : 'The latest tests found nothing wrong.';
  return (
    <Page title="Health" sentence={sentence}>
      <Loaded
        query={together({ checks: list, domains })}
        busy="Asking Mailward for the domains."
        failed="The domains could not be read"
        empty={{ when: ({ domains: all }) => all.length === 0, show: <NoDomain /> }}
      >
        {() => (
          <ul className={css('list')}>
            {views.map(({ name, state, words, at, known }) => (
              <li key={name}>
                <Link to="/health/$domain" params={{ domain: name }} className={css('row')}>
                  <StateShape state={state} size={20} />
                  <span className={css('words')}>
                    <b>{shownName(name)}</b>
                    <span className={css('soft')}>{known ? words : '…'}</span>
                  </span>
                  <span className={css('nowrap', 'small', 'soft')}>
                    {at === null ? 'not tested' : <Moment at={at} />}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <AnyDomain />
    </Page>
  );
}

function NoDomain() {
  return (
    <Empty
      icon={<IconWorldPlus size={32} stroke={1.4} />}
      title="Add a domain to see its health here"
      action={<AddDomainButton first={false} />}
    >
      Or check any domain below: its MX records say which servers receive its mail.
    </Empty>
  );
}

function AnyDomain() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = domainNameSchema.safeParse(text);
    if (name.success) void navigate({ to: '/health/$domain', params: { domain: name.data } });
    else setError(name.error.issues[0]?.message ?? 'expected a domain name');
  };
  return (
    <form className={css('anyDomain')} noValidate onSubmit={submit}>
      <TextInput
        label="Check another domain"
        description="It need not be yours: for example, a business partner whose mail does not arrive"
        placeholder="example.com"
        value={text}
        error={error}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(null);
        }}
      />
      <Button type="submit" variant="default" leftSection={<IconStethoscope size={16} />}>
        Check it
      </Button>
    </form>
  );
}
