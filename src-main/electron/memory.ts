// What the shell remembers between starts: where the window was, and what it has told the user once.
import { ipcMain } from 'electron';
import Store from 'electron-store';
import { z } from 'zod';

const memorySchema = z.object({
  window: z
    .object({
      x: z.number().int(),
      y: z.number().int(),
      width: z.number().int().min(1),
      height: z.number().int().min(1),
      maximised: z.boolean(),
    })
    .nullable()
    .catch(null)
    .default(null),
  /** Whether the user has been told once that closing the window leaves Mailward in the tray. */
  toldOfTray: z.boolean().catch(false).default(false),
});
export type Memory = z.infer<typeof memorySchema>;

export interface MemoryFile {
  read(): Memory;
  write(part: Partial<Memory>): void;
}

/** What electron-store answers pages on, unasked, with the data folder's path. Ours are told nothing that they do not need. */
const ELECTRON_STORE_CHANNEL = 'electron-store-get-data';

/**
 * The file `desktop.json` in the data folder. It holds no more than comfort: a broken one counts as empty, one that cannot be
 * read or written (a full disk, a folder in its place) is left at that.
 */
export function openMemory(dataDir: string): MemoryFile {
  const open = () => {
    const store = new Store({
      // The file that there was before electron-store kept it: what is in it is taken over as it is.
      cwd: dataDir,
      name: 'desktop',
      configFileMode: 0o600,
      // Indentation is for files that people edit.
      serialize: (value) => `${JSON.stringify(value)}\n`,
      clearInvalidConfig: true,
    });
    ipcMain.removeAllListeners(ELECTRON_STORE_CHANNEL);
    return store;
  };
  let store: Store | null = null;
  const attempt = <T>(work: (opened: Store) => T, otherwise: T): T => {
    try {
      store ??= open();
      return work(store);
    } catch {
      return otherwise;
    }
  };
  return {
    // Each value by itself: a window that is no window leaves what was told standing.
    read: () => memorySchema.parse(attempt(({ store: all }) => all, {})),
    write: (part) => attempt((opened) => opened.set(part), undefined),
  };
}
