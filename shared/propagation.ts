// How often a change of MX records that spreads is asked about: when somebody has to give the old set up, not more often.

/** Least and usual longest time between two questions, ms: often enough to watch, seldom enough to cost the resolvers nothing. */
export const LEAST_PAUSE_MS = 3_000;
export const MOST_PAUSE_MS = 30_000;
/** A resolver's clock runs in whole seconds. */
const AFTER = 1_000;

/**
 * How long to wait before asking again, ms.
 * @param untils when each of those asked gives up what it has, UTC ms; null where it has nothing to give up.
 */
export function pauseBefore(untils: readonly (number | null)[], now: number, most = MOST_PAUSE_MS): number {
  const next = Math.min(...untils.filter((until) => until !== null), Infinity);
  return Math.min(Math.max(next - now + AFTER, LEAST_PAUSE_MS), most);
}
