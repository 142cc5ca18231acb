// Everything that may be asked of the database, by name. The worker runs these; the rest of the house calls them by type.
import type { DatabaseSync } from 'node:sqlite';
import { actionReads, actionWrites } from './actions.ts';
import { domainReads, domainWrites } from './domains.ts';
import { logReads, logWrites } from './log.ts';
import { serverReads, serverWrites } from './servers.ts';
import { searchReads, searchWrites } from './search.ts';
import { spoolReads, spoolWrites } from './spool.ts';

export function reads(db: DatabaseSync) {
  return {
    ...domainReads(db),
    ...spoolReads(db),
    ...actionReads(db),
    ...logReads(db),
    ...serverReads(db),
    ...searchReads(db),
  };
}

export function writes(db: DatabaseSync) {
  return {
    ...domainWrites(db),
    ...spoolWrites(db),
    ...actionWrites(db),
    ...logWrites(db),
    ...serverWrites(db),
    ...searchWrites(db),
  };
}

export type Reads = ReturnType<typeof reads>;
export type Writes = ReturnType<typeof writes>;
