// What the attempts of one domain say about the way to its server.
import type { Cause } from '../../../shared/cause.ts';
import type { Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { refusesAll, type Verdict } from './outcome.ts';
import { isAboutServer } from './reply.ts';

/** Mail flows while something was delivered within this time, ms. */
const STILL_FLOWING = 60_000;
/** So many recipients denied, and none taken between, are the domain and not some old aliases. */
const DENIED_ALL = 5;

export interface LaneHealth {
  /** Null while all is well. */
  trouble: { cause: Cause; since: number; reply: Reply; host: string; port: number } | null;
  lastDeliveredAt: number | null;
  /** UTC ms; in the past when not paused. */
  pausedUntil: number;
  /** Messages in a row that the server refused for good because of what it, or we, are; nothing taken between. */
  refusedInARow: number;
  /** Messages in a row that it refused for good for what they are, not for whom; nothing taken between. Null: none. */
  refusals: { count: number; since: number; reply: Reply } | null;
  /** Recipients that it says are not its own while it takes the domain's postmaster; nothing taken between. */
  denied: Set<string>;
}

export function newHealth(): LaneHealth {
  return {
    trouble: null,
    lastDeliveredAt: null,
    pausedUntil: 0,
    refusedInARow: 0,
    refusals: null,
    denied: new Set(),
  };
}

/** The clock jumped by `by` ms (negative: back): what was so for five minutes is so for five minutes still. */
export function shift(health: LaneHealth, by: number): void {
  if (health.trouble) health.trouble = { ...health.trouble, since: health.trouble.since + by };
  if (health.refusals) health.refusals = { ...health.refusals, since: health.refusals.since + by };
  if (health.lastDeliveredAt !== null) health.lastDeliveredAt += by;
  health.pausedUntil += by;
}

/**
 * Whether the server refuses everybody, so that no message will do better: for a reason of its own; or recipient by recipient, so
 * many and none taken between that its word about the postmaster cannot be right.
 */
export function refusesEverybody({ denied }: LaneHealth, verdicts: readonly Verdict[]): boolean {
  const isDenied = ({ meaning }: Verdict) =>
    meaning.cause === 'relay-denied' && meaning.about === 'recipient';
  return refusesAll(verdicts) || (denied.size >= DENIED_ALL && verdicts.every(isDenied));
}

/** Takes in one attempt; returns whether the trouble is another than before. */
export function learn(
  health: LaneHealth,
  verdicts: readonly Verdict[],
  about: { now: number; destination: Destination; destinationFailed: boolean; refusing: boolean },
): boolean {
  const { now, destination, destinationFailed, refusing } = about;
  if (verdicts.some(({ meaning }) => meaning.outcome === 'delivered')) {
    health.lastDeliveredAt = now;
    health.refusedInARow = 0;
    health.denied.clear();
    const changed = health.trouble !== null || health.refusals !== null;
    health.trouble = null;
    health.refusals = null;
    return changed;
  }
  const refused = verdicts.every(
    ({ meaning }) =>
      meaning.outcome === 'refused' && meaning.cause !== 'user-unknown' && meaning.cause !== 'mailbox-full',
  );
  const [first] = verdicts;
  if (refused && first)
    health.refusals = {
      count: (health.refusals?.count ?? 0) + 1,
      since: health.refusals?.since ?? now,
      reply: first.reply,
    };
  if (refusing) health.refusedInARow++;
  const telling = verdicts.find(
    ({ meaning }) => destinationFailed || (refusing && meaning.cause !== null) || isAboutServer(meaning),
  );
  const cause = telling?.meaning.cause;
  if (!telling || !cause) return refused;
  // A server that asks for less, and goes on taking mail, is well: the lane has slowed down (throttle.ts).
  const flows = health.lastDeliveredAt !== null && now - health.lastDeliveredAt < STILL_FLOWING;
  if (cause === 'rate-limited' && flows) return false;
  const before = health.trouble;
  health.trouble = {
    cause,
    since: before?.cause === cause ? before.since : now,
    reply: telling.reply,
    host: destination.host,
    port: destination.port,
  };
  return true;
}

/** The trouble for which the domain's mail should be held by itself, as the settings have it; null for none. */
export function worthHolding(
  { trouble, refusedInARow }: LaneHealth,
  refusing: boolean,
  { deniedMessages, unreachableMinutes }: Settings['autoHold'],
  now: number,
): LaneHealth['trouble'] {
  if (!trouble) return null;
  if (trouble.cause === 'relay-denied' && refusing)
    return deniedMessages > 0 && refusedInARow >= deniedMessages ? trouble : null;
  const isLongGone = now - trouble.since >= unreachableMinutes * 60_000;
  return trouble.cause === 'connection-failed' && unreachableMinutes > 0 && isLongGone ? trouble : null;
}
