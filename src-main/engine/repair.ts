// Repairing the database of a data folder that nobody uses meanwhile.
import { systemClock } from '../clock/watched.ts';
import { join } from 'node:path';
import { repairDatabase, type Repair } from '../storage/repair.ts';
import { takeDataDir } from './lock.ts';

export type { Repair };

/** Throws `DataDirLocked` while a Mailward runs on the folder, `DataDirMissing`, or `StorageError` when the disk is in the way. */
export async function repairDataDir(dataDir: string): Promise<Repair> {
  const lock = await takeDataDir(dataDir, { existing: true });
  try {
    return repairDatabase(join(dataDir, 'mailward.db'), systemClock.now());
  } finally {
    lock.release();
  }
}
