// What a domain's record says of times, figures and telephone numbers.
import { describe, expect, it, test } from 'vitest';
import type { ArrivalBucket, Arrivals } from '../../shared/arrivals.ts';
import { MOST_ARRIVAL_PARTS } from '../../shared/arrivals.ts';
import { journalKindSchema } from '../../shared/journal.ts';
import { groupOf, journalGroups, kindsOf } from '../../src-renderer/journal-groups.ts';
import { journalSpans, stretchOf, ticksOf, type JournalSpan } from '../../src-renderer/journal-spans.ts';
import { type ChartMark, tell } from '../../src-renderer/parts/arrivals-chart.tsx';
import { dialledOf } from '../../src-renderer/parts/reach.tsx';

const HOUR = 3_600_000;
const spans = Object.keys(journalSpans) as JournalSpan[];

test('every kind of change is in one group, and can be picked', () => {
  const picked = journalGroups.flatMap(kindsOf);
  expect(picked.toSorted()).toEqual(journalKindSchema.options.toSorted());
  expect(kindsOf('dns').every((kind) => groupOf(kind) === 'dns')).toBe(true);
});

describe('the time that is shown', () => {
  it.each(spans)(
    'ends with the present (%s), in whole hours of the reader’s clock, in no more parts than can be asked for',
    (span) => {
      const now = new Date(2026, 4, 7, 13, 37, 12).getTime();
      const { from, to, parts } = stretchOf(span, now);
      expect(to).toBeGreaterThan(now);
      expect(to - now).toBeLessThanOrEqual(journalSpans[span].hours * HOUR);
      expect(to - from).toBe(journalSpans[span].length);
      expect(parts).toBeLessThanOrEqual(MOST_ARRIVAL_PARTS);
      const end = new Date(to);
      expect([end.getHours() % journalSpans[span].hours, end.getMinutes(), end.getSeconds()]).toEqual([
        0, 0, 0,
      ]);
    },
  );

  it('is the same until its last bar is over', () => {
    const at = (minute: number) => stretchOf('day', new Date(2026, 4, 7, 13, minute).getTime());
    expect(at(0)).toEqual(at(59));
    expect(at(60)).not.toEqual(at(59));
  });

  it('has a mark on the axis where a day begins, or every three hours', () => {
    const starts = (span: JournalSpan) => {
      const { from, to, parts } = stretchOf(span, new Date(2026, 4, 7, 13, 37).getTime());
      return Array.from({ length: parts }, (_, part) => from + (part * (to - from)) / parts);
    };
    const hours = (ticks: number[]) => ticks.map((at) => new Date(at).getHours());
    expect(hours(ticksOf('week', starts('week')))).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(hours(ticksOf('day', starts('day')))).toEqual([15, 18, 21, 0, 3, 6, 9, 12]);
  });
});

describe('the chart in words', () => {
  const start = new Date(2026, 4, 7, 0, 0).getTime();
  const now = start + 24 * HOUR - 10 * 60_000;
  function arrivals(figures: Record<number, Partial<ArrivalBucket>>, countedFrom = start): Arrivals {
    const none = { accepted: 0, delivered: 0, refused: 0, rejected: 0 };
    const buckets = Array.from({ length: 24 }, (_, hour) => ({
      at: start + hour * HOUR,
      ...none,
      ...figures[hour],
    }));
    return { each: HOUR, countedFrom, buckets };
  }
  const say = (given: Arrivals, marks: ChartMark[] = []) => tell(given, 'day', marks, now);

  it('says how much came and what has become of it', () => {
    expect(say(arrivals({ 22: { accepted: 3, delivered: 3 }, 23: { accepted: 2, delivered: 1 } }))).toBe(
      'In the last 24 hours 5 messages came in, 4 were delivered and 1 was not delivered so far.',
    );
    expect(say(arrivals({ 23: { accepted: 1, refused: 1, rejected: 7 } }))).toBe(
      'In the last 24 hours 1 message came in, 0 were delivered, 1 was refused by your server or given up and 7 were rejected on arrival.',
    );
    expect(say(arrivals({ 23: { rejected: 1 } }))).toBe(
      'In the last 24 hours 0 messages came in and 1 was rejected on arrival.',
    );
    expect(say(arrivals({}))).toBe('In the last 24 hours no mail came.');
  });

  it('says since when none has come, where that is longer than a bar', () => {
    expect(say(arrivals({ 9: { accepted: 4, delivered: 4 } }))).toMatch(/ None has come since .*10:00:00\.$/);
    expect(say(arrivals({ 22: { accepted: 4, delivered: 4 } }))).not.toContain('None');
  });

  it('does not say of what the log does not have that there was none', () => {
    expect(say(arrivals({}, start + 6 * HOUR))).toMatch(
      /^Since .*06:00:00, as far back as it can be counted, no mail came\.$/,
    );
  });

  it('says what changed last, whatever the order', () => {
    const marks: ChartMark[] = [
      { at: start + HOUR, group: 'dns', title: 'MX records changed' },
      { at: start + 2 * HOUR, group: 'here', title: 'Route changed' },
    ];
    expect(say(arrivals({}), marks)).toMatch(
      / 2 changes are marked, the latest on .*02:00:00: Route changed\.$/,
    );
    expect(say(arrivals({}), marks.slice(0, 1))).toContain(' 1 change is marked, ');
  });
});

test.each([
  ['+49 30 1234-56', '+49301234' + '56'],
  ['+49 (0)30 1234', '+49301234'],
  ['030/1234', '0301234'],
  ['030 5678 ext. 12', '0305678'],
  ['030 1234 / 0171 555', '0301234'],
  ['117 (mobile)', '117'],
  ['0800-MAILNOW', null],
  ['ask Ann', null],
  ['1', null],
  ['javascript:alert(1)', null],
  ['', null],
])('of %j a telephone dials %j', (number, dialled) => {
  expect(dialledOf(number)).toBe(dialled);
});
