// Puts a repaired database into the place of the damaged one, so that a kill in the middle leaves nothing that the next start would not finish.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export const replacementOf = (path: string) => `${path}.replacement`;

/**
 * Puts what a repair has made into the database's place, and the damaged files beside it. Whoever is killed in the middle leaves the
 * replacement there, all of it on disk, so a start and another repair do the rest; without that an empty database would be begun in the
 * place of the one that was set aside. Returns where the damaged one is kept; null when no repair was under way, or nothing was there.
 */
export function finishRepair(path: string): string | null {
  const replacement = replacementOf(path);
  // By its time, so that what belongs together has one name, whoever sets it aside.
  const madeAt = statSync(replacement, { throwIfNoEntry: false })?.mtimeMs;
  if (madeAt === undefined) return null;
  const keptAs = setAside(path, madeAt);
  renameSync(replacement, path);
  syncFile(dirname(path));
  return keptAs;
}

/** Renames the database and what belongs to it; returns the new name of the database, or of its log where there was no more. */
function setAside(path: string, now: number): string | null {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15);
  let kept: string | null = null;
  for (const end of ['', '-wal', '-shm']) {
    if (!existsSync(path + end)) continue;
    const name = `${path}.damaged-${stamp}${end}`;
    renameSync(path + end, name);
    kept ??= name;
  }
  return kept;
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } catch {
    // Windows does not sync folders.
  } finally {
    closeSync(file);
  }
}
