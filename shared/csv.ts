// CSV for other programs (RFC 4180), harmless in a spreadsheet and on a terminal: cells are strangers' words.

/**
 * How something begins that a spreadsheet would take for a formula (OWASP, "CSV Injection"), also in full-width letters, which some read
 * alike, and after white space, which some leave off.
 */
const FORMULA = String.raw`[^\S\t\r\n]*[=+\-@\uff1d\uff0b\uff0d\uff20]`;
/**
 * Where an apostrophe keeps it from being one: at the beginning of the cell, and after everything in it that others take for the end of a
 * cell. In many countries spreadsheets separate by `;`, and the quotes around our cell are then letters in the middle of theirs. One goes
 * before apostrophes of the cell's own, too, so that reading takes none of those away.
 */
const UNGUARDED = new RegExp(`(?<=^|[;\\t\\r\\n])(?='*${FORMULA})|^(?='*[\\t\\r\\n])`, 'g');
const GUARD = new RegExp(`(?<=^|[;\\t\\r\\n])'(?='*${FORMULA})|^'(?='*[\\t\\r\\n])`, 'g');
/** Escapes that a terminal obeys, and what turns the direction of writing; white space keeps its meaning. */
const CONTROL = /[^\P{Cc}\t\r\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;
/** Besides RFC 4180's: what other programs separate by. */
const NEEDS_QUOTES = /[",;\t\r\n]/;

/** One line, CRLF included. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function csvCell(text: string): string {
  const shown = text.replace(CONTROL, '\u{fffd}');
  const safe = shown.replace(UNGUARDED, "'");
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What a cell says without the apostrophes that keep a spreadsheet from taking it for a formula; other cells as they are. */
export function unguarded(cell: string): string {
  return cell.replace(GUARD, '');
}
