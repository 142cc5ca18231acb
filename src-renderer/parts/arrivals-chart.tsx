// When did mail come, and what changed? A domain's messages over time with a mark where something changed, and the same as a sentence.
import { memo } from 'react';
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { ArrivalBucket, Arrivals } from '../../shared/arrivals.ts';
import { HOUR_MS } from '../../shared/time.ts';
import { classesOf } from '../classes.ts';
import { clock, count, counted, dayOnAxis, exact } from '../format.ts';
import { type JournalGroup, groupWords, journalGroups } from '../journal-groups.ts';
import { type JournalSpan, journalSpans, ticksOf } from '../journal-spans.ts';
import { JournalMark, journalShapes } from './journal-mark.tsx';
import styles from './arrivals-chart.module.css';
import chartStyles from './chart.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, chartStyles, textStyles);

/** A change as it is marked in the chart. */
export interface ChartMark {
  /** UTC ms. */
  at: number;
  group: JournalGroup;
  title: string;
}

interface Bars extends ArrivalBucket {
  /** Neither delivered nor refused. */
  waiting: number;
  marks: ChartMark[];
}

const series = [
  { key: 'delivered', name: 'delivered', look: 'delivered', fill: 'var(--ok)' },
  { key: 'waiting', name: 'not delivered so far', look: 'deferred', fill: 'var(--amber)' },
  { key: 'refused', name: 'refused, or given up', look: 'refused', fill: 'var(--problem)' },
  { key: 'rejected', name: 'rejected on arrival', look: 'rejected', fill: 'var(--hollow)' },
] as const;

interface ArrivalsChartProps {
  arrivals: Arrivals;
  span: JournalSpan;
  marks: readonly ChartMark[];
  /** UTC ms, as old as the figures. */
  now: number;
}

export const ArrivalsChart = memo(function ArrivalsChart({ arrivals, span, marks, now }: ArrivalsChartProps) {
  const bars = barsOf(arrivals, marks);
  const unknown = bars.filter(({ at }) => at < arrivals.countedFrom);
  const [first, last] = [unknown[0], unknown.at(-1)];
  const marked = bars.filter((bar) => bar.marks.length > 0);
  return (
    <figure className={css('chart')} aria-labelledby="arrivals-title">
      <div className={css('head')}>
        <h3 id="arrivals-title">When did mail come, and what changed?</h3>
        <span className={css('soft', 'small')}>{perBar(span)}</span>
      </div>
      <div className={css('picture', 'arrivals')} aria-hidden="true">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 200 }}>
          <ComposedChart
            data={bars}
            margin={{ top: 16, right: 8, bottom: 0, left: 0 }}
            barCategoryGap={1}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="at"
              ticks={ticksOf(
                span,
                bars.map(({ at }) => at),
              )}
              tickFormatter={(at: number) => (span === 'day' ? clock(at) : dayOnAxis(at))}
              interval="equidistantPreserveStart"
              minTickGap={16}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-strong)' }}
              tick={{ fill: 'var(--soft)', fontSize: 12 }}
            />
            <YAxis
              allowDecimals={false}
              width={40}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--soft)', fontSize: 12 }}
            />
            <Tooltip
              cursor={{ fill: 'var(--hover)' }}
              isAnimationActive={false}
              wrapperStyle={{ zIndex: 1 }}
              content={({ payload }) => (
                <BarCard
                  bar={payload[0]?.payload as Bars | undefined}
                  each={arrivals.each}
                  countedFrom={arrivals.countedFrom}
                />
              )}
            />
            {first !== undefined && last !== undefined && (
              <ReferenceArea x1={first.at} x2={last.at} fill="var(--line)" fillOpacity={0.6} />
            )}
            {series.map(({ key, fill }) => (
              <Bar key={key} dataKey={key} stackId="came" fill={fill} isAnimationActive={false} />
            ))}
            {marked.map((bar) => (
              <ReferenceLine
                key={bar.at}
                x={bar.at}
                stroke="var(--focus)"
                strokeDasharray="3 3"
                label={({ viewBox }: { viewBox: { x: number; y: number } }) => (
                  <MarkOnTop x={viewBox.x} y={viewBox.y - 7} groups={groupsIn(bar)} />
                )}
              />
            ))}
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <ul className={css('legend')} aria-hidden="true">
        {series.map(({ key, name, look }) => (
          <li key={key} className={css('series')} data-series={look}>
            {name}
          </li>
        ))}
        {journalGroups
          .filter((group) => marked.some((bar) => groupsIn(bar).includes(group)))
          .map((group) => (
            <li key={group}>
              <JournalMark group={group} words={groupWords[group].mark} />
            </li>
          ))}
      </ul>
      <figcaption className={css('soft')}>{tell(arrivals, span, marks, now)}</figcaption>
    </figure>
  );
});

