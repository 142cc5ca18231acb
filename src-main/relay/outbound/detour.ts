// One other way than the domains' routes: the messages that an admin sent on it, tried there until they are taken or refused.
//
// What happens when things fail is a lane's (lane.ts), with these differences:
// - Nothing is ever queued or given up: what waits stays held, with the time of its next attempt beside it.
// - It teaches nothing about the domain's recipients, and nothing about its server: another one answered.
// - A message that the domain's lane has in hand is left to it, and looked at again in a moment: never two at once.
import { steadyOf, utcOf, type Clock } from '../../clock/clock.ts';
import type { Settings } from '../../../shared/settings.ts';
import { readDetourRoute, type DetouredMessage } from '../../storage/operations/detours.ts';
import type { RecipientOutcome, Spool } from '../spool/spool.ts';
import { Destinations, NotNow, type DestinationsOptions, type Place, type Turn } from './destinations.ts';
import type { LaneEvents } from './lane-events.ts';
import { offer } from './offer.ts';
import { attemptRow, outcomesOf, refusesAll, verdictsOf, type Tried, type Verdict } from './outcome.ts';
import { DestinationFailed, isLost } from './destination-failed.ts';
import { StorageError } from '../../storage/database.ts';

/** Messages kept in memory, ready to go; the rest waits on disk. */
const MOST_READY = 100;
/** What somebody else has in hand is looked at again after this, ms. */
const BUSY_AGAIN = 250;
/** Shortest time between two looks into the spool, ms. */
const LOOK_AGAIN = 50;
/** Pause before an outcome that could not be written is written again, ms. */
const WRITE_AGAIN = 2_000;
const DAY = 86_400_000;
/** After so many messages refused for a reason of the server's, in a row, it is paused as if it were away. */
const REFUSED_IN_A_ROW = 3;

export interface DetourParts extends Pick<LaneEvents, 'bounceAt' | 'trouble'> {
  spool: Spool;
  settings: () => Settings;
  /** How servers are reached. */
  out: DestinationsOptions;
  /** Takes a message in hand, unless somebody has it: the domain's lane, another way, an admin who changes it. */
  take: (message: DetouredMessage) => boolean;
  giveBack: (message: DetouredMessage) => void;
  /** An attempt's outcome is on disk. */
  settled: (message: DetouredMessage, results: RecipientOutcome[]) => void;
}

export class Detour {
  readonly #parts: DetourParts;
  readonly #clock: Clock;
  readonly #route: string;
  readonly #destinations: Destinations;
  #ready: DetouredMessage[] = [];
  readonly #busy = new Set<number>();
  /** Where a message breaks the connection: another destination, if there is one, may bear it. */
  readonly #not = new Map<number, Place>();
  #refusedInARow = 0;
  /** Messages that were changed while a look into the spool was under way: what it saw of them is out of date. */
  #changedMeanwhile: Set<number> | null = null;
  #moreOnDisk = true;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #lookedAt = 0;
  #pumpTimer: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #onFree = () => this.#pump();

  constructor(route: string, parts: DetourParts) {
    this.#route = route;
    this.#parts = parts;
    this.#clock = parts.out.clock;
    this.#destinations = new Destinations(readDetourRoute(route), parts.out);
  }

