// What can be done with the message log: to take it along as a file.
import { IconBraces, IconTable } from '@tabler/icons-react';
import type { Client, LogFilter } from '../../shared/contract/index.ts';
import { csvHeading, csvRow } from '../../shared/log-export.ts';
import { count } from '../format.ts';
import type { Action } from './action.ts';

/** More rows than this are for the command line (`mailward log export`): a window holds them in memory. */
const MOST_ROWS = 100_000;

/** The messages that fit, newest first, in pieces; `more`: there are more than a window holds. */
async function read(client: Client, filter: LogFilter, format: 'csv' | 'json') {
  const parts: string[] = format === 'csv' ? [csvHeading] : [];
  let before: string | undefined;
  let rows = 0;
  let more = true;
  while (more && rows < MOST_ROWS) {
    const page = await client.messages.list({
      ...filter,
      everyRecipient: true,
      limit: 500,
      ...(before === undefined ? {} : { before }),
    });
    for (const row of page.rows) parts.push(format === 'csv' ? csvRow(row) : `${JSON.stringify(row)}\n`);
    rows += page.rows.length;
    before = page.rows.at(-1)?.id;
    more = page.more && before !== undefined;
  }
  return { parts, rows, more };
}

const files = {
  csv: { name: 'mailward-log.csv', type: 'text/csv;charset=utf-8' },
  json: { name: 'mailward-log.jsonl', type: 'application/jsonl' },
} as const;

function exportAs(format: 'csv' | 'json'): Action<{ filter: LogFilter }>['deed'] {
  return {
    kind: 'do',
    failed: 'The log was not exported',
    run: async ({ filter }, { client, save }) => {
      const { parts, rows, more } = await read(client, filter, format);
      await save(files[format].name, new Blob(parts, { type: files[format].type }));
      if (!more) return null;
      return {
        title: `The newest ${count(rows)} messages were exported`,
        words: 'There are more. Choose a shorter time, or use “mailward log export” on the command line.',
        partly: true,
      };
    },
  };
}

const csv: Action<{ filter: LogFilter }> = {
  id: 'log.export-csv',
  icon: IconTable,
  word: () => 'As a table (CSV)',
  deed: exportAs('csv'),
};

const json: Action<{ filter: LogFilter }> = {
  id: 'log.export-json',
  icon: IconBraces,
  word: () => 'As JSON, one message a line',
  deed: exportAs('json'),
};

export const logActions = { csv, json };
