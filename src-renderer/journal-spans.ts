// How far back a domain's record looks, and the stretches of time in which its mail is counted.
import { DAY_MS, HOUR_MS } from '../shared/time.ts';

export type JournalSpan = 'day' | 'week' | 'month';

interface SpanWords {
  /** To be picked: "24 hours". */
  words: string;
  /** ms. */
  length: number;
  /** Hours in one bar of the chart; whole days have a whole number of them. */
  hours: number;
}

export const journalSpans: Readonly<Record<JournalSpan, SpanWords>> = {
  day: { words: '24 hours', length: DAY_MS, hours: 1 },
  week: { words: '7 days', length: 7 * DAY_MS, hours: 2 },
  month: { words: '30 days', length: 30 * DAY_MS, hours: 6 },
};

/** The span up to now, so that its bars begin at full hours of the reader's clock. It stays the same until the last bar is over. */
export function stretchOf(span: JournalSpan, now: number): { from: number; to: number; parts: number } {
  const { length, hours } = journalSpans[span];
  const end = new Date(now);
  end.setHours(Math.floor(end.getHours() / hours) * hours + hours, 0, 0, 0);
  const to = end.getTime();
  return { from: to - length, to, parts: length / (hours * HOUR_MS) };
}

/** Which bars have a mark on the axis: the first of each day, or of every few hours of one. */
export function ticksOf(span: JournalSpan, starts: readonly number[]): number[] {
  if (span === 'day') return starts.filter((at) => new Date(at).getHours() % 3 === 0);
  return starts.filter((at, index) => {
    const before = starts[index - 1];
    return before !== undefined && new Date(before).getDate() !== new Date(at).getDate();
  });
}
