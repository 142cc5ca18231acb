// How figures, sizes and times are written on screen. Times are UTC milliseconds in data and the reader's zone here.

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const exactTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});
const clockTime = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const dayTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const yearTime = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const weekdayTime = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayInMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

const minute = 60_000;
const hour = 60 * minute;
const wholeDay = 24 * hour;

export { count, counted } from '../shared/counted.ts';

/** One decimal where it matters: below ten. */
function figure(value: number): string {
  return value >= 10 ? whole.format(value) : short.format(value);
}

/** A rate with one decimal at most. */
export function rate(value: number): string {
  return figure(value);
}

/** How long something took: "0.3 s", "12 s", "3 min". */
export function took(milliseconds: number): string {
  return milliseconds < 10_000 ? `${short.format(milliseconds / 1000)} s` : span(milliseconds);
}

/** Octets in the unit that keeps the figure short (1 kB is 1000 octets). */
export function size(octets: number): string {
  if (octets < 1000) return `${octets} B`;
  if (octets < 1_000_000) return `${figure(octets / 1000)} kB`;
  if (octets < 1_000_000_000) return `${figure(octets / 1_000_000)} MB`;
  return `${figure(octets / 1_000_000_000)} GB`;
}

/** A span of milliseconds in its largest unit: "12 s", "3 min", "2 h", "4 d". */
export function span(milliseconds: number): string {
  const value = Math.abs(milliseconds);
  if (value < minute) return `${Math.round(value / 1000)} s`;
  if (value < hour) return `${Math.floor(value / minute)} min`;
  if (value < wholeDay) return `${Math.floor(value / hour)} h`;
  return `${Math.floor(value / wholeDay)} d`;
}

/** A moment seen from now: "just now", "3 min ago", "in 4 min". */
export function relative(at: number, now: number): string {
  const distance = now - at;
  if (Math.abs(distance) < 2000) return distance >= 0 ? 'just now' : 'now';
  return distance > 0 ? `${span(distance)} ago` : `in ${span(distance)}`;
}

/** The exact moment in the reader's zone. */
export function exact(at: number): string {
  return exactTime.format(at);
}

/** The time of day, with the date in front when it is not today's; of what is far away the date with its year. */
export function sinceWhen(at: number, now: number): string {
  if (Math.abs(now - at) > 300 * wholeDay) return yearTime.format(at);
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? clockTime.format(at) : dayTime.format(at);
}

/** Hours and minutes in the reader's zone. */
export function clock(at: number): string {
  return clockTime.format(at);
}

/** A day as the heading of what happened on it: "Today", "Friday, 27 November"; of what is far away with its year. */
export function dayHeading(at: number, now: number): string {
  const date = new Date(at).toDateString();
  if (date === new Date(now).toDateString()) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (date === yesterday.toDateString()) return 'Yesterday';
  return Math.abs(now - at) > 300 * wholeDay ? dateOnly.format(at) : weekdayTime.format(at);
}

/** "27 Nov": a day on the axis of a chart. */
export function dayOnAxis(at: number): string {
  return dayInMonth.format(at);
}

/** The date in the reader's zone. */
export function day(at: number): string {
  return dateOnly.format(at);
}

/** A time left, to the second while it is short: "4 h 12 min", "12 min 05 s", "9 s". */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${String(rest).padStart(2, '0')} s` : `${rest} s`;
}
