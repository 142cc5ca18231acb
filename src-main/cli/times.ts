// Times as they are typed on the command line.
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/time.ts';
import { Ended, EXIT } from './context.ts';

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** Whether a text begins with a day that there is: `Date.parse` takes the 31st of February for the 3rd of March. */
function isDay(text: string): boolean {
  const [, year, month = '1', day = '1'] = /^(\d{4})-(\d\d)?(?:-(\d\d))?/.exec(text) ?? [];
  return year !== undefined && Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/** A date, or a date and time (UTC ms): local, unless the text says which zone it is of. */
export function readMoment(text: string): number {
  return readMomentOr(text, '2026-03-01 or 2026-03-01T08:00');
}

/** As `readMoment`, or how long before `now` it was: `90m`, `4h`, `2d`. */
export function readPast(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, now - Number(count) * (UNITS[unit] ?? 0));
  return readMomentOr(text, '90m, 4h, 2d, 2026-03-01 or 2026-03-01T08:00');
}

function readMomentOr(text: string, expected: string): number {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00`) : Date.parse(text);
  if (!isDay(text) || !Number.isFinite(time) || time < 0)
    throw new Ended(EXIT.usage, `"${text}" is not a time; write ${expected}`);
  return time;
}
