// The MX propagation map: who still has which MX set, until when, and the time by which all must agree, counted down.
import { Switch, VisuallyHidden } from '@mantine/core';
import { useEffect, useEffectEvent, useState } from 'react';
import { classesOf } from '../classes.ts';
import { counted, countdown, exact } from '../format.ts';
import { mxWords } from '../../shared/facts/form.ts';
import type { FactsOf } from '../../shared/facts/index.ts';
import type { ServerView } from '../../shared/facts/mx-propagation.ts';
import { useNow } from './moment.tsx';
import { StateShape } from './state-mark.tsx';
import { pauseBefore } from '../../shared/propagation.ts';
import type { HealthState } from '../../shared/state.ts';
import styles from './propagation.module.css';
import barStyles from './bar.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, barStyles, blockStyles, textStyles);

interface PropagationProps {
  facts: FactsOf<'mx-propagation'>;
  /** When this was so, UTC ms. */
  at: number;
  busy: boolean;
  onAsk: () => void;
}

export function Propagation({ facts, at, busy, onAsk }: PropagationProps) {
  const now = useNow();
  const behind = facts.items.filter(({ state }) => state === 'differs');
  const [follows, setFollows] = useState(false);
  const ask = useEffectEvent(onAsk);
  const isOver = behind.length === 0;
  const next = Math.min(...facts.items.map(({ until }) => until ?? Infinity));
  useEffect(() => {
    if (!follows || busy || isOver) return;
    const timer = setTimeout(ask, pauseBefore([next], Date.now()));
    return () => clearTimeout(timer);
  }, [follows, busy, isOver, at, next]);
  return (
    <section className={css('spread')} aria-label="Who has which MX">
      <p className={css('time')}>
        {facts.until !== null && facts.until > now ? (
          <>
            All must agree by <time dateTime={new Date(facts.until).toISOString()}>{exact(facts.until)}</time>
            <strong className={css('count')} role="timer">
              {countdown(facts.until - now)} left
            </strong>
          </>
        ) : behind.length === 0 ? (
          'Every server that answered has the same MX.'
        ) : facts.until === null ? (
          <>
            {counted(behind.length, 'server')} of {facts.items.length} {behind.length === 1 ? 'has' : 'have'}{' '}
            different MX records; for how long is not known.
          </>
        ) : (
          'All should agree by now: test again to see.'
        )}
      </p>
      <dl className={css('facts', 'small')}>
        <dt>MX now</dt>
        <dd className={css('mono')}>{mxWords(facts.mx)}</dd>
        {facts.before !== null && (
          <>
            <dt>MX before</dt>
            <dd className={css('mono')}>{mxWords(facts.before.mx)}</dd>
          </>
        )}
      </dl>
      {!isOver && (
        <Switch
          checked={follows}
          onChange={(event) => setFollows(event.currentTarget.checked)}
          label="Keep checking: whenever a server’s old records expire, and every 30 seconds"
        />
      )}
      <ServerMap items={facts.items} at={at} />
    </section>
  );
}

/** Name servers and resolvers side by side, each with what it has, and until when. `at`: when this was so, UTC ms. */
export function ServerMap({ items, at }: { items: readonly ServerView[]; at: number }) {
  const now = useNow();
  const longest = Math.max(1, ...items.map(({ until }) => (until ?? at) - at));
  const of = (kind: ServerView['kind']) => items.filter((item) => item.kind === kind);
  return (
    <div className={css('map')}>
      <Column title="The domain’s own name servers" rows={of('authoritative')} longest={longest} now={now} />
      <div className={css('flow')} aria-hidden="true">
        <svg width="28" height="28" viewBox="0 0 28 28">
          <path d="M3 14h20M16 7l7 7-7 7" />
        </svg>
      </div>
      <Column title="Public resolvers" rows={of('resolver')} longest={longest} now={now} />
    </div>
  );
}

interface ColumnProps {
  title: string;
  rows: readonly ServerView[];
  longest: number;
  now: number;
}

function Column({ title, rows, longest, now }: ColumnProps) {
  return (
    <div className={css('column')}>
      <h4>{title}</h4>
      {rows.length === 0 ? (
        <p className={css('soft', 'small')}>None was asked.</p>
      ) : (
        <ul>
          {rows.map((row) => (
            <li key={`${row.name ?? ''} ${row.address}`} data-state={views[row.state].health}>
              <span className={css('who')}>
                <StateShape state={views[row.state].health} />
                <span>
                  {row.name ?? row.address}
                  {row.name !== null && <span className={css('soft', 'small')}> {row.address}</span>}
                  {row.place !== '' && <span className={css('soft', 'small')}>, {row.place}</span>}
                </span>
                <span className={css('word')}>{views[row.state].word}</span>
              </span>
              {row.mx !== null && (
                <span className={css('mono', 'mx')}>{row.mx.length === 0 ? 'no MX' : mxWords(row.mx)}</span>
              )}
              <Left row={row} longest={longest} now={now} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** How long a server may go on with what it has. */
function Left({ row, longest, now }: { row: ServerView; longest: number; now: number }) {
  if (row.until === null) return null;
  const left = Math.max(0, row.until - now);
  return (
    <span className={css('left')}>
      <span className={css('bar')} aria-hidden="true">
        <span style={{ width: `${Math.min(100, (left / longest) * 100)}%` }} />
      </span>
      <span className={css('small', 'nowrap')}>
        <VisuallyHidden>keeps the old records for </VisuallyHidden>
        {left === 0 ? 'expired' : countdown(left)}
      </span>
    </span>
  );
}

const views: Readonly<Record<ServerView['state'], { health: HealthState; word: string }>> = {
  agrees: { health: 'ok', word: 'agrees' },
  differs: { health: 'attention', word: 'differs' },
  silent: { health: 'could-not-check', word: 'no answer' },
  failed: { health: 'attention', word: 'cannot find it' },
};
