// When did this change? A check's answers over time, as a chart, as a list of changes, and as a sentence.
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { HistoryPoint, Period } from '../../shared/check-run.ts';
import { gravityOf, type HealthState, healthOf, healthSchema } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { useEngine } from '../engine.tsx';
import { counted, exact, sinceWhen } from '../format.ts';
import { healthWords } from '../words.ts';
import { EvidenceList } from './evidence.tsx';
import { Loaded } from './loaded.tsx';
import { useNow } from './moment.tsx';
import { StateMark } from './state-mark.tsx';
import styles from './history-chart.module.css';
import blockStyles from './blocks.module.css';
import chartStyles from './chart.module.css';
import textStyles from './text.module.css';
import { DAY_MS } from '../../shared/time.ts';

const css = classesOf(styles, blockStyles, chartStyles, textStyles);

const spans = { day: DAY_MS, month: 30 * DAY_MS, year: 365 * DAY_MS } as const;
type Span = keyof typeof spans;
const spanWords: Readonly<Record<Span, string>> = { day: '24 hours', month: '30 days', year: 'a year' };

/** Lanes of the chart: the graver, the higher. */
const laneWords: Readonly<Record<HealthState, string>> = {
  problem: 'problem',
  attention: 'attention',
  'could-not-check': 'unknown',
  ok: 'OK',
  'not-applicable': 'n/a',
};
const lanes = healthSchema.options.map((state) => ({ lane: gravityOf(state), word: laneWords[state] }));
/** Changes listed under the chart. */
const MOST_CHANGES = 8;

interface HistoryProps {
  domain: string;
  check: string;
  /** Left out: the worst of all that the check is about. */
  subject?: string;
}

export function HistoryChart({ domain, check, subject }: HistoryProps) {
  const { orpc } = useEngine();
  const [span, setSpan] = useState<Span>('month');
  // The end stands still while the chart is open: a new end with every redraw would be a new question each time.
  const [to] = useState(() => Date.now() + DAY_MS / 24);
  const input = { domain, check, from: to - spans[span], to, ...(subject === undefined ? {} : { subject }) };
  const query = useQuery(orpc.checks.history.queryOptions({ input, staleTime: 0 }));
  const id = `history-${check}-${subject ?? ''}`;
  return (
    <figure className={css('chart', 'history')} aria-labelledby={id}>
      <div className={css('panelHead')}>
        <h3 id={id}>When did this change?</h3>
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          value={span}
          onChange={(value) => setSpan(value)}
          data={(Object.keys(spans) as Span[]).map((value) => ({ value, label: spanWords[value] }))}
        />
      </div>
      <Loaded query={query} busy="Asking Mailward for the history." failed="The history could not be read">
        {({ points, periods }) => (
          <>
            <Lanes points={points} from={input.from} to={to} />
            <figcaption className={css('soft')}>{tell(points, periods, spanWords[span])}</figcaption>
            <Changes periods={periods} lastAt={points.at(-1)?.at ?? to} domain={domain} check={check} />
          </>
        )}
      </Loaded>
    </figure>
  );
}

function Lanes({ points, from, to }: { points: readonly HistoryPoint[]; from: number; to: number }) {
  const now = useNow();
  const data = points.map((point) => ({ ...point, lane: gravityOf(healthOf(point)) }));
  return (
    <div className={css('picture', 'lanes')} aria-hidden="true">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 160 }}>
        <LineChart data={data} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="at"
            type="number"
            domain={[from, to]}
            scale="time"
            tickFormatter={(at: number) => sinceWhen(at, now)}
            tickCount={4}
            minTickGap={48}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            tick={{ fill: 'var(--soft)', fontSize: 12 }}
          />
          <YAxis
            type="number"
            domain={[0, lanes.length - 1]}
            ticks={lanes.map(({ lane }) => lane).reverse()}
            tickFormatter={(tick: number) => lanes.find(({ lane }) => lane === tick)?.word ?? ''}
            width={68}
            interval={0}
            tickLine={false}
            axisLine={false}
            tick={{ fill: 'var(--soft)', fontSize: 12 }}
          />
          <Tooltip
            isAnimationActive={false}
            content={({ payload }) => <PointCard point={payload[0]?.payload as HistoryPoint | undefined} />}
          />
          <Line
            dataKey="lane"
            type="stepAfter"
            stroke="var(--line-strong)"
            strokeWidth={1.5}
            isAnimationActive={false}
            dot={({ cx, cy, payload, index }: DotProps) => (
              <Dot key={index} x={cx ?? 0} y={cy ?? 0} state={healthOf(payload)} />
            )}
            activeDot={false}
          />
        </LineChart>
      </ResponsiveContainer>
    </div>
  );
}

