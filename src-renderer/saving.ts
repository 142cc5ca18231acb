// Puts a file into the person's hands: by the desktop's save dialog where there is one, by a download in a browser.
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useEngine } from './engine.tsx';
import { errorWords } from './words.ts';

/** Exports messages as `.eml` files, one after the other. */
export function useExport() {
  const { client, connection } = useEngine();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) {
        const file = await client.messages.export({ id });
        const name = file.name === '' || file.name === 'blob' ? `message-${id}.eml` : file.name;
        if (connection.desktop === null) download(file, name);
        else if (!(await connection.desktop.saveFile(name, new Uint8Array(await file.arrayBuffer())))) return;
      }
    },
    onError: (error) => {
      notifications.show({ color: 'red', title: 'The message was not exported', message: errorWords(error) });
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
