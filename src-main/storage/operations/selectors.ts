// DKIM selectors seen in a domain's own mail, from what the filters found in messages that came this way.
import type { DatabaseSync } from 'node:sqlite';
import type { FilterResult } from '../../../shared/filters.ts';
import { firstIdAt } from '../ids.ts';
import { parseStored } from '../stored-json.ts';

/** Messages looked at, newest first, and selectors given. */
const LOOK_BACK = 5_000;
const MOST = 5;

export function selectorReads(db: DatabaseSync) {
  const newest = db.prepare(
    `SELECT results FROM (SELECT results FROM filter_result WHERE message_id >= ? ORDER BY message_id DESC LIMIT ${LOOK_BACK})
     WHERE instr(results, ?) > 0`,
  );
  return {
    /** Those of valid signatures alone, since `since` (UTC ms): anybody can write a signature that is not. Newest first. */
    selectorsSeen({ domain, since }: { domain: string; since: number }): string[] {
      const seen = new Set<string>();
      for (const row of newest.iterate(firstIdAt(since), JSON.stringify(domain))) {
        for (const { signatures = [] } of parseStored<FilterResult[]>(row['results'] as string, [])) {
          for (const one of signatures) if (one.valid && one.domain === domain) seen.add(one.selector);
        }
        if (seen.size >= MOST) break;
      }
      return [...seen].slice(0, MOST);
    },
  };
}
