// The change of a domain's MX records: what to enter at the DNS host, and how far it is, to Mailward or back.
import { Alert, Button, Group, Loader, SegmentedControl } from '@mantine/core';
import { IconEye, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChangeProgress } from '../../shared/contract/changes.ts';
import { mxWords } from '../../shared/facts/form.ts';
import type { ServerView } from '../../shared/facts/mx-propagation.ts';
import type { ChangeDirection, ChangePlan, ChangeStage, MxChange } from '../../shared/mx-change.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { counted, countdown, exact } from '../format.ts';
import { errorWords } from '../words.ts';
import { Moment, useNow } from './moment.tsx';
import { ServerMap } from './propagation.tsx';
import { StateMark } from './state-mark.tsx';
import { WithCode } from './with-code.tsx';
import styles from './change-panel.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

/** While a change is under way it is looked at again this often, ms: Mailward itself asks the servers at its own pace. */
const LOOK_AGAIN_MS = 2_000;

export function ChangePanel({ name, isLive }: { name: string; isLive: boolean }) {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const renew = () => queries.invalidateQueries({ queryKey: orpc.changes.key() });
  const progress = useQuery(
    orpc.changes.progress.queryOptions({
      input: { name },
      refetchInterval: ({ state }) => (isOver(state.data) ? false : LOOK_AGAIN_MS),
    }),
  );
  const begin = useMutation(orpc.changes.begin.mutationOptions({ onSuccess: renew }));
  const look = useMutation(orpc.changes.look.mutationOptions({ onSuccess: renew }));
  const end = useMutation(orpc.changes.end.mutationOptions({ onSuccess: renew }));
  const [chosen, setChosen] = useState<ChangeDirection | null>(null);
  const change = progress.data?.change ?? null;
  const direction = chosen ?? (isLive ? 'back' : 'in');
  const isUnderWay = change !== null && change.stage !== 'done';
  const failed = begin.error ?? look.error ?? end.error;
  return (
    <section className={css('panel', 'section')} aria-labelledby="change">
      <div className={css('panelHead')}>
        <h2 id="change">The change of the MX records</h2>
        {isUnderWay && (
          <Group gap="xs">
            <Button
              size="xs"
              variant="default"
              leftSection={<IconRefresh size={16} />}
              loading={look.isPending}
              onClick={() => look.mutate({ name })}
            >
              Look now
            </Button>
            <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate({ name })}>
              Stop watching
            </Button>
          </Group>
        )}
      </div>
      {failed !== null && (
        <Alert color="red" role="alert" title="That was not done">
          {errorWords(failed)}
        </Alert>
      )}
      {progress.data !== undefined && change !== null && (
        <UnderWay progress={progress.data} change={change} />
      )}
      {progress.data !== undefined && !isUnderWay && (
        <>
          <SegmentedControl
            className={css('choice')}
            aria-label="Which way the MX records are to be changed"
            value={direction}
            data={[
              { value: 'in', label: 'To Mailward' },
              { value: 'back', label: 'Put the MX back' },
            ]}
            onChange={(value) => setChosen(value === 'back' ? 'back' : 'in')}
          />
          <Plan
            key={direction}
            name={name}
            direction={direction}
            busy={begin.isPending}
            onBegin={() => begin.mutate({ name, direction })}
          />
        </>
      )}
    </section>
  );
}

function isOver(progress: ChangeProgress | undefined): boolean {
  const change = progress?.change ?? null;
  return change === null || change.stage === 'done';
}

interface PlanProps {
  name: string;
  direction: ChangeDirection;
  busy: boolean;
  onBegin: () => void;
}

/** What to enter. */
function Plan({ name, direction, busy, onBegin }: PlanProps) {
  const { orpc } = useEngine();
  // Its answer costs the name servers a question, so that it is asked for and does not come by itself.
  const [isWanted, setIsWanted] = useState(false);
  const plan = useQuery(
    orpc.changes.plan.queryOptions({ input: { name, direction }, retry: false, enabled: isWanted }),
  );
  if (!isWanted) {
    return (
      <p className={css('begin')}>
        <Button size="sm" variant="default" onClick={() => setIsWanted(true)}>
          Show what to enter
        </Button>
        <span className={css('soft', 'small')}>
          {direction === 'in'
            ? 'So that mail for the domain comes by way of Mailward.'
            : 'So that mail for the domain goes past Mailward again, as before.'}
        </span>
      </p>
    );
  }
  if (plan.error !== null) {
    return (
      <p>
        <WithCode words={sentenceOf(errorWords(plan.error))} />
      </p>
    );
  }
  if (plan.data === undefined) {
    return (
      <p className={css('asking')} role="status">
        <Loader size="xs" aria-hidden="true" />
        <span>Asking the name servers what the MX records are now: 15 seconds at most.</span>
      </p>
    );
  }
  const { data } = plan;
  return (
    <>
      <p>
        {direction === 'in'
          ? 'At whoever hosts the domain’s DNS, let the MX records be these and no others:'
          : 'At whoever hosts the domain’s DNS, let the MX records be as they were before Mailward:'}
      </p>
      <pre className={css('records')}>
        {data.add.map((record) => recordLine(name, record, data.ttl)).join('\n')}
      </pre>
      {data.remove !== null && data.remove.length > 0 && (
        <p>
          Take out: <span className={css('mono')}>{mxWords(data.remove)}</span>
        </p>
      )}
      <HostForm host={data.host} />
      {data.warnings.map((warning) => (
        <p key={warning} className={css('warning')}>
          <WithCode words={warning} />
        </p>
      ))}
      <p className={css('begin')}>
        <Button size="sm" leftSection={<IconEye size={16} />} loading={busy} onClick={onBegin}>
          Watch this change
        </Button>
        <span className={css('soft', 'small')}>
          Mailward changes nothing in DNS itself. It watches every name server and resolver until nobody can
          have the old records any more.
        </span>
      </p>
    </>
  );
}

