// Puts a file into the person's hands: by the desktop's save dialog where there is one, by a download in a browser.
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import type { Selection } from '../shared/contract/index.ts';
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
