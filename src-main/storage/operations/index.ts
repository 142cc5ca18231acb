// Everything that may be asked of the database, by name. The worker runs these; the rest of the house calls them by type.
import type { DatabaseSync } from 'node:sqlite';
import { actionReads, actionWrites } from './actions.ts';
import { arrivalReads } from './arrivals.ts';
import { attemptReads } from './attempts.ts';
import { bounceReads, bounceWrites } from './bounces.ts';
import { clockReads, clockWrites } from './clock.ts';
import { contactReads, contactWrites } from './contacts.ts';
import { domainReads, domainWrites } from './domains.ts';
import { findingReads, findingWrites } from './findings.ts';
import { journalReads, journalWrites } from './journal.ts';
import { logReads, logWrites } from './log.ts';
import { mxChangeReads, mxChangeWrites } from './mx-changes.ts';
import { preflightReads, preflightWrites } from './preflights.ts';
import { recipientReads, recipientWrites } from './recipients.ts';
import { serverReads, serverWrites } from './servers.ts';
import { searchReads, searchWrites } from './search.ts';
import { selectorReads } from './selectors.ts';
import { soundnessReads } from './soundness.ts';
import { spoolReads, spoolWrites } from './spool.ts';
import { wayBackReads, wayBackWrites } from './way-backs.ts';
import { wayReads, wayWrites } from './ways.ts';

export function reads(db: DatabaseSync) {
  return {
    ...domainReads(db),
    ...contactReads(db),
    ...spoolReads(db),
    ...actionReads(db),
    ...wayReads(db),
    ...logReads(db),
    ...arrivalReads(db),
    ...serverReads(db),
    ...recipientReads(db),
    ...bounceReads(db),
    ...searchReads(db),
    ...findingReads(db),
    ...attemptReads(db),
    ...selectorReads(db),
    ...soundnessReads(db),
    ...clockReads(db),
    ...wayBackReads(db),
    ...preflightReads(db),
    ...mxChangeReads(db),
    ...journalReads(db),
  };
}

export function writes(db: DatabaseSync) {
  const spool = spoolWrites(db);
  return {
    ...domainWrites(db),
    ...contactWrites(db),
    ...spool,
    ...actionWrites(db),
    ...wayWrites(db),
    ...logWrites(db),
    ...serverWrites(db),
    ...recipientWrites(db),
    ...bounceWrites(db, (message) => spool.accept(message)),
    ...searchWrites(db),
    ...findingWrites(db),
    ...clockWrites(db),
    ...wayBackWrites(db),
    ...preflightWrites(db),
    ...mxChangeWrites(db),
    ...journalWrites(db),
  };
}

export type Reads = ReturnType<typeof reads>;
export type Writes = ReturnType<typeof writes>;