function recordLine(name: string, { preference, exchange }: ChangePlan['add'][number], ttl: number): string {
  return `${name}.  ${ttl}  IN  MX  ${preference}  ${exchange}.`;
}

/** Refusals of the contract begin in the middle of a sentence. */
function sentenceOf(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.$/, '')}.`;
}

function HostForm({ host }: { host: ChangePlan['host'] }) {
  if (host === null) return null;
  const { form } = host;
  return (
    <div className={css('host')}>
      <p>The domain’s DNS is hosted by {host.name}.</p>
      {form !== null && (
        <dl className={css('facts', 'small')}>
          <dt>Where</dt>
          <dd>{form.place}</dd>
          <dt>Name</dt>
          <dd>{form.host}</dd>
          <dt>Priority</dt>
          <dd>{form.priority}</dd>
          <dt>Server</dt>
          <dd>
            {form.value}
            {form.dot && ', with a dot at the end'}
          </dd>
          <dt>TTL</dt>
          <dd>{form.ttl}</dd>
        </dl>
      )}
    </div>
  );
}

const stages: Readonly<Record<ChangeStage, { state: HealthState; word: string; sentence: string }>> = {
  'to-do': {
    state: 'not-applicable',
    word: 'Not yet',
    sentence: 'No name server of the domain has the new records yet.',
  },
  partly: {
    state: 'attention',
    word: 'On its way',
    sentence: 'Some of the domain’s name servers have the new records, and others do not.',
  },
  spreading: {
    state: 'attention',
    word: 'On its way',
    sentence:
      'All name servers of the domain have the new records; others may keep the old ones for a while.',
  },
  done: { state: 'ok', word: 'Done', sentence: 'Nobody can have the old records any more.' },
};

function UnderWay({ progress, change }: { progress: ChangeProgress; change: MxChange }) {
  const now = useNow();
  const { state, word, sentence } = stages[change.stage];
  const wanted = mxWords(change.wanted);
  const items = change.items.map((item) => seenFor(wanted, item));
  const { messages, senders, lastAt } = progress.stillComes;
  return (
    <>
      <p className={css('stage')} role="status">
        <StateMark state={state} word={word} />
        <span>{sentence}</span>
      </p>
      <dl className={css('facts', 'small')}>
        <dt>{change.direction === 'in' ? 'To Mailward' : 'Back to'}</dt>
        <dd className={css('mono')}>{wanted}</dd>
        {change.before !== null && (
          <>
            <dt>Before</dt>
            <dd className={css('mono')}>{mxWords(change.before)}</dd>
          </>
        )}
        {change.lookedAt !== null && (
          <>
            <dt>Last looked at</dt>
            <dd>
              <Moment at={change.lookedAt} />
              {change.trouble !== '' && `: ${change.trouble}`}
            </dd>
          </>
        )}
      </dl>
      {change.until !== null && change.stage !== 'done' && change.until > now && (
        <p className={css('until')}>
          Everybody must have them by{' '}
          <time dateTime={new Date(change.until).toISOString()}>{exact(change.until)}</time>:{' '}
          <strong role="timer">{countdown(change.until - now)} left</strong>
        </p>
      )}
      {change.direction === 'back' && change.sinceAll !== null && (
        <p>
          {messages === 0
            ? 'No mail has come to Mailward since then.'
            : `${counted(messages, 'message')} from ${counted(senders, 'host')} still came to Mailward since then, and went on as before; the last `}
          {lastAt !== null && <Moment at={lastAt} />}
          {messages > 0 && '.'}
        </p>
      )}
      {items.length > 0 && change.stage !== 'done' && <ServerMap items={items} at={change.lookedAt ?? now} />}
    </>
  );
}

/** What one of those asked has, beside the new records and not beside what most have. */
function seenFor(wanted: string, item: ServerView): ServerView {
  if (item.mx === null) return item;
  return mxWords(item.mx) === wanted
    ? { ...item, state: 'agrees', until: null }
    : { ...item, state: 'differs', until: item.until };
}