interface DotProps {
  cx?: number;
  cy?: number;
  index?: number;
  payload: HistoryPoint;
}

/** The shapes of the states, small. */
function Dot({ x, y, state }: { x: number; y: number; state: HealthState }) {
  const place = { transform: `translate(${x} ${y})`, className: css('dot'), 'data-state': state };
  if (state === 'problem') return <path {...place} d="m-4-4 8 8M4-4l-8 8" fill="none" strokeWidth="2.500" />;
  if (state === 'attention') return <path {...place} d="M0-5 5 4h-10z" fill="currentColor" stroke="none" />;
  if (state === 'ok') return <circle {...place} r="4" fill="currentColor" stroke="none" />;
  return <circle {...place} r="3.500" fill="var(--page)" strokeWidth="1.600" />;
}

function PointCard({ point }: { point: HistoryPoint | undefined }) {
  if (point === undefined) return null;
  return (
    <div className={css('card')}>
      <strong>{exact(point.at)}</strong>
      <StateMark state={healthOf(point)} />
      {point.subject !== '' && <span>{point.subject}</span>}
      {point.runs > 1 && <span className={css('soft')}>the worst of {counted(point.runs, 'test')}</span>}
    </div>
  );
}

interface ChangesProps {
  periods: readonly Period[];
  /** When the latest test began, UTC ms: a period that reaches it goes on. */
  lastAt: number;
  domain: string;
  check: string;
}

function Changes({ periods, lastAt, domain, check }: ChangesProps) {
  const now = useNow();
  // That one of several was in order is no news, unless it is the only thing that the check says.
  const several = periods.some(({ subject, state }) => subject !== '' && state === 'problem');
  const told = periods.filter(({ subject, state }) => !(several && subject !== '' && state === 'ok'));
  const rest = told.length - MOST_CHANGES;
  if (told.length === 0) return null;
  return (
    <ol className={css('changes')}>
      {told.slice(0, MOST_CHANGES).map((period) => (
        <li key={`${period.since} ${period.subject} ${period.code}`}>
          <StateMark state={healthOf(period)} />
          <span className={css('when')}>
            {period.lastAt >= lastAt && 'since '}
            <span className={css('nowrap')}>{sinceWhen(period.since, now)}</span>
            {period.lastAt > period.since && period.lastAt < lastAt && (
              <>
                {' '}
                to <span className={css('nowrap')}>{sinceWhen(period.lastAt, now)}</span>
              </>
            )}
          </span>
          <div>
            {period.subject !== '' && <b>{period.subject}: </b>}
            {period.summary}
            <EvidenceList finding={{ ...period, check }} domain={domain} />
          </div>
        </li>
      ))}
      {rest > 0 && <li className={css('rest', 'soft')}>and {counted(rest, 'earlier period')}</li>}
    </ol>
  );
}

/** The chart in words. */
function tell(points: readonly HistoryPoint[], periods: readonly Period[], span: string): string {
  const last = points.at(-1);
  if (last === undefined) return `It was not tested in the last ${span}.`;
  const tests = points.reduce((sum, { runs }) => sum + runs, 0);
  const changes = points.filter((point, index) => {
    const before = points[index - 1];
    return before !== undefined && healthOf(before) !== healthOf(point);
  });
  const tested = `It was tested ${tests === 1 ? 'once' : `${tests} times`} in the last ${span === 'a year' ? 'year' : span}`;
  const [present] = periods;
  const since = present === undefined ? '' : `, so since ${exact(present.since)}`;
  const lastChange = changes.at(-1);
  if (lastChange === undefined)
    return `${tested}${tests === 1 ? ', with the result' : ', always with the same result'}: ${healthWords[healthOf(last)]}${since}.`;
  return `${tested} and changed ${changes.length === 1 ? 'once' : `${changes.length} times`}, last on ${exact(lastChange.at)} to: ${healthWords[healthOf(lastChange)]}.`;
}
