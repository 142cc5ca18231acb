// What the meter counts: outcomes as they come, and what the log knows of the last hour after a start.
import type { RecipientOutcome } from '../relay/spool/spool.ts';
import type { Database } from '../storage/database.ts';
import type { Counted, Meter } from './meter.ts';
import { HOUR_MS } from '../../shared/time.ts';

/** What an attempt's outcome for one recipient counts as. */
export function countedAs({ state }: RecipientOutcome): Counted {
  return state === 'delivered' ? 'delivered' : state === 'queued' ? 'deferred' : 'refused';
}

/** The chart of the last hour survives a restart. */
export async function fillMeter(meter: Meter, db: Database, now: number): Promise<void> {
  const { received, tried } = await db.read('minutes', now - HOUR_MS);
  for (const minute of received) {
    meter.fill(minute.at, 'accepted', minute.accepted);
    meter.fill(minute.at, 'rejected', minute.rejected);
  }
  for (const minute of tried) meter.fill(minute.at, minute.outcome, minute.count);
}
