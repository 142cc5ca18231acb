// Reads WHOIS answers: free text with habits, a different one for each registry.
import { toDomainName } from '../../../shared/names.ts';
import { plainStatus } from './record.ts';
import type { Registration } from './record.ts';

/** Field names for the end of the registration, as registries write them, in lower case. */
const expiryFields = new Set([
  'registry expiry date',
  'domain expiration date',
  'domain_datebilleduntil',
  'expiration date',
  'expiration time',
  'expiration',
  'expire date',
  'expire-date',
  'expire',
  'expires',
  'expires at',
  'expires on',
  'expiry',
  'expiry date',
  'exp date',
  'paid-till',
  'record expires',
  'record expires on',
  'renewal date',
  'renewal',
  'valid until',
  'validity',
  'valid-date',
]);
/** The same as the registrar has it. */
const registrarExpiryFields = new Set(['registrar registration expiration date']);
const statusFields = new Set(['domain status', 'status', 'state', 'eppstatus', 'registration status']);
const registrarFields = new Set([
  'registrar',
  'registrar name',
  'sponsoring registrar',
  'registrar organization',
]);
/** A record has at least one of these; the text that says "not found" has none. */
const recordFields = new Set([
  ...expiryFields,
  ...registrarExpiryFields,
  'name server',
  'name servers',
  'nameserver',
  'nameservers',
  'nserver',
  'domain nameservers',
  'created',
  'creation date',
  'registered on',
  'registered',
]);

const absent =
  /^(?:%+|#|>+)?\s*(?:no match\b|not? found\b|no (?:entries|data|object|matching record|such domain|information)\b.*|nothing found\b|domain (?:name )?(?:\S+ )?(?:not found|is (?:free|available)|has not been registered|not registered|does not exist)|the (?:queried object|domain|domain name)\b.* (?:does not exist|not (?:been )?(?:found|registered)|is (?:free|available))|status:\s*(?:free|available)|\S+ is (?:free|available)|this domain name has not been registered|object does not exist|.* no match$)/im;
const refused =
  /(?:limit|quota)[^\n]{0,40} (?:exceeded|reached)|exceeded[^\n]{0,40} (?:limit|quota|quer|rate)|too many (?:requests|queries|connections)|try again (?:later|in)|rate.?limited|access (?:denied|control)|black ?listed|temporarily unavailable|service unavailable|connection refused/i;

/** @returns what the text says of the domain, or in words why nothing can be said. */
export function readWhois(name: string, text: string): Omit<Registration, 'evidence'> | string {
  const fields = [...fieldsOf(text)];
  const has = (names: ReadonlySet<string>) =>
    fields.find(([field, value]) => names.has(field) && value !== '');
  if (has(recordFields) === undefined) {
    // Terms of use mention limits too: only a text without a record is a refusal.
    if (absent.test(text))
      return {
        registered: false,
        expiresAt: null,
        registrarExpiresAt: null,
        statuses: [],
        registrar: null,
      };
    if (refused.test(text)) return 'the registry refuses to answer now';
    return 'the registry’s answer cannot be read';
  }
  const about = fields.find(([field]) => ['domain', 'domain name', 'domain_name'].includes(field))?.[1];
  if (about !== undefined && !sameName(about, name)) return 'the registry answered about something else';
  const expiry = has(expiryFields)?.[1];
  const registrarExpiry = has(registrarExpiryFields)?.[1];
  return {
    registered: true,
    expiresAt: expiry === undefined ? null : readDate(expiry),
    registrarExpiresAt: registrarExpiry === undefined ? null : readDate(registrarExpiry),
    statuses: fields
      .filter(([field]) => statusFields.has(field))
      .flatMap(([, value]) => value.split(/,\s*/))
      .map(plainStatus),
    registrar: has(registrarFields)?.[1].slice(0, 200) ?? null,
  };
}

/** IANA's `refer:` or `whois:` (the registry's server). */
export function readReferral(text: string): string | null {
  for (const [field, value] of fieldsOf(text))
    if ((field === 'refer' || field === 'whois') && /^[\w.-]+(:\d{1,5})?$/.test(value))
      return value.toLowerCase();
  return null;
}

/** `Field: value`, `field.....: value`, `[Field]   value`; a field on a line of its own has its value on the next. */
function* fieldsOf(text: string): Iterable<readonly [string, string]> {
  const lines = text.slice(0, 131_072).split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (/^\s*[%#>]/.test(line)) continue;
    const match =
      /^\s*\[([^\]]{1,60})\]\s*(.*)$/.exec(line) ?? /^\s*([^:\s][^:]{0,60}?)[\s.]*:(?:\s+(.*)|)$/.exec(line);
    if (match?.[1] === undefined) continue;
    const value = match[2]?.trim() ?? '';
    const next = lines[index + 1] ?? '';
    yield [
      match[1].toLowerCase().trim(),
      value !== '' || /:\s/.test(next) || next.trim() === '' ? value : next.trim(),
    ] as const;
  }
}

function sameName(said: string, name: string): boolean {
  return toDomainName(said.trim().split(/\s/)[0] ?? '') === name;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const time = String.raw`(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?`;
const yearFirst = new RegExp(String.raw`^(\d{4})[-/. ]+(\d{1,2}|[a-z]{3,9})[-/. ]+(\d{1,2})\.?${time}`, 'i');
const yearLast = new RegExp(String.raw`^(\d{1,2})([-/. ]+)(\d{1,2}|[a-z]{3,9})[-/., ]+(\d{4})${time}`, 'i');
const monthFirst = new RegExp(String.raw`^(?:[a-z]{3},? )?([a-z]{3,9}) (\d{1,2}),? (\d{4})${time}`, 'i');

/**
 * A date as registries write it, UTC ms; a day without a time begins at 00:00 UTC. Null when it is none, or could be two:
 * `03/04/2027` is in March for some and in April for others.
 */
export function readDate(text: string): number | null {
  const plain = text.trim();
  const compact = /^(\d{4})(\d{2})(\d{2})(?:\D|$)/.exec(plain);
  if (compact) return make(compact[1], compact[2], compact[3]);
  const first = yearFirst.exec(plain);
  if (first) return make(first[1], first[2], first[3], first.slice(4));
  const last = yearLast.exec(plain);
  if (last) {
    const [, day = '', separator = '', month = '', year, ...rest] = last;
    const numbers = /^\d+$/.test(month);
    if (numbers && separator.includes('/') && day !== month) {
      if (Number(day) <= 12 && Number(month) <= 12) return null;
      if (Number(month) > 12) return make(year, day, month, rest);
    }
    return make(year, month, day, rest);
  }
  const named = monthFirst.exec(plain);
  if (named) return make(named[3], named[1], named[2], named.slice(4));
  return null;
}

function make(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  [hours, minutes, seconds, zone]: readonly (string | undefined)[] = [],
): number | null {
  const byName = months.indexOf((month ?? '').slice(0, 3).toLowerCase());
  const m = byName >= 0 ? byName : Number(month) - 1;
  const date = new Date(
    Date.UTC(Number(year), m, Number(day), Number(hours ?? 0), Number(minutes ?? 0), Number(seconds ?? 0)),
  );
  // The 31st of April is a mistake, not the 1st of May.
  if (date.getUTCMonth() !== m || date.getUTCDate() !== Number(day)) return null;
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  const ahead = offset ? (Number(offset[2]) * 60 + Number(offset[3])) * (offset[1] === '-' ? -1 : 1) : 0;
  return date.getTime() - ahead * 60_000;
}
