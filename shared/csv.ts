// CSV for other programs (RFC 4180), harmless in a spreadsheet and on a terminal: cells are strangers' words.

/**
 * What a spreadsheet would take for a formula (OWASP, "CSV Injection"), also in full-width letters, which some read alike, and
 * behind white space, which some leave off.
 */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
/** A cell with apostrophes of its own before a formula gets one more, so that reading takes none of them away. */
const GUARDED = new RegExp(`^'+(?:${FORMULA.source.replaceAll('^', '')})`);
/** Escapes that a terminal obeys, and what turns the direction of writing; white space keeps its meaning. */
const CONTROL = /[^\P{Cc}\t\r\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;
/** Spreadsheets of many countries separate by `;`, others by tab: without quotes such a cell would be two, and the second a formula. */
const NEEDS_QUOTES = /[",;\t\r\n]/;

/** One line, CRLF included. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function csvCell(text: string): string {
  const shown = text.replace(CONTROL, '\u{fffd}');
  const safe = FORMULA.test(shown) || GUARDED.test(shown) ? `'${shown}` : shown;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What a cell says without the apostrophe that keeps a spreadsheet from taking it for a formula; other cells as they are. */
export function unguarded(cell: string): string {
  return GUARDED.test(cell) ? cell.slice(1) : cell;
}
