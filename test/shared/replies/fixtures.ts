// Reads the tables of replies that the tests judge by.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cause, causeSchema } from '../../../shared/cause.ts';

const here = join(import.meta.dirname, '../../fixtures/replies');
const dataset = join(import.meta.dirname, '../../../../shared/datasets/sisimai-diagnostics.csv');

/** RFC 4180, as far as these tables need it: quoted fields may hold commas, doubled quotes and line ends. */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n|$)/g)) {
    rows.at(-1)?.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').replace(/\r$/, ''));
    if (match[3] === '\n') rows.push([]);
    if (match[3] === '') break;
  }
  const [names = [], ...values] = rows.filter((row) => row.length > 1);
  return values.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? ''])));
}

export interface Expected {
  text: string;
  cause: Cause;
  /** Null where the table does not say. */
  temporary: boolean | null;
  software: string | null;
  source: string;
}

const table = (name: string): Record<string, string>[] => parseCsv(readFileSync(join(here, name), 'utf8'));

/** A table of texts with what each means. */
export function expectations(name: 'servers.csv' | 'wordings.csv'): Expected[] {
  return table(name).map((row) => ({
    text: row['text'] ?? '',
    cause: causeSchema.parse(row['cause']),
    temporary: row['temporary'] === '' ? null : row['temporary'] === 'yes',
    software: row['software'] === '' ? null : (row['software'] ?? null),
    source: row['source'] ?? '',
  }));
}

/** sisimai's texts, with its reasons put in our words: all of them where the data set is, else the few kept here. */
export function sisimai(): { text: string; cause: Cause; sample: string }[] {
  const causes = new Map(table('sisimai-reasons.csv').map((row) => [row['reason'], row['cause']]));
  const exceptions = table('sisimai-exceptions.csv');
  const rows = existsSync(dataset) ? parseCsv(readFileSync(dataset, 'utf8')) : table('sisimai.csv');
  return rows.map((row) => {
    const text = row['diagnostic'] ?? '';
    const exception = exceptions.find(
      (one) => one['sample'] === row['sample'] && text.startsWith(one['code'] ?? ''),
    );
    return {
      text,
      cause: causeSchema.parse(exception?.['cause'] ?? causes.get(row['sisimai_reason'] ?? '')),
      sample: row['sample'] ?? '',
    };
  });
}
