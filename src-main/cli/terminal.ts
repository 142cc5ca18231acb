// All that the command line writes, made safe in this one place: what strangers said in mail, replies and DNS answers is shown, and never
// obeyed by the terminal that shows it.
import { once } from 'node:events';

/** Control characters (C0 with ESC, DEL, C1), what cannot be seen, and what turns the direction of writing. A tab does no harm. */
const UNSAFE = /[^\P{Cc}\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu;
/** The same but for line ends, in texts of several lines. */
const UNSAFE_IN_TEXT = /[^\P{Cc}\t\r\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line, for a terminal: a line end within it is as unsafe as all else, for what follows would pass for a line of ours. */
export function plain(text: string): string {
  return text.replace(UNSAFE, '\u{fffd}');
}

export function print(line: string): void {
  process.stdout.write(`${plain(line)}\n`);
}

/** A line on standard error. */
export function printError(line: string): void {
  process.stderr.write(`${plain(line)}\n`);
}

/** JSON on one line. It is the same value for a program that reads it: what a terminal would obey is written as `\\u…`. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (one) =>
    Array.from({ length: one.length }, (_, at) => escaped(one.charCodeAt(at))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** Prints one object. */
export function printJson(value: unknown): void {
  process.stdout.write(`${toJson(value)}\n`);
}

/**
 * Writes a file's content to standard output, and waits while it is slow. Programs get it octet by octet; on a terminal it is made safe.
 */
export async function writeContent(content: string | Uint8Array): Promise<void> {
  const shown = process.stdout.isTTY
    ? Buffer.from(content).toString('utf8').replace(UNSAFE_IN_TEXT, '\u{fffd}')
    : content;
  if (!process.stdout.write(shown)) await once(process.stdout, 'drain');
}

/** A table with aligned columns, for people. */
export function printTable(headings: string[], rows: string[][]): void {
  const clean = rows.map((row) => row.map(plain));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...clean.map((row) => (row[column] ?? '').length)),
  );
  for (const row of [headings, ...clean]) {
    print(
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    );
  }
}

export function formatTime(time: number | null): string {
  return time === null ? '-' : new Date(time).toLocaleString('sv-SE');
}

export function formatSize(octets: number): string {
  if (octets < 1024) return `${octets} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let size = octets;
  let unit = -1;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}
