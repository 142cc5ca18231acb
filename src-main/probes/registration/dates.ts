// Reads dates as registries write them. One that could be two days is none, unless it is known how the registry writes.
import { DAY_MS } from '../../../shared/time.ts';

/** Which comes first where a date is three numbers with the year last. */
export type DateOrder = 'day-first' | 'month-first';

/** The first letters of the months' names, without accents, by language where they differ from English. */
const monthNames: readonly (readonly string[])[] = [
  ['jan', 'ene', 'gen', 'oca', 'янв', 'січ'],
  ['feb', 'fev', 'fév', 'sub', 'şub', 'фев', 'лют'],
  ['mar', 'mär', 'mrt', 'mrz', 'мар', 'бер'],
  ['apr', 'abr', 'avr', 'nis', 'апр', 'кві'],
  ['may', 'mai', 'mag', 'maj', 'mei', 'мая', 'май', 'тра'],
  ['jun', 'juin', 'giu', 'haz', 'июн', 'чер'],
  ['jul', 'juil', 'lug', 'tem', 'июл', 'лип'],
  ['aug', 'ago', 'aou', 'agu', 'авг', 'сер'],
  ['sep', 'set', 'eyl', 'сен', 'вер'],
  ['oct', 'okt', 'out', 'ott', 'eki', 'окт', 'жов'],
  ['nov', 'kas', 'ноя', 'лис'],
  ['dec', 'dez', 'dic', 'des', 'ara', 'дек', 'гру'],
].map((names) => names.map(unaccented));

/** Offsets of zones by the names that registries use, minutes ahead of UTC. Names of several zones (`CST`, `IST`) are left out: UTC. */
const zones: Readonly<Record<string, number>> = {
  ...{ z: 0, utc: 0, gmt: 0, wet: 0, west: 60, bst: 60, cet: 60, cest: 120, mez: 60, mesz: 120 },
  ...{ eet: 120, eest: 180, sast: 120, trt: 180, msk: 180, msd: 240, eat: 180, gst: 240, uzt: 300, pkt: 300 },
  ...{
    ict: 420,
    wib: 420,
    hkt: 480,
    sgt: 480,
    myt: 480,
    awst: 480,
    jst: 540,
    kst: 540,
    aest: 600,
    aedt: 660,
  },
  ...{ nzst: 720, nzdt: 780, brt: -180, brst: -120, art: -180, clt: -240, clst: -180, vet: -240 },
  ...{ est: -300, edt: -240, cdt: -300, mst: -420, mdt: -360, pst: -480, pdt: -420 },
};