/** The shapes of all that changed, on each other where there are several. */
function MarkOnTop({ x, y, groups }: { x: number; y: number; groups: readonly JournalGroup[] }) {
  return groups.map((group, index) => (
    <g key={group} className={css('onTop')} transform={`translate(${x} ${y - 3 * index})`}>
      {journalShapes[group]}
    </g>
  ));
}

function groupsIn({ marks }: Bars): JournalGroup[] {
  return journalGroups.filter((group) => marks.some((mark) => mark.group === group));
}

function barsOf({ buckets, each }: Arrivals, marks: readonly ChartMark[]): Bars[] {
  return buckets.map((bucket) => ({
    ...bucket,
    waiting: bucket.accepted - bucket.delivered - bucket.refused,
    marks: marks.filter(({ at }) => at >= bucket.at && at < bucket.at + each),
  }));
}

function perBar(span: JournalSpan): string {
  const { hours, words } = journalSpans[span];
  return `messages ${hours === 1 ? 'an hour' : `in ${hours} hours`}, last ${words}`;
}

/** Changes named in the card; more are counted. */
const MOST_NAMED = 5;

interface BarCardProps {
  bar: Bars | undefined;
  each: number;
  countedFrom: number;
}

function BarCard({ bar, each, countedFrom }: BarCardProps) {
  if (bar === undefined) return null;
  const { at, marks } = bar;
  return (
    <div className={css('card', 'wide')}>
      <strong>
        {dayOnAxis(at)}, {clock(at)} to {clock(at + each)}
      </strong>
      {at < countedFrom ? (
        <span>not counted: not all of it is in the log</span>
      ) : (
        series.map(({ key, name, look }) => (
          <span key={key} className={css('series')} data-series={look}>
            <b>{count(bar[key])}</b> {name}
          </span>
        ))
      )}
      {marks.slice(0, MOST_NAMED).map((mark) => (
        <span key={`${mark.at} ${mark.title}`}>
          {clock(mark.at)} {mark.title}
        </span>
      ))}
      {marks.length > MOST_NAMED && (
        <span className={css('soft')}>and {counted(marks.length - MOST_NAMED, 'more change')}</span>
      )}
    </div>
  );
}

/** The chart in words. */
export function tell(
  { buckets, each, countedFrom }: Arrivals,
  span: JournalSpan,
  marks: readonly ChartMark[],
  now: number,
): string {
  const total = (key: keyof ArrivalBucket) => buckets.reduce((sum, bucket) => sum + bucket[key], 0);
  const [accepted, delivered, refused, rejected] = [
    total('accepted'),
    total('delivered'),
    total('refused'),
    total('rejected'),
  ];
  const isShort = countedFrom > (buckets[0]?.at ?? 0);
  const time = isShort
    ? `Since ${exact(countedFrom)}, as far back as it can be counted,`
    : `In the last ${journalSpans[span].words}`;
  return [
    accepted + rejected === 0
      ? `${time} no mail came.`
      : `${time} ${listed([
          `${counted(accepted, 'message')} came in`,
          ...(accepted === 0 ? [] : [`${were(delivered)} delivered`]),
          ...(refused === 0 ? [] : [`${were(refused)} refused by your server or given up`]),
          ...(accepted > delivered + refused
            ? [`${were(accepted - delivered - refused)} not delivered so far`]
            : []),
          ...(rejected === 0 ? [] : [`${were(rejected)} rejected on arrival`]),
        ])}.${quietSince(buckets, each, now)}`,
    ...(marks.length === 0
      ? []
      : [`${counted(marks.length, 'change is', 'changes are')} marked, the latest on ${latest(marks)}.`]),
  ].join(' ');
}

function were(number: number): string {
  return `${count(number)} ${number === 1 ? 'was' : 'were'}`;
}

function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** That nothing has come for long is the first thing to see; whether it is long, the reader knows best. */
function quietSince(buckets: readonly ArrivalBucket[], each: number, now: number): string {
  const last = buckets.findLast(({ accepted, rejected }) => accepted + rejected > 0);
  if (last === undefined || now - (last.at + each) < Math.max(each, HOUR_MS)) return '';
  return ` None has come since ${exact(last.at + each)}.`;
}

function latest(marks: readonly ChartMark[]): string {
  const newest = marks.reduce((best, mark) => (mark.at > best.at ? mark : best));
  return `${exact(newest.at)}: ${newest.title}`;
}
