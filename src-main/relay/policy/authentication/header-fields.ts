// A message's header section as the fields that signatures are about: the same fields that the library mailauth sees, read in linear time.
import type { HeaderField, HeaderSection } from 'mailauth/lib/dkim/dkim-verifier.js';

/** Printable ASCII but the colon (RFC 5322 §3.6.8 ftext), then white space, then the colon. */
const FIELD = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/;
/** A name alone, whose colon stands on the next line. */
const NAME = /^[\x21-\x39\x3b-\x7e]+[ \t]*$/;
const COLON = /^[ \t]*:/;
const BEYOND_ASCII = /[^\x00-\x7f]/;

/**
 * What does not begin a field belongs to the field above, however it begins: a line that programs might read in two ways can only
 * make a signature invalid so, never valid. The first line begins one whatever it is.
 */
export function readFields(section: Buffer): HeaderSection {
  let end = section.length;
  while (end > 0 && isLineEnd(section[end - 1])) end--;
  if (end === 0) return { parsed: [], original: section };
  const lines = section.toString('latin1', 0, end).split(/\r?\n/);
  const parsed: HeaderField[] = [];
  let from = 0;
  for (let at = 1; at <= lines.length; at++) {
    if (at < lines.length && !begins(lines, at)) continue;
    parsed.push(fieldOf(from + 1 === at ? (lines[from] ?? '') : lines.slice(from, at).join('\r\n')));
    from = at;
  }
  return { parsed, original: section };
}

function begins(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (FIELD.test(line)) return true;
  const next = lines[at + 1];
  return next !== undefined && COLON.test(next) && NAME.test(line);
}

function fieldOf(row: string): HeaderField {
  const line = Buffer.from(row, 'latin1');
  const colon = row.indexOf(':');
  let name = colon < 0 ? row : row.slice(0, colon);
  if (name === '') return { key: null, casedKey: undefined, line };
  if (name.includes('\n')) name = name.replace(/\r?\n/g, '');
  let from = 0;
  let to = name.length;
  while (from < to && isBlank(name[from])) from++;
  while (to > from && isBlank(name[to - 1])) to--;
  const casedKey = name.slice(from, to);
  // Of octets above 127 nobody knows the letters.
  const key = BEYOND_ASCII.test(casedKey)
    ? casedKey.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    : casedKey.toLowerCase();
  return { key, casedKey, line };
}

function isLineEnd(octet: number | undefined): boolean {
  return octet === 13 || octet === 10;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