const clock = /(?:^|[T\s])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap]\.?m\b\.?)?/i;
const offset = /^\s*\(?(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?\b/i;
const zoneName = /^\s*\(?([A-Z]{1,5})\b/i;
const LETTERS = String.raw`[\p{L}.]{3,12}`;
const numbersFirst = /^(\d{4})\s?([-/. ])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)/;
const nameAmid = new RegExp(String.raw`^(\d{4})[-/. ]\s?(${LETTERS})[-/. ]\s?(\d{1,2})(?!\d)`, 'u');
const compact = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?(?!\d)/;
const eastAsian = /^(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]/;
const numbersLast = /^(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)/;
const dayNameYear = new RegExp(
  String.raw`^(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[-/. ]\s?(?:(?:de|of) )?(${LETTERS})[-/., ]+(?:de |del )?(\d{4})(?!\d)`,
  'iu',
);
const nameDayYear = new RegExp(
  String.raw`^(${LETTERS})[- ](\d{1,2})(?:st|nd|rd|th)?,?[- ](\d{4})(?!\d)`,
  'iu',
);
/** `Thu Mar 13 23:59:59 GMT 2027`, as C's `ctime` and `date` write. */
const ctime = new RegExp(
  String.raw`^(${LETTERS}) (\d{1,2}) (\d{1,2}:\d{2}(?::\d{2})?(?: [A-Z]{3,5}| [+-]\d{4})?) (\d{4})(?!\d)`,
  'iu',
);
const weekday = /^\p{L}{2,12}\.?,? (?=[\p{L}\d])/u;

/** No registration ends before the registries began, or lasts a hundred years: such a date is a placeholder, or of another calendar. */
const FIRST_YEAR = 1985;
const LAST_YEAR = 2150;

/**
 * A date as registries write it, UTC ms; a day without a time begins at 00:00 UTC. Null when it is none, has a year of two digits,
 * or could be two: `03/04/2027` is in March for some and in April for others. Dots separate a day from its month everywhere.
 * @param order how this registry writes three numbers with the year last; left out when it is not known.
 */
export function readDate(text: string, order?: DateOrder): number | null {
  const plain = text
    .slice(0, 200)
    .normalize('NFKC')
    .replace(/^[\s"'(]+/, '')
    .replace(/[\s_]+/g, ' ')
    .trim();
  return readPlain(plain, order) ?? readPlain(plain.replace(weekday, ''), order);
}

function readPlain(plain: string, order: DateOrder | undefined): number | null {
  const tight = compact.exec(plain);
  if (tight) {
    const [all, year, month, day, hours, minutes, seconds] = tight;
    if (hours !== undefined) return make(year, month, day, ` ${hours}:${minutes ?? ''}:${seconds ?? ''}`);
    return make(year, month, day, plain.slice(all.length));
  }
  const first = numbersFirst.exec(plain);
  if (first) return make(first[1], first[3], first[4], plain.slice(first[0].length));
  const asian = eastAsian.exec(plain);
  if (asian) return make(asian[1], asian[2], asian[3], plain.slice(asian[0].length));
  const amid = nameAmid.exec(plain);
  if (amid) return make(amid[1], amid[2], amid[3], plain.slice(amid[0].length));
  const last = numbersLast.exec(plain);
  if (last) {
    const [all, one = '', separator, two = '', year] = last;
    const rest = plain.slice(all.length);
    const known = separator === '.' ? 'day-first' : (order ?? tell(Number(one), Number(two)));
    if (known === null) return null;
    return known === 'day-first' ? make(year, two, one, rest) : make(year, one, two, rest);
  }
  const unix = ctime.exec(plain);
  if (unix) return make(unix[4], unix[1], unix[2], ` ${unix[3] ?? ''}`);
  const named = dayNameYear.exec(plain);
  if (named) return make(named[3], named[2], named[1], plain.slice(named[0].length));
  const american = nameDayYear.exec(plain);
  if (american) return make(american[3], american[1], american[2], plain.slice(american[0].length));
  return null;
}

/** What two numbers tell by themselves: that one of them can be no month, or that it is all the same. */
function tell(one: number, two: number): DateOrder | null {
  if (one > 12 || one === two) return 'day-first';
  return two > 12 ? 'month-first' : null;
}

function make(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  rest: string,
): number | null {
  const y = Number(year);
  if (!(y >= FIRST_YEAR && y <= LAST_YEAR)) return null;
  const m = /^\d+$/.test(month ?? '') ? Number(month) - 1 : monthOf(month ?? '');
  if (m < 0) return null;
  const time = clock.exec(rest.slice(0, 40));
  const half = time?.[4]?.[0]?.toLowerCase();
  const hours =
    half === undefined ? Number(time?.[1] ?? 0) : (Number(time?.[1]) % 12) + (half === 'p' ? 12 : 0);
  const date = new Date(Date.UTC(y, m, Number(day), hours, Number(time?.[2] ?? 0), Number(time?.[3] ?? 0)));
  // The 31st of April is a mistake, not the 1st of May; 24:00 is the next day's beginning.
  const nextDay = hours === 24 ? DAY_MS : 0;
  const check = new Date(date.getTime() - nextDay);
  if (check.getUTCMonth() !== m || check.getUTCDate() !== Number(day)) return null;
  const ahead = time === null ? 0 : aheadOfUtc(rest.slice(time.index + time[0].length));
  return date.getTime() - ahead * 60_000;
}

function monthOf(name: string): number {
  const plain = unaccented(name.toLowerCase());
  return monthNames.findIndex((names) => names.some((start) => plain.startsWith(start)));
}

/** Minutes that the zone named at the beginning of `text` is ahead of UTC; 0 when it names none that is known. */
function aheadOfUtc(text: string): number {
  const by = offset.exec(text);
  if (by !== null) return (Number(by[2]) * 60 + Number(by[3] ?? 0)) * (by[1] === '-' ? -1 : 1);
  return zones[(zoneName.exec(text)?.[1] ?? '').toLowerCase()] ?? 0;
}

function unaccented(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}

const slashed = /(?<!\d)(\d{1,2})([/-])(\d{1,2})\2\d{4}(?!\d)/g;
const declared = /\b(dd|mm)\s?[/-]\s?(dd|mm)\s?[/-]\s?yyyy\b/gi;

/**
 * How a text orders its dates of three numbers: by what it says of itself (`DD/MM/YYYY`), or because one of its dates can only have
 * its day first. That the month comes first is not concluded from another date: a wrong date that is later than the right one would
 * be false calm, and no registry that answers today writes so without saying it.
 */
export function orderIn(text: string): DateOrder | undefined {
  const said = new Set([...text.matchAll(declared)].map(([, one]) => one?.toLowerCase()));
  if (said.size > 0) return said.size > 1 ? undefined : said.has('dd') ? 'day-first' : 'month-first';
  const dates = [...text.matchAll(slashed)].map(([, one, , two]) => [Number(one), Number(two)] as const);
  const dayFirst = dates.some(([one, two]) => one > 12 && two <= 12);
  return dayFirst && !dates.some(([one, two]) => two > 12 && one <= 12) ? 'day-first' : undefined;
}
