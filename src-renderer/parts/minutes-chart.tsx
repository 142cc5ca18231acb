// The last 60 minutes as a chart that answers one question, and the same answer as a sentence.
import { memo } from 'react';
import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { Minute } from '../../shared/overview.ts';
import { classesOf } from '../classes.ts';
import { clock, count, counted } from '../format.ts';
import styles from './minutes-chart.module.css';
import blockStyles from './blocks.module.css';
import chartStyles from './chart.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, chartStyles, textStyles);

const series = [
  { key: 'accepted', name: 'came in' },
  { key: 'delivered', name: 'delivered' },
  { key: 'deferred', name: 'deferred' },
  { key: 'refused', name: 'refused by your server' },
  { key: 'rejected', name: 'rejected on arrival' },
] as const;

type SeriesKey = (typeof series)[number]['key'];

export const MinutesChart = memo(function MinutesChart({ minutes }: { minutes: readonly Minute[] }) {
  const sentence = tell(minutes);
  return (
    <figure className={css('chart', 'panel')}>
      <div className={css('panelHead')}>
        <h2 id="minutes-title">Does mail leave as fast as it comes in?</h2>
        <span className={css('soft', 'small')}>messages a minute, last 60 minutes</span>
      </div>
      <div className={css('picture', 'hour')} aria-hidden="true">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 220 }}>
          <ComposedChart
            data={[...minutes]}
            margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
            barCategoryGap={1}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="at"
              tickFormatter={(at: number) => clock(at)}
              interval="equidistantPreserveStart"
              minTickGap={24}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-strong)' }}
              tick={{ fill: 'var(--soft)', fontSize: 12 }}
            />
            <YAxis
              allowDecimals={false}
              width={36}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--soft)', fontSize: 12 }}
            />
            <Tooltip
              cursor={{ fill: 'var(--hover)' }}
              isAnimationActive={false}
              content={({ payload }) => <MinuteCard minute={payload[0]?.payload as Minute | undefined} />}
            />
            <Area
              dataKey="accepted"
              type="step"
              fill="none"
              stroke="var(--focus)"
              strokeWidth={2}
              isAnimationActive={false}
              activeDot={false}
            />
            <Bar
              dataKey="delivered"
              stackId="out"
              fill="var(--ok)"
              fillOpacity={0.75}
              isAnimationActive={false}
            />
            <Bar dataKey="deferred" stackId="out" fill="var(--amber)" isAnimationActive={false} />
            <Bar dataKey="refused" stackId="out" fill="var(--problem)" isAnimationActive={false} />
            <Bar dataKey="rejected" stackId="out" fill="var(--hollow)" isAnimationActive={false} />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <ul className={css('legend')} aria-hidden="true">
        {series.map(({ key, name }) => (
          <li key={key} className={css('series')} data-series={key}>
            {name}
          </li>
        ))}
      </ul>
      <figcaption className={css('soft')}>{sentence}</figcaption>
    </figure>
  );
});

function MinuteCard({ minute }: { minute: Minute | undefined }) {
  if (minute === undefined) return null;
  return (
    <div className={css('card')}>
      <strong>{clock(minute.at)}</strong>
      {series.map(({ key, name }) => (
        <span key={key} className={css('series')} data-series={key}>
          <b>{count(minute[key])}</b> {name}
        </span>
      ))}
    </div>
  );
}

/** The chart in words. */
export function tell(minutes: readonly Minute[]): string {
  const total = (key: SeriesKey) => minutes.reduce((sum, minute) => sum + minute[key], 0);
  const accepted = total('accepted');
  const delivered = total('delivered');
  const rejected = total('rejected');
  if (accepted + delivered + rejected + total('deferred') + total('refused') === 0) {
    return 'No mail came or went in the last 60 minutes.';
  }
  const parts = [
    `${counted(accepted, 'message')} came in`,
    `${count(delivered)} ${delivered === 1 ? 'was' : 'were'} delivered`,
  ];
  if (total('deferred') > 0)
    parts.push(`${counted(total('deferred'), 'attempt was', 'attempts were')} deferred`);
  if (total('refused') > 0)
    parts.push(
      `${count(total('refused'))} ${total('refused') === 1 ? 'was' : 'were'} refused by your server`,
    );
  if (rejected > 0) parts.push(`${count(rejected)} ${rejected === 1 ? 'was' : 'were'} rejected on arrival`);
  const busiest = minutes.reduce<Minute | null>(
    (best, minute) => (best === null || minute.accepted > best.accepted ? minute : best),
    null,
  );
  const last = parts.pop() ?? '';
  const peak =
    busiest !== null && busiest.accepted > 0
      ? ` The busiest minute was ${clock(busiest.at)}, with ${counted(busiest.accepted, 'message')}.`
      : '';
  return `In the last 60 minutes ${parts.join(', ')} and ${last}.${peak}`;
}
