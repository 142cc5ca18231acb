// One attempt, from the offer to a server until what became of it is on disk; the same for every way out.
//
// What happens when things fail:
// - The destination fails (no connection, or the conversation breaks): the message is tried at the next destination of the route, or
//   later; the pause is the destination's, not each message's: a million waiting messages cost nothing.
// - The conversation breaks over one message, and others are answered: that message alone waits, by the retry schedule.
// - The conversation breaks after the whole message, before the answer: it may have arrived. It is not tried again before its own
//   time has come, neither there nor elsewhere, and the log says why.
// - The server refuses everything for a reason of its own (not home for the domain, wants a login, …): nothing is refused for good.
//   After a few messages the destination is paused as if it had failed; the mail waits until somebody has mended it.
// - The server asks for less (a limit, too many connections): it gets less (smtp/throttle.ts). What it turned away goes out again as soon
//   as the rate allows, and its schedule is not used up.
// - A message is deferred (4xx): it alone waits, by the retry schedule.
// - A message is refused (5xx): it is kept as refused, with the words, for the admin.
// - The outcome cannot be written (full disk): it is written again until it can be; the message is not tried meanwhile.
// - The process dies: what was under way is still queued on disk and is tried again; it may arrive twice, never not.
import { pause, utcOf, type Clock } from '../../clock/clock.ts';
import type { Settings } from '../../../shared/settings.ts';
import { StorageError } from '../../storage/database.ts';
import type { RecipientAnswer } from '../policy/learned.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import type { DueMessage, Lesson, Spool } from '../spool/spool.ts';
import type { Claim } from './claims.ts';
import { DestinationFailed, isLost } from '../smtp/destination-failed.ts';
import { NoConnectionNow, type Destinations, type DestinationState, type Permit } from './destinations.ts';
import { offer } from './offer.ts';
import {
  attemptRow,
  outcomesOf,
  readingsOf,
  wordsOf,
  type RecipientResult,
  type AttemptResult,
} from './outcome.ts';
import type { Way } from './way.ts';

/** Pause before an outcome that could not be written is written again, ms. */
const WRITE_AGAIN_MS = 2_000;

/** A message in hand. */
export interface ClaimedMessage {
  message: DueMessage;
  claim: Claim;
  /** Kept from the moment of arrival, when small; otherwise read from the spool. */
  content: Buffer | null;
  /** The destination at which this message breaks the connection: another, if there is one, may bear it. */
  not?: DestinationState;
}

/** `again`: the message was not offered, or is worth another destination at once. Else when it is due next, UTC ms; null for never. */
export type AttemptEnd = 'again' | { nextAt: number | null };

type Settled = Awaited<ReturnType<Spool['settle']>>;

export interface DeliveryParts {
  clock: Clock;
  spool: Pick<Spool, 'content' | 'settle'>;
  settings: () => Settings;
  /** What a server's answers teach about the domain's recipients; written with the outcome, and what it came to is told as `learned`. */
  lesson: (domain: string, words: RecipientAnswer[], serverAddress: string | null) => Lesson | null;
  /** When a sender is to be told of what is refused or given up now, UTC ms. */
  bounceAt: () => number;
  /** Whether mail is given up when it has waited too long: not while the clock may be wrong. */
  givesUp: () => boolean;
  events: Publisher<RelayEvents>;
}

export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /**
   * Tries a message at the permit's destination. Comes back only when the outcome is on disk.
   * @param isStopping an outcome that cannot be written is given up then: the next start tries the message again.
   */
  async attempt(
    way: Way,
    job: ClaimedMessage,
    permit: Permit,
    destinations: Destinations,
    isStopping: () => boolean,
  ): Promise<AttemptEnd> {
    const { clock, spool } = this.#parts;
    const { message } = job;
    const { startedAt, place } = permit;
    let tried: AttemptResult;
    try {
      tried = await offer(
        message,
        permit,
        destinations,
        () => job.content ?? spool.content(message.id, message.size),
      );
    } catch (error) {
      destinations.end(permit, false);
      if (error instanceof NoConnectionNow) return 'again';
      throw error;
    }
    const { session, answers, failure, blame } = tried;
    const readings = readingsOf(message, tried);
    const now = clock.steady();
    if (session) {
      place.throttle.answered(now, startedAt, readings);
      if (session.rcptTook !== null) place.throttle.rcptTook(now, session.rcptTook);
    }
    destinations.end(permit, session !== null);

    const { server } = way;
    const { refusing, changed } = server.learn(message, readings, place.destination, failure);
    if (refusing && server.keepsRefusing) destinations.failed(permit);
    else if (failure === null && !refusing) destinations.worked(permit);
    server.condition.pausedUntil = utcOf(clock, destinations.pausedUntil);
    if (changed) server.changed();

    const destinationFailed = failure instanceof DestinationFailed;
    const isPaused = place.pausedUntil > now;
    // Only what nobody has an answer for, and what cannot have arrived, is taken to another destination at once.
    const isOpen = answers === null && !isLost(failure);
    if (isOpen && blame === 'message' && job.not !== place && destinations.hasOther(permit)) {
      job.not = place;
      return 'again';
    }
    const failed = (isOpen && destinationFailed) || refusing;
    if (isPaused && failed && destinations.hasOther(permit)) return 'again';
    return this.#settle(way, job, tried, permit, readings, {
      waitsForServer: isPaused || destinationFailed,
      refusing,
      isStopping,
    });
  }

  /** Writes down what became of each recipient. */
  async #settle(
    way: Way,
    { message }: ClaimedMessage,
    tried: AttemptResult,
    { place, startedAt }: Permit,
    readings: readonly RecipientResult[],
    about: { waitsForServer: boolean; refusing: boolean; isStopping: () => boolean },
  ): Promise<AttemptEnd> {
    const { clock, spool, settings, lesson, bounceAt, givesUp, events } = this.#parts;
    const { delivery, log } = settings();
    const circumstances = {
      now: clock.now(),
      startedAt: utcOf(clock, startedAt),
      delivery,
      givesUp: way.expires && givesUp(),
      pausedUntil: about.waitsForServer ? utcOf(clock, place.pausedUntil) : null,
    };
    const results = outcomesOf(message, readings, circumstances);
    const outcome = {
      messageId: message.id,
      results,
      attempt: attemptRow(message, readings, tried, place, circumstances, log.keepTranscripts),
      lesson: way.teaches
        ? lesson(way.name, wordsOf(message, tried, way.name), tried.session?.address ?? null)
        : null,
      bounceAt: bounceAt(),
      whole: message.recipientCount === results.length,
    };
    for (let settled: Settled | null = null; settled === null; ) {
      try {
        settled = await spool.settle(outcome);
      } catch (error) {
        if (about.isStopping()) return { nextAt: null };
        // What ails the storage as a whole is told once, by whoever watches it.
        if (!(error instanceof StorageError) || error.failing === null)
          events.emit('fault', {
            part: 'delivery',
            messageId: message.id,
            what: 'an outcome cannot be written, trying again',
            error,
          });
        await pause(clock, WRITE_AGAIN_MS);
        continue;
      }
      if (settled.learned) events.emit('learned', settled.learned);
      const answers = readings.filter((_, index) => tried.answers?.[index]);
      way.onOutcome({ message, state: settled.state, results, answers, refusing: about.refusing });
    }
    const next = Math.min(...results.map(({ nextAt }) => nextAt ?? Number.POSITIVE_INFINITY));
    return { nextAt: Number.isFinite(next) ? next : null };
  }
}
