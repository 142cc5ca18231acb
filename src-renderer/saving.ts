// Files: put into the person's hands (by the desktop's save dialog where there is one, by a download in a browser), and chosen by them.
import { useEngine } from './engine.tsx';

/** Saves a file under a name. */
export function useSave(): (name: string, file: Blob) => Promise<void> {
  const { desktop } = useEngine().connection;
  return async (name, file) => {
    if (desktop === null) download(file, name);
    else await desktop.saveFile(name, new Uint8Array(await file.arrayBuffer()));
  };
}

/** Lets the person choose a file of a type (`.csv`); null when they do not. Only works in answer to a click or a key. */
export function chooseFile(type: string): Promise<File | null> {
  const field = document.createElement('input');
  field.type = 'file';
  field.accept = type;
  return new Promise((resolve) => {
    field.addEventListener('change', () => resolve(field.files?.[0] ?? null), { once: true });
    field.addEventListener('cancel', () => resolve(null), { once: true });
    field.click();
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
