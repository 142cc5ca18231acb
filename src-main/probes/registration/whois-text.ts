// Reads WHOIS answers: free text with habits, a different one for each registry.
import { isIP } from 'node:net';
import { toDomainName } from '../../../shared/names.ts';
import { orderIn, readDate } from './dates.ts';
import type { DateOrder } from './dates.ts';
import { callsItState, dateOrderOf, isKnownState, meaningOfState, statesIn } from './states.ts';
import type { Registration } from './record.ts';
import {
  deletionLabels,
  expiryLabels,
  isAbsentState,
  nameLabels,
  otherObjectLabels,
  plainLabel,
  plainLine,
  recordLabels,
  referralLabels,
  registrarExpiryLabels,
  registrarLabels,
  saysAbsent,
  saysRefused,
  stateSaid,
  stateLabels,
  statusLabels,
} from './whois-words.ts';

/** What is read of an answer, characters and lines, and of a line. Real answers have a few hundred lines of a hundred characters. */
const LONGEST_TEXT = 131_072;
const MOST_LINES = 2_000;
const LONGEST_LINE = 1_000;
/** So many states are read. EPP has thirty. */
const MOST_STATES = 60;
/** A paragraph of so many lines, or a line of so many characters, is terms of use, which speak of limits whatever the answer is. */
const PROSE_LINES = 4;
const PROSE_LENGTH = 160;
/** Longest sentence that is said to whoever asked, characters. */
const STATEMENT_LENGTH = 80;

/** One thing that the text says: a field whose name is known. */
interface Field {
  /** As in `whois-words.ts`. */
  label: string;
  /** On one line, trimmed; empty for a heading. */
  value: string;
  /** Whether it stands in the description of somebody else. */
  elsewhere: boolean;
}

/** Fields that say something of the state. */
const stateful: ReadonlySet<string> = new Set(['hold', ...deletionLabels, ...statusLabels, ...stateLabels]);

const known: ReadonlySet<string> = new Set([
  ...['hold', 'name'],
  ...[expiryLabels, registrarExpiryLabels, nameLabels, statusLabels, stateLabels, registrarLabels].flatMap(
    (set) => [...set],
  ),
  ...[deletionLabels, recordLabels, otherObjectLabels, referralLabels].flatMap((set) => [...set]),
]);

const nothing = /^(?:[-–—.*]+|n\/?a|none|null|not (?:available|set|defined)|no|unknown|redacted.*)?$/i;

/**
 * Reads in time that grows with the length of the text, whatever stands in it.
 * @param name the name that was asked for, A-labels.
 * @returns what the text says of the domain, or in words why nothing can be said.
 */
export function readWhois(name: string, text: string): Omit<Registration, 'evidence'> | string {
  const lines = linesOf(text);
  const { fields, names } = fieldsAbout(name, fieldsOf(lines));
  const aboutIt = names.includes(name);
  const said = whatLinesSay(lines);
  const statuses = [...new Set([...statusesOf(name, fields), ...said.states])];
  const hasRecord =
    said.states.length > 0 ||
    fields.some(isOfRecord) ||
    (aboutIt && statuses.some((status) => isKnownState(name, status)));
  const isAbsent = fields.some(({ label, value }) => statusLabels.has(label) && isAbsentState(value));
  if (hasRecord && !(isAbsent && !fields.some(isEnd))) {
    if (names.length > 0 && !aboutIt) return 'the registry answered about something else';
    return recordFrom(name, fields, statuses, dateOrderOf(name) ?? orderIn(text.slice(0, LONGEST_TEXT)));
  }
  // A registry that has had enough of us may say in the same breath that it found nothing.
  if (said.refused) return 'the registry refuses to answer now';
  if (isAbsent || said.absent)
    return { registered: false, expiresAt: null, registrarExpiresAt: null, statuses: [], registrar: null };
  if (said.refusedInProse) return 'the registry refuses to answer now';
  return 'the registry’s answer cannot be read';
}

/**
 * IANA's `refer:` or `whois:`, or whom a registry names as the one who knows the rest; null when nobody is named.
 * @param speaker who says so: many name themselves first.
 */
