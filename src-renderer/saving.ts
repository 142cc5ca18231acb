// Puts a file into the person's hands: by the desktop's save dialog where there is one, by a download in a browser.
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import type { LogFilter, Selection } from '../shared/contract/index.ts';
import { csvHeading, csvRow } from '../shared/log-export.ts';
import { useEngine } from './engine.tsx';
import { errorWords } from './words.ts';

/** Exports one message as an `.eml` file, several in one `.zip`. */
export function useExport() {
  const { client, connection } = useEngine();
  return useMutation({
    mutationFn: async (selection: Selection) => {
      const only = 'ids' in selection && selection.ids.length === 1 ? selection.ids[0] : undefined;
      const file =
        only === undefined
          ? await client.messages.exportAll(selection)
          : await client.messages.export({ id: only });
      const usual = only === undefined ? 'messages.zip' : `message-${only}.eml`;
      const name = file.name === '' || file.name === 'blob' ? usual : file.name;
      if (connection.desktop === null) download(file, name);
      else await connection.desktop.saveFile(name, new Uint8Array(await file.arrayBuffer()));
    },
    onError: (error) => {
      notifications.show({ color: 'red', title: 'Nothing was exported', message: errorWords(error) });
    },
  });
}

/** Saves a text as a file. */
export function useSaveText() {
  const { connection } = useEngine();
  return async (name: string, text: string, type: string) => {
    const file = new Blob([text], { type });
    if (connection.desktop === null) download(file, name);
    else await connection.desktop.saveFile(name, new Uint8Array(await file.arrayBuffer()));
  };
}

/** More rows than this are for the command line (`mailward log export`): a window holds them in memory. */
const MOST_ROWS = 100_000;

/** Exports the messages of the log that fit a filter, newest first, as one file. */
export function useLogExport() {
  const { client, connection } = useEngine();
  return useMutation({
    mutationFn: async ({ filter, format }: { filter: LogFilter; format: 'csv' | 'json' }) => {
      const parts: string[] = format === 'csv' ? [csvHeading] : [];
      let before: string | undefined;
      let count = 0;
      let more = true;
      while (more && count < MOST_ROWS) {
        const page = await client.messages.list({
          ...filter,
          everyRecipient: true,
          limit: 500,
          ...(before === undefined ? {} : { before }),
        });
        for (const row of page.rows) parts.push(format === 'csv' ? csvRow(row) : `${JSON.stringify(row)}\n`);
        count += page.rows.length;
        before = page.rows.at(-1)?.id;
        more = page.more && before !== undefined;
      }
      const name = format === 'csv' ? 'mailward-log.csv' : 'mailward-log.jsonl';
      const type = format === 'csv' ? 'text/csv;charset=utf-8' : 'application/jsonl';
      const file = new Blob(parts, { type });
      if (connection.desktop === null) download(file, name);
      else await connection.desktop.saveFile(name, new Uint8Array(await file.arrayBuffer()));
      return { count, more };
    },
    onSuccess: ({ count, more }) => {
      if (!more) return;
      notifications.show({
        color: 'yellow',
        title: `The newest ${count.toLocaleString()} messages were exported`,
        message: 'There are more. Choose a shorter time, or use “mailward log export” on the command line.',
      });
    },
    onError: (error) => {
      notifications.show({ color: 'red', title: 'The log was not exported', message: errorWords(error) });
    },
  });
}

function download(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the blob after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
