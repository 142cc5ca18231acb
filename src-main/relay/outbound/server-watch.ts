// What the attempts on one way say of the server at its end: whether it is in trouble, refuses everybody, and is better left alone.
import type { Clock } from '../../clock/clock.ts';
import type { Cause } from '../../../shared/cause.ts';
import type { Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { DueMessage } from '../spool/spool.ts';
import { DestinationFailed } from '../smtp/destination-failed.ts';
import { refusesAll, type RecipientResult } from './outcome.ts';
import { isAboutServer } from '../smtp/reply-meaning.ts';

/** Mail flows while something was delivered within this time, ms. */
const STILL_FLOWING_MS = 60_000;
/** So many recipients denied, and none taken between, are the domain and not some old aliases. */
const DENIED_ALL = 5;
/** After so many messages refused for a reason of the server's, in a row, it is paused as if it were away. */
const REFUSED_IN_A_ROW = 3;

export interface ServerCondition {
  /** Null while all is well. */
  trouble: { cause: Cause; since: number; reply: Reply; host: string; port: number } | null;
  lastDeliveredAt: number | null;
  /** UTC ms; in the past when not paused. */
  pausedUntil: number;
  /** Messages in a row that it refused for good for what they are, not for whom; nothing taken between. Null: none. */
  refusals: { count: number; since: number; reply: Reply } | null;
}

export class ServerWatch {
  readonly condition: ServerCondition = {
    trouble: null,
    lastDeliveredAt: null,
    pausedUntil: 0,
    refusals: null,
  };
  /** To be called when `learn` said that the server is other than before, and what follows of it is in `health`. */
  readonly changed: () => void;
  readonly #clock: Pick<Clock, 'now'>;
  /** Messages in a row that the server refused for good because of what it, or we, are; nothing taken between. */
  #refusedInARow = 0;
  /** Recipients that it says are not its own while it takes the domain's postmaster; nothing taken between. */
  readonly #denied = new Set<string>();

  constructor(clock: Pick<Clock, 'now'>, changed: () => void = () => undefined) {
    this.#clock = clock;
    this.changed = changed;
  }

  /** It refused so many messages in a row for a reason of its own that it is better paused, as if it were away. */
  get keepsRefusing(): boolean {
    return this.#refusedInARow >= REFUSED_IN_A_ROW;
  }

  /** The route or the mode is another: what was refused before says nothing about what comes. */
  startAnew(): void {
    this.#refusedInARow = 0;
    this.#denied.clear();
  }

  /** The clock jumped by `by` ms (negative: back): what was so for five minutes is so for five minutes still. */
  clockJumped(by: number): void {
    const { condition } = this;
    if (condition.trouble) condition.trouble = { ...condition.trouble, since: condition.trouble.since + by };
    if (condition.refusals)
      condition.refusals = { ...condition.refusals, since: condition.refusals.since + by };
    if (condition.lastDeliveredAt !== null) condition.lastDeliveredAt += by;
    condition.pausedUntil += by;
  }

  /**
   * Takes in one attempt at a destination. `refusing`: the server refuses everybody, so that no message will do better; `changed`: its
   * trouble is another than before.
   */
  learn(
    message: DueMessage,
    readings: readonly RecipientResult[],
    destination: Destination,
    failure: Error | null,
  ): { refusing: boolean; changed: boolean } {
    for (const [index, reading] of readings.entries())
      if (isDenied(reading)) this.#denied.add(message.recipients[index]?.address ?? '');
    const refusing = failure === null && this.#refusesEverybody(readings);
    const changed = this.#take(readings, destination, failure instanceof DestinationFailed, refusing);
    return { refusing, changed };
  }

  /** The trouble for which the domain's mail should be held by itself, as the settings have it; null for none. */
  worthHolding(
    refusing: boolean,
    { deniedMessages, unreachableMinutes }: Settings['autoHold'],
  ): ServerCondition['trouble'] {
    const { trouble } = this.condition;
    if (!trouble) return null;
    if (trouble.cause === 'relay-denied' && refusing)
      return deniedMessages > 0 && this.#refusedInARow >= deniedMessages ? trouble : null;
    const isLongGone = this.#clock.now() - trouble.since >= unreachableMinutes * 60_000;
    return trouble.cause === 'connection-failed' && unreachableMinutes > 0 && isLongGone ? trouble : null;
  }

  /** For a reason of its own; or recipient by recipient, so many and none taken between that its word about the postmaster cannot be right. */
  #refusesEverybody(readings: readonly RecipientResult[]): boolean {
    return refusesAll(readings) || (this.#denied.size >= DENIED_ALL && readings.every(isDenied));
  }

  #take(
    readings: readonly RecipientResult[],
    destination: Destination,
    destinationFailed: boolean,
    refusing: boolean,
  ): boolean {
    const { condition } = this;
    const now = this.#clock.now();
    if (readings.some(({ meaning }) => meaning.outcome === 'delivered')) {
      condition.lastDeliveredAt = now;
      this.startAnew();
      const changed = condition.trouble !== null || condition.refusals !== null;
      condition.trouble = null;
      condition.refusals = null;
      return changed;
    }
    const refused = readings.every(
      ({ meaning }) =>
        meaning.outcome === 'refused' && meaning.cause !== 'user-unknown' && meaning.cause !== 'mailbox-full',
    );
    const [first] = readings;
    if (refused && first)
      condition.refusals = {
        count: (condition.refusals?.count ?? 0) + 1,
        since: condition.refusals?.since ?? now,
        reply: first.reply,
      };
    if (refusing) this.#refusedInARow++;
    const telling = readings.find(
      ({ meaning }) => destinationFailed || (refusing && meaning.cause !== null) || isAboutServer(meaning),
    );
    const cause = telling?.meaning.cause;
    if (!telling || !cause) return refused;
    // A server that asks for less, and goes on taking mail, is well: the lane has slowed down (smtp/throttle.ts).
    const flows = condition.lastDeliveredAt !== null && now - condition.lastDeliveredAt < STILL_FLOWING_MS;
    if (cause === 'rate-limited' && flows) return false;
    const before = condition.trouble;
    condition.trouble = {
      cause,
      since: before?.cause === cause ? before.since : now,
      reply: telling.reply,
      host: destination.host,
      port: destination.port,
    };
    return true;
  }
}

/** The server denies a recipient, and takes the domain's postmaster. */
function isDenied({ meaning }: RecipientResult): boolean {
  return meaning.cause === 'relay-denied' && meaning.about === 'recipient';
}