export function readReferral(text: string, speaker?: string): string | null {
  for (const { label, value } of fieldsOf(linesOf(text))) {
    if (!referralLabels.has(label)) continue;
    const server = value.replace(/^r?whois:\/\//i, '').replace(/\/.*$/, '');
    const host = server.replace(/:\d{1,5}$/, '');
    // Nothing that cannot be a name is looked up: what follows would be told as the registry's silence.
    const isPlace = isIP(host) !== 0 || (host.includes('.') && toDomainName(host) !== null);
    if (isPlace && /^[\w.:-]+$/.test(server) && server.toLowerCase() !== speaker) return server.toLowerCase();
  }
  return null;
}

function linesOf(text: string): string[] {
  return text
    .slice(0, LONGEST_TEXT)
    .split(/\r\n|\n|\r/, MOST_LINES)
    .map((line) => line.slice(0, LONGEST_LINE).trimEnd());
}

function isOfRecord({ label, value }: Field): boolean {
  const isIts = recordLabels.has(label) || expiryLabels.has(label) || registrarExpiryLabels.has(label);
  return isIts && !nothing.test(value);
}

function isEnd({ label, value }: Field): boolean {
  return (expiryLabels.has(label) || registrarExpiryLabels.has(label)) && !nothing.test(value);
}

/**
 * A text may describe several domains, whose names begin alike: what is said of the others does not count.
 * @returns also the names of all of them.
 */
function fieldsAbout(
  name: string,
  all: readonly Field[],
): { fields: readonly Field[]; names: readonly string[] } {
  const subjects = all.flatMap((field, index) => {
    const said = isSubject(field, index, all) ? nameIn(field.value) : null;
    return said === null ? [] : [{ said, index }];
  });
  const names = [...new Set(subjects.map(({ said }) => said))];
  const first = subjects.find(({ said }) => said === name)?.index;
  if (names.length < 2 || first === undefined) return { fields: all, names };
  const next = subjects.find(({ said, index }) => index > first && said !== name)?.index;
  const own = all.slice(first, next);
  // Names in two scripts may stand above one record.
  return { fields: own.some(isOfRecord) ? own : all, names };
}

/** Says which domain the text is about. A `name` is the domain's only under a heading that says so. */
function isSubject({ label }: Field, index: number, fields: readonly Field[]): boolean {
  if (nameLabels.has(label)) return true;
  const above = fields[index - 1];
  return label === 'name' && (above === undefined || (nameLabels.has(above.label) && above.value === ''));
}

/** The domain name at the beginning of a value, A-labels; null when there is none. */
function nameIn(value: string): string | null {
  const first = (value.split(/[\s,;(]/, 1)[0] ?? '').replace(/^["'[]|["'\].]+$/g, '');
  return first.includes('.') ? toDomainName(first) : null;
}

function recordFrom(
  name: string,
  fields: readonly Field[],
  statuses: readonly string[],
  order: DateOrder | undefined,
): Omit<Registration, 'evidence'> {
  const ends = fields.filter(({ label }) => expiryLabels.has(label)).map(({ value }) => value);
  // Japanese registries and old Ukrainian ones put it beside the state: `Connected (2027/03/31)`, `OK-UNTIL 20270331…`.
  const beside = fields
    .filter(({ label }) => statusLabels.has(label) || stateLabels.has(label))
    .map(({ value }) =>
      /^(?:connected|registered)\s*\(([\d/.-]{8,10})\)$|^ok-until\s+(\d{8,14})/i.exec(value),
    )
    .map((found) => found?.[1] ?? found?.[2] ?? '');
  const read = (values: readonly string[]) =>
    values.map((value) => readDate(value, order)).find((date) => date !== null) ?? null;
  const expiresAt = read([...ends, ...beside]);
  const unread = expiresAt === null ? ends.find((value) => /\d/.test(value)) : undefined;
  return {
    registered: true,
    expiresAt,
    registrarExpiresAt: read(
      fields.filter(({ label }) => registrarExpiryLabels.has(label)).map(({ value }) => value),
    ),
    statuses,
    registrar:
      fields.find(({ label, value }) => registrarLabels.has(label) && value !== '')?.value.slice(0, 200) ??
      null,
    ...(unread === undefined ? {} : { unreadDate: unread.slice(0, 60) }),
  };
}

function statusesOf(name: string, fields: readonly Field[]): string[] {
  const own = fields
    .filter(({ label, elsewhere }) => !elsewhere && stateful.has(label))
    .slice(0, MOST_STATES);
  const said = own.flatMap(({ label, value }) => {
    if (statusLabels.has(label)) return isAbsentState(value) || value === '-' ? [] : statesIn(name, value);
    if (stateLabels.has(label))
      return statesIn(name, value).filter(
        (state) => callsItState(name) || meaningOfState(name, state) !== null,
      );
    if (deletionLabels.has(label)) return readDate(value, 'day-first') === null ? [] : ['ending'];
    return label === 'hold' && /^yes$/i.test(value) ? ['serverhold'] : [];
  });
  return [...new Set(said)].filter((state) => state !== '');
}

/** What the lines say outside the fields, terms of use left aside as far as they can be told. */
function whatLinesSay(lines: readonly string[]): {
  absent: boolean;
  refused: boolean;
  refusedInProse: boolean;
  states: readonly string[];
} {
  const said = { absent: false, refused: false, refusedInProse: false, states: [] as string[] };
  let paragraph: string[] = [];
  const close = () => {
    const many = paragraph.length >= PROSE_LINES;
    for (const line of paragraph) {
      const says = plainLine(line);
      const prose = (many && !isStatement(line)) || line.length > PROSE_LENGTH;
      if (saysRefused(says)) said[prose ? 'refusedInProse' : 'refused'] = true;
      if (saysAbsent(says)) said.absent = true;
      const state = stateSaid(says);
      if (state !== undefined) said.states.push(state);
    }
    paragraph = [];
  };
  for (const line of lines)
    if (/[\p{L}\p{N}]/u.test(line)) paragraph.push(line);
    else close();
  close();
  return said;
}

/** A short sentence that ends with its line, or is all in capitals: nobody writes terms of use so. */
function isStatement(line: string): boolean {
  const text = line.replace(/^[\s%#>*-]+/, '');
  return text.length <= STATEMENT_LENGTH && (/^\p{Lu}.*[.!]$/u.test(text) || !/\p{Ll}/u.test(text));
}

/** The fields of the text whose names are known, in order. */
function fieldsOf(lines: readonly string[]): Field[] {
  const fields: Field[] = [];
  let elsewhere = false;
  for (const [index, line] of lines.entries()) {
    if (isComment(line)) continue;
    for (const { label, value } of fieldsIn(line)) {
      const above = lines[index - 1] ?? '';
      if (
        otherObjectLabels.has(label) &&
        value !== '' &&
        fields.length > 0 &&
        (above === '' || isComment(above))
      )
        elsewhere = true;
      fields.push({ label, value: value === '' ? valueBelow(lines, index) : value, elsewhere });
      if (statusLabels.has(label))
        for (const more of statesBelow(lines, index)) fields.push({ label, value: more, elsewhere });
    }
  }
  return fields;
}

function isComment(line: string): boolean {
  return /^\s*(?:[%#]|>>|\*{3})/.test(line);
}

/** A field on a line of its own has its value on the next, unless that is a field too. */
function valueBelow(lines: readonly string[], index: number): string {
  let next = lines[index + 1] ?? '';
  if (/^\s*-+$/.test(next)) next = lines[index + 2] ?? '';
  if (isComment(next) || /:(?:\s|$)/.test(next) || /^\s*\[[^\]]+\]/.test(next) || fieldsIn(next).length > 0)
    return '';
  return next.trim();
}

/** Further states on lines of their own, indented below the first: one word each, or one and its note. */
function statesBelow(lines: readonly string[], index: number): string[] {
  const indent = (line: string) => line.length - line.trimStart().length;
  const least = indent(lines[index] ?? '') + 2;
  const below = lines.slice(index + 1, index + 1 + MOST_STATES);
  const end = below.findIndex(
    (line) => indent(line) < least || isComment(line) || !/^\s*\p{L}+(?:\s+(?:\(|https?:).*)?$/u.test(line),
  );
  return (end < 0 ? below : below.slice(0, end)).map((line) => line.trim());
}

/** `Field: value`, `Field:value`, `field.....: value`, `a. [Field]   value`, `Field    value`, `Record expires on value`. */
function fieldsIn(line: string): { label: string; value: string }[] {
  const bracketed = /^\s*(?:\p{L}{1,2}[.)]?\s+)?\[([^\]]{1,60})\]\s*(.*)$/u.exec(line);
  if (bracketed) return named(bracketed[1] ?? '', bracketed[2] ?? '');
  const plain = line.normalize('NFKC').slice(0, LONGEST_LINE);
  const colon = plain.indexOf(':');
  if (colon > 0 && colon <= 100) {
    const [value = '', ...more] = plain
      .slice(colon + 1)
      .split('\t')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    const found = named(plain.slice(0, colon), value);
    // Some put two fields on a line, with a tab between.
    const beside = more.find((part) => part.includes(':'));
    if (found.length > 0 || beside !== undefined)
      return [...found, ...(beside === undefined ? [] : named(...halves(beside)))];
  }
  return unmarked(plain);
}

function halves(text: string): [string, string] {
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

/** A label may be given in two languages: `Estado / Status`. */
function named(label: string, value: string): { label: string; value: string }[] {
  const plain = [plainLabel(label), ...label.split('/').map(plainLabel)].find((one) => known.has(one));
  return plain === undefined ? [] : [{ label: plain, value: value.trim() }];
}

/** Names of fields without a mark after them, believed only where they stand in a column, or a date or the domain follows. */
function unmarked(line: string): { label: string; value: string }[] {
  const column = /^\s*(\S+(?: \S+){0,3})(?:\t| {2,})\s*(\S.*)$/.exec(line);
  if (column) {
    const found = named(column[1] ?? '', column[2] ?? '');
    if (found.length > 0) return found;
  }
  const words = line.trim().split(/\s+/, 12);
  for (let count = Math.min(5, words.length - 1); count > 0; count--) {
    const label = plainLabel(words.slice(0, count).join(' '));
    const value = words.slice(count).join(' ');
    const believed =
      (expiryLabels.has(label) && readDate(value, 'day-first') !== null) ||
      (nameLabels.has(label) && words.length <= count + 2 && nameIn(value) !== null);
    if (believed) return [{ label, value }];
  }
  return [];
}
