// What the attempts of one domain say about the way to its server.
import type { Cause } from '../../../shared/cause.ts';
import type { Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Verdict } from './outcome.ts';
import { isAboutServer } from './reply.ts';

/** Mail flows while something was delivered within this time, ms. */
const STILL_FLOWING = 60_000;

export interface LaneHealth {
  /** Null while all is well. */
  trouble: { cause: Cause; since: number; reply: Reply; host: string; port: number } | null;
  lastDeliveredAt: number | null;
  /** UTC ms; in the past when not paused. */
  pausedUntil: number;
  /** Messages in a row that the server refused for good because of what it, or we, are; nothing taken between. */
  refusedInARow: number;
}

export function newHealth(): LaneHealth {
  return { trouble: null, lastDeliveredAt: null, pausedUntil: 0, refusedInARow: 0 };
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
    const changed = health.trouble !== null;
    health.trouble = null;
    return changed;
  }
  if (refusing) health.refusedInARow++;
  const telling = verdicts.find(({ meaning }) => destinationFailed || isAboutServer(meaning.cause));
  const cause = telling?.meaning.cause;
  if (!telling || !cause) return false;
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
