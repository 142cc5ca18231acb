// What changed about a domain, and when: a time line, newest first, below its mail on the same axis of time.
import { Button, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { JournalEntry } from '../../shared/journal.ts';
import { journalWords } from '../../shared/journal-words.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { clock, dayHeading, exact } from '../format.ts';
import { type JournalGroup, groupOf, groupWords, journalGroups, kindsOf } from '../journal-groups.ts';
import { type JournalSpan, journalSpans, stretchOf } from '../journal-spans.ts';
import { ArrivalsChart } from './arrivals-chart.tsx';
import { FilterLine, FilterPick } from './filters.tsx';
import { JournalMark } from './journal-mark.tsx';
import { Loaded, together } from './loaded.tsx';
import { LongText } from './long-text.tsx';
import { useNow } from './moment.tsx';
import styles from './journal-panel.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

/** What the world changes comes by itself, ms. */
const LOOK_AGAIN = 30_000;
/** Entries asked for at once: of the span all that the chart can mark, of what is older as many as are listed. */
const IN_SPAN = 500;
const OLDER = 50;
/** Entries listed at first, and with each wish for more. */
const LISTED = 20;

/** Where a page of the journal begins. What is older than the span comes only when it is asked for. */
interface PageStart {
  isOlder: boolean;
  before?: number;
}

export function JournalPanel({ name }: { name: string }) {
  const [span, setSpan] = useState<JournalSpan>('week');
  const [group, setGroup] = useState<JournalGroup | undefined>();
  return (
    <section className={css('panel', 'section')} aria-labelledby="journal">
      <div className={css('panelHead')}>
        <h2 id="journal">What changed, and when</h2>
        <FilterLine>
          <FilterPick
            label="Which changes"
            every="All changes"
            options={journalGroups.map((value) => ({ value, label: groupWords[value].long }))}
            value={group}
            onPick={(picked) => setGroup(journalGroups.find((one) => one === picked))}
          />
          <SegmentedControl
            size="xs"
            aria-label="How far back"
            value={span}
            onChange={(value) => setSpan(value)}
            data={(Object.keys(journalSpans) as JournalSpan[]).map((value) => ({
              value,
              label: journalSpans[value].words,
            }))}
          />
        </FilterLine>
      </div>
      <TimeLine key={`${span} ${group ?? ''}`} name={name} span={span} group={group} />
    </section>
  );
}

interface TimeLineProps {
  name: string;
  span: JournalSpan;
  /** Undefined: all. */
  group: JournalGroup | undefined;
}

function TimeLine({ name, span, group }: TimeLineProps) {
  const { orpc } = useEngine();
  const now = useNow();
  const { from, to, parts } = stretchOf(span, now);
  // The list does not jump when a bar of the chart is over and another one begins.
  const [since] = useState(from);
  const [most, setMost] = useState(LISTED);
  const rates = useQuery(
    orpc.journal.rates.queryOptions({
      input: { domain: name, from, to, parts },
      refetchInterval: LOOK_AGAIN,
      placeholderData: (before) => before,
    }),
  );
  const journal = useInfiniteQuery(
    orpc.journal.list.infiniteOptions({
      input: ({ isOlder, before }: PageStart) => ({
        domain: name,
        ...(group === undefined ? {} : { kinds: kindsOf(group) }),
        ...(isOlder ? { to: since, limit: OLDER } : { from: since, limit: IN_SPAN }),
        ...(before === undefined ? {} : { before }),
      }),
      initialPageParam: { isOlder: false },
      getNextPageParam: (last, _pages, { isOlder }): PageStart | undefined => {
        const before = last.entries.at(-1)?.id;
        if (last.more && before !== undefined) return { isOlder, before };
        return isOlder ? undefined : { isOlder: true };
      },
      refetchInterval: LOOK_AGAIN,
    }),
  );
  const pages = journal.data?.pages;
  const entries = useMemo(() => pages?.flatMap((page) => page.entries) ?? [], [pages]);
  const marks = useMemo(
    () =>
      entries
        .filter(({ at }) => at >= from)
        .map((entry) => ({
          at: entry.at,
          group: groupOf(entry.kind),
          title: journalWords(entry, exact).title,
        })),
    [entries, from],
  );
  const hasMore = entries.length > most || journal.hasNextPage;
  const more = () => {
    const next = Math.min(most, entries.length) + LISTED;
    setMost(next);
    if (entries.length < next && journal.hasNextPage) void journal.fetchNextPage();
  };
  return (
    <Loaded
      query={together({ rates, journal })}
      busy="Asking Mailward for the journal and the log."
      failed="The journal could not be read"
    >
      {({ rates: arrivals }) => (
        <>
          <ArrivalsChart arrivals={arrivals} span={span} marks={marks} now={rates.dataUpdatedAt} />
          {marks.length === 0 && (
            <p>
              {group === undefined ? 'Nothing' : `Nothing of this kind (${groupWords[group].long})`} changed
              in the last {journalSpans[span].words}.
            </p>
          )}
          <Days entries={entries.slice(0, most)} now={now} />
          {hasMore ? (
            <Button
              className={css('more')}
              variant="default"
              size="xs"
              loading={journal.isFetchingNextPage}
              onClick={more}
            >
              Show older changes
            </Button>
          ) : (
            entries.length > most - LISTED && (
              <p className={css('soft', 'small')}>Nothing older is in the journal.</p>
            )
          )}
        </>
      )}
    </Loaded>
  );
}

function Days({ entries, now }: { entries: readonly JournalEntry[]; now: number }) {
  const days: { heading: string; entries: JournalEntry[] }[] = [];
  for (const entry of entries) {
    const heading = dayHeading(entry.at, now);
    const last = days.at(-1);
    if (last?.heading === heading) last.entries.push(entry);
    else days.push({ heading, entries: [entry] });
  }
  return days.map((day) => (
    <section key={day.entries[0]?.id} className={css('day')}>
      <h3>{day.heading}</h3>
      <ol className={css('entries')}>
        {day.entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
    </section>
  ));
}

function Entry({ entry }: { entry: JournalEntry }) {
  const { title, was, is, by } = journalWords(entry, exact);
  return (
    <li className={css('entry')}>
      <time
        className={css('time', 'soft')}
        dateTime={new Date(entry.at).toISOString()}
        title={exact(entry.at)}
      >
        {clock(entry.at)}
      </time>
      <span className={css('kind', 'soft')}>
        <JournalMark group={groupOf(entry.kind)} />
      </span>
      <div className={css('what')}>
        <p className={css('title')}>{title}</p>
        {(was !== null || is !== null) && (
          <p>
            {was !== null && (
              <>
                <span className={css('soft', 'small')}>was</span> <LongText text={was} />
              </>
            )}
            {was !== null && is !== null && <span aria-hidden="true"> → </span>}
            {is !== null && (
              <>
                <span className={css('soft', 'small')}>is</span> <LongText text={is} />
              </>
            )}
          </p>
        )}
        {by !== '' && <p className={css('soft', 'small')}>{by.charAt(0).toUpperCase() + by.slice(1)}</p>}
      </div>
    </li>
  );
}
