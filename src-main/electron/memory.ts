// What the shell remembers between starts: where the window was, and what it has told the user once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../settings/replace-file.ts';

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

/**
 * The file `desktop.json` in the data folder. It holds no more than comfort: a broken one counts as empty, and a
 * failure to write is left at that.
 */
export function openMemory(dataDir: string): MemoryFile {
  const path = join(dataDir, 'desktop.json');
  const read = (): Memory => {
    try {
      return memorySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      return memorySchema.parse({});
    }
  };
  return {
    read,
    write: (part) => {
      try {
        replaceFile(path, `${JSON.stringify({ ...read(), ...part })}\n`);
      } catch {
        // A full disk must not keep the window from closing.
      }
    },
  };
}