  /** When the way may be tried (UTC ms): in the past when it may be tried now. */
  get pausedUntil(): number {
    return utcOf(this.#clock, this.#destinations.pausedUntil);
  }

  get isIdle(): boolean {
    return this.#busy.size === 0 && this.#ready.length === 0 && this.#changedMeanwhile === null;
  }

  /** Something may be due now: look. `forgive` forgets the back-off: somebody asked for a retry. */
  wake(forgive: boolean): void {
    if (forgive) this.#destinations.forgive();
    this.#moreOnDisk = true;
    this.#plan(0);
  }

  /** These messages are being changed: what is known of them is out of date. */
  forget(ids: ReadonlySet<number>): void {
    this.#ready = this.#ready.filter(({ id }) => !ids.has(id));
    if (this.#changedMeanwhile) for (const id of ids) this.#changedMeanwhile.add(id);
  }

  /** Starts nothing more. Attempts under way end by themselves, or are cut off and tried again some day. */
  close(): void {
    this.#closed = true;
    for (const timer of [this.#timer, this.#pumpTimer]) if (timer) clearTimeout(timer);
    this.#ready = [];
    if (this.#busy.size === 0) this.#destinations.close();
  }

  /** Ends attempts that take too long for a stop: what may have arrived is noted so. */
  abandon(): void {
    this.#destinations.abandon();
  }

  /** Plans a look into the spool at `at` (by the steady clock), or sooner if one is planned. */
  #plan(at: number): void {
    if (this.#closed) return;
    const now = this.#clock.steady();
    const due = Math.max(at, now, this.#destinations.pausedUntil, this.#lookedAt + LOOK_AGAIN);
    if (this.#timer && this.#timerAt <= due) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAt = due;
    this.#timer = setTimeout(() => void this.#look(), Math.min(due - now, DAY));
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.steady();
    if (this.#closed) return;
    if (this.#destinations.pausedUntil > now) {
      this.#plan(0);
      return;
    }
    this.#moreOnDisk = true;
    if (this.#changedMeanwhile || this.#ready.length >= MOST_READY) return;
    this.#moreOnDisk = false;
    this.#lookedAt = now;
    const changed = new Set<number>();
    this.#changedMeanwhile = changed;
    let again = Number.POSITIVE_INFINITY;
    try {
      const limit = MOST_READY + this.#busy.size;
      const { db } = this.#parts.spool;
      const { messages, nextAt } = await db.read('dueDetours', {
        route: this.#route,
        now: this.#clock.now(),
        limit,
      });
      const known = new Set([...this.#busy, ...this.#ready.map(({ id }) => id)]);
      for (const message of messages) {
        if (changed.has(message.id)) again = now;
        else if (!known.has(message.id)) this.#ready.push(message);
      }
      this.#moreOnDisk ||= messages.length === limit;
      if (nextAt !== null) again = Math.min(again, steadyOf(this.#clock, nextAt));
    } catch (error) {
      again = this.#clock.steady() + WRITE_AGAIN;
      this.#parts.trouble(`cannot read what is sent another way: ${(error as Error).message}`);
    } finally {
      this.#changedMeanwhile = null;
    }
    if (Number.isFinite(again)) this.#plan(again);
    this.#pump();
  }

  #pump(): void {
    if (this.#closed) return;
    if (this.#destinations.pausedUntil > this.#clock.steady() && this.#ready.length > 0) {
      this.#ready = [];
      this.#moreOnDisk = true;
    }
    for (let message = this.#ready[0]; message; message = this.#ready[0]) {
      const now = this.#clock.steady();
      if (!this.#parts.take(message)) {
        this.#ready.shift();
        this.#plan(now + BUSY_AGAIN);
        continue;
      }
      const turn = this.#destinations.turn(
        now,
        message.recipients.length,
        this.#onFree,
        this.#not.get(message.id),
      );
      if ('at' in turn) {
        this.#parts.giveBack(message);
        if (Number.isFinite(turn.at)) this.#pumpAgain(turn.at - now);
        break;
      }
      this.#ready.shift();
      void this.#run(message, turn);
    }
    if (this.#moreOnDisk && this.#ready.length === 0) this.#plan(0);
  }

  #pumpAgain(pause: number): void {
    if (this.#pumpTimer) clearTimeout(this.#pumpTimer);
    this.#pumpTimer = setTimeout(() => this.#pump(), Math.min(DAY, Math.max(1, Math.ceil(pause))));
  }

  async #run(message: DetouredMessage, turn: Turn): Promise<void> {
    this.#busy.add(message.id);
    try {
      await this.#attempt(message, turn);
    } catch (error) {
      this.#plan(this.#clock.steady() + WRITE_AGAIN);
      this.#parts.trouble(`an attempt to send mail another way went wrong: ${(error as Error).message}`);
    } finally {
      this.#busy.delete(message.id);
      this.#changedMeanwhile?.add(message.id);
      this.#parts.giveBack(message);
      if (this.#closed && this.#busy.size === 0) this.#destinations.close();
      this.#pump();
    }
  }

  async #attempt(message: DetouredMessage, turn: Turn): Promise<void> {
    const { spool } = this.#parts;
    const { place, startedAt } = turn;
    let tried: Tried;
    try {
      tried = await offer(message, turn, this.#destinations, () => spool.content(message.id, message.size));
    } catch (error) {
      this.#destinations.end(turn, false);
      if (!(error instanceof NotNow)) throw error;
      this.#moreOnDisk = true;
      return;
    }
    const { session, answers, failure, blame } = tried;
    const verdicts = verdictsOf(message, tried);
    const now = this.#clock.steady();
    if (session) {
      place.throttle.answered(now, startedAt, verdicts);
      if (session.rcptTook !== null) place.throttle.rcptTook(now, session.rcptTook);
    }
    this.#destinations.end(turn, session !== null);

    const refusing = failure === null && refusesAll(verdicts);
    this.#refusedInARow = refusing ? this.#refusedInARow + 1 : 0;
    if (refusing && this.#refusedInARow >= REFUSED_IN_A_ROW) this.#destinations.failed(turn);
    else if (failure === null && !refusing) this.#destinations.worked(turn);
    const isPaused = place.pausedUntil > now;
    const destinationFailed = failure instanceof DestinationFailed;
    const isOpen = answers === null && !isLost(failure);
    const breaksHere = isOpen && blame === 'message' && this.#not.get(message.id) !== place;
    const failed = isPaused && ((isOpen && destinationFailed) || refusing);
    if ((breaksHere || failed) && this.#destinations.hasOther(turn)) {
      if (breaksHere) this.#not.set(message.id, place);
      this.#moreOnDisk = true;
      return;
    }
    this.#not.delete(message.id);
    await this.#settle(message, tried, turn, verdicts, isPaused || destinationFailed);
  }

  /** Writes down what became of each recipient. Comes back only when it is on disk. */
  async #settle(
    message: DetouredMessage,
    tried: Tried,
    { place, startedAt }: Turn,
    verdicts: readonly Verdict[],
    waitsForServer: boolean,
  ): Promise<void> {
    const { spool, settings, bounceAt, settled, trouble } = this.#parts;
    const { delivery, log } = settings();
    const circumstances = {
      now: this.#clock.now(),
      startedAt: utcOf(this.#clock, startedAt),
      delivery,
      // Nothing is given up on another way.
      givesUp: false,
      pausedUntil: waitsForServer ? utcOf(this.#clock, place.pausedUntil) : null,
    };
    const results = outcomesOf(message, verdicts, circumstances);
    const waits = results.flatMap(({ position, nextAt, counted }) => {
      const since = message.recipients.find((one) => one.position === position)?.since;
      return nextAt === null || since === undefined ? [] : [{ position, since, nextAt, counted }];
    });
    const written = {
      waits,
      outcome: {
        messageId: message.id,
        // The domain's own schedule is not used up on another way.
        results: results.map((result) => ({ ...result, counted: false })),
        attempt: attemptRow(message, verdicts, tried, place, circumstances, log.keepTranscripts),
        lesson: null,
        bounceAt: bounceAt(),
      },
    };
    for (;;) {
      try {
        await spool.settleDetour(written);
        settled(message, results);
        break;
      } catch (error) {
        if (this.#closed) return;
        // What ails the storage as a whole is told once, by whoever watches it.
        if (!(error instanceof StorageError) || error.failing === null)
          trouble(`an outcome cannot be written, trying again: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, WRITE_AGAIN));
      }
    }
    if (waits.length > 0) this.#plan(steadyOf(this.#clock, Math.min(...waits.map(({ nextAt }) => nextAt))));
  }
}
