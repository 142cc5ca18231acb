// All that the command line writes, made safe in this one place: what strangers said in mail, replies and DNS answers is shown, and never
// obeyed by the terminal that shows it.
import { once } from 'node:events';
import { escapedJson, plain, plainText } from '../../shared/unseen.ts';

export function print(line: string): void {
  process.stdout.write(`${plain(line)}\n`);
}

/** A line on standard error. */
export function printError(line: string): void {
  process.stderr.write(`${plain(line)}\n`);
}

/** JSON on one line. It is the same value for a program that reads it: what a terminal would obey is written as `\\u…`. */
export function toJson(value: unknown): string {
  return escapedJson(JSON.stringify(value));
}

/** Prints one object. */
export function printJson(value: unknown): void {
  process.stdout.write(`${toJson(value)}\n`);
}

/**
 * Writes a file's content to standard output, and waits while it is slow. Programs get it octet by octet; on a terminal it is made safe.
 */
export async function writeContent(content: string | Uint8Array): Promise<void> {
  const shown = process.stdout.isTTY ? plainText(Buffer.from(content).toString('utf8')) : content;
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
