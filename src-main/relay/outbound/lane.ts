// One domain's way out: which of its messages are tried now, over how many connections, and what is known of its server.
//
// What happens when things fail:
// - The destination fails (no connection, or the conversation breaks): the message in hand is tried at the next destination of
//   the route, or later; the pause is the destination's, not each message's: a million waiting messages cost nothing.
// - The conversation breaks over one message, and others are answered: that message alone waits, by the retry schedule.
// - The conversation breaks after the whole message, before the answer: it may have arrived. It is not tried again before its
//   own time has come, neither there nor elsewhere, and the log says why.
// - The server refuses everything for a reason of its own (not home for the domain, wants a login, …): nothing is refused for good.
//   After a few messages the destination is paused as if it had failed; the mail waits until somebody has mended it.
// - The server asks for less (a limit, too many connections): the lane slows down (throttle.ts). What it turned away goes out
//   again as soon as the rate allows, and its schedule is not used up.
// - A message is deferred (4xx): it alone waits, by the retry schedule.
// - A message is refused (5xx): it is kept as refused, with the words, for the admin.
// - The outcome cannot be written (full disk): it is written again until it can be; the message is not tried meanwhile.
// - The process dies: what was under way is still queued on disk and is tried again; it may arrive twice, never not.
import { steadyOf, utcOf, type Clock } from '../../clock/clock.ts';
import type { Domain } from '../../../shared/domain.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { DueMessage, Spool } from '../spool/spool.ts';
import {
  Destinations,
  NotNow,
  routeOf,
  type DestinationsOptions,
  type Place,
  type Turn,
} from './destinations.ts';
import { learn, newHealth, refusesEverybody, shift, worthHolding, type LaneHealth } from './health.ts';
import { attemptRow, outcomesOf, verdictsOf, wordsOf, type Tried, type Verdict } from './outcome.ts';
import { isAboutServer } from './reply.ts';
import { offer } from './offer.ts';
import { DestinationFailed, isLost } from './destination-failed.ts';
import type { LaneEvents } from './lane-events.ts';
import type { Throttle } from './throttle.ts';
import { StorageError } from '../../storage/database.ts';

/** Messages kept in memory, ready to go, and the octets of their content; the rest waits on disk. */
const MOST_READY = 1000;
const MOST_READY_BYTES = 32 * 1024 * 1024;
/** As many while the server cannot be reached: a thousand would be read for nothing, at every try. */
const FEW_READY = 20;
/** Fewer than this ready: time to look on disk for more. */
const LOW_WATER = 200;
const DAY = 86_400_000;
/** Pause before an outcome that could not be written is written again, ms. */
const WRITE_AGAIN = 2_000;
const FAIRNESS = 5;
/** After so many messages refused for a reason of the server's, in a row, it is paused as if it were away. */
const REFUSED_IN_A_ROW = 3;
/** How long a stop waits for attempts under way, ms. */
const GRACE = 10_000;
/** Shortest time between two looks into the spool, ms. */
const LOOK_AGAIN = 50;

export interface Job {
  message: DueMessage;
  /** Kept from the moment of arrival, when small; otherwise read from the spool. */
  content: Buffer | null;
  /** The destination at which this message breaks the connection: another, if there is one, may bear it. */
  not?: Place;
}

export class Lane {
  readonly name: string;
  readonly health: LaneHealth = newHealth();
  readonly #clock: Clock;
  readonly #spool: Spool;
  readonly #settings: () => Settings;
  readonly #events: LaneEvents;
  readonly #destinations: Destinations;
  #domain: Domain;
  #ready: Job[] = [];
  #readyBytes = 0;
  readonly #busy = new Set<number>();
  /** Ids that were finished while a look into the spool was under way: what it saw of them is out of date. */
  #finishedMeanwhile: Set<number> | null = null;
  #running = 0;
  #moreOnDisk = true;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #lookedAt = 0;
  #closed = false;
  #drained: (() => void) | null = null;
  #pumpTimer: NodeJS.Timeout | null = null;
  #testTimer: NodeJS.Timeout | null = null;
  /** The held message that was offered last as a test. */
  #testedId = 0;
  readonly #onFree = () => this.#pump();

  constructor(
    domain: Domain,
    spool: Spool,
    settings: () => Settings,
    destinations: DestinationsOptions,
    events: LaneEvents,
  ) {
    this.name = domain.name;
    this.#domain = domain;
    this.#clock = destinations.clock;
    this.#spool = spool;
    this.#settings = settings;
    this.#events = events;
    this.#destinations = new Destinations(routeOf(domain), destinations);
    this.#planTest();
  }

  /** The domain's route or mode was changed. */
  update(domain: Domain): void {
    this.#domain = domain;
    this.#destinations.setRoute(routeOf(domain));
    if (domain.mode.name === 'hold') this.#setAside();
    this.health.refusedInARow = 0;
    this.health.denied.clear();
    this.#planTest();
    this.wake();
  }

  /** A message just arrived. It goes out from memory when there is room; otherwise it is found on disk later. */
  offer(job: Job): void {
    const bytes = job.content?.length ?? 0;
    const room = this.#ready.length < MOST_READY && this.#readyBytes + bytes <= MOST_READY_BYTES;
    // While older mail waits on disk, a newer message does not overtake it.
    if (this.#closed || !this.#open || !room || this.#moreOnDisk) {
      this.#moreOnDisk = true;
      this.#plan();
      return;
    }
    this.#busy.add(job.message.id);
    this.#ready.push(job);
    this.#readyBytes += bytes;
    this.#pump();
  }

  /** Something may be due now: look. */
  wake(forgive = false): void {
    if (forgive) this.#destinations.forgive();
    this.#moreOnDisk = true;
    this.#plan();
  }

  /**
   * The clock jumped by `by` ms (negative: back), just now: times in here move with it, but for those of the steady clock. What is ready is looked
   * for anew when the disk has been told.
   */
  clockJumped(by: number): void {
    shift(this.health, by);
    this.#setAside();
  }

  /** No attempt is under way. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Messages under way, of those an action wants to touch. */
  isBusy(id: number): boolean {
    return this.#busy.has(id);
  }

  /**
   * Starts nothing more and waits for attempts under way, `GRACE` ms at most. What is cut off then is still queued on disk, and what
   * may have arrived is noted so: it does not go out again with the next start.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of [this.#timer, this.#pumpTimer, this.#testTimer]) if (timer) clearTimeout(timer);
    this.#setAside();
    await this.#untilDrained(GRACE);
    if (this.#running > 0) {
      this.#destinations.abandon();
      await this.#untilDrained(WRITE_AGAIN);
    }
    this.#destinations.close();
  }

  async #untilDrained(most: number): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, most);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** What is known of the server that mail goes to now: how much it bears. */
  get throttle(): Throttle | null {
    return this.#destinations.throttle;
  }

  get #open(): boolean {
    return this.#domain.mode.name !== 'hold' && this.#destinations.pausedUntil <= this.#clock.steady();
  }

  /** Plans a look into the spool at `at` (by the steady clock), or sooner if one is planned; not before the pause is over. */
  #plan(at = 0): void {
    if (this.#closed || this.#domain.mode.name === 'hold') return;
    const now = this.#clock.steady();
    const due = Math.max(at, now, this.#destinations.pausedUntil, this.#lookedAt + LOOK_AGAIN);
    if (this.#timer && this.#timerAt <= due) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAt = due;
    // A look a day does no harm, and timers overflow at 2^31 ms.
    this.#timer = setTimeout(() => void this.#look(), Math.min(due - now, DAY));
  }

  /** Gives what is ready back to the disk, where it never left. */
  #setAside(): void {
    for (const job of this.#ready) this.#busy.delete(job.message.id);
    this.#ready = [];
    this.#readyBytes = 0;
    this.#moreOnDisk = true;
  }

  #pump(): void {
    if (this.#closed) return;
    if (!this.#open) this.#setAside();
    for (let job = this.#ready[0]; job; job = this.#ready[0]) {
      const now = this.#clock.steady();
      const turn = this.#destinations.turn(now, job.message.recipients.length, this.#onFree, job.not);
      if ('at' in turn) {
        if (Number.isFinite(turn.at)) this.#pumpAgain(turn.at - now);
        break;
      }
      this.#ready.shift();
      this.#readyBytes -= job.content?.length ?? 0;
      void this.#run(job, turn);
    }
    if (this.#moreOnDisk && this.#ready.length < LOW_WATER) this.#plan();
  }

  #pumpAgain(pause: number): void {
    if (this.#pumpTimer) clearTimeout(this.#pumpTimer);
    // Lanes that wait for the same server wake in no fixed order, so that none is always too late.
    const due = Math.ceil(pause) + Math.random() * FAIRNESS;
    this.#pumpTimer = setTimeout(() => this.#pump(), Math.min(DAY, Math.max(1, due)));
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#closed || this.#domain.mode.name === 'hold') return;
    this.#moreOnDisk ||= this.#finishedMeanwhile !== null;
    if (this.#finishedMeanwhile) return;
    if (!this.#open) {
      this.#plan();
      return;
    }
    // With enough in hand, what this look was planned for is looked for when that is used up.
    this.#moreOnDisk ||= this.#ready.length >= LOW_WATER;
    if (this.#ready.length >= LOW_WATER) return;
    this.#lookedAt = this.#clock.steady();
    this.#moreOnDisk = false;
    const finished = new Set<number>();
    this.#finishedMeanwhile = finished;
    const most = this.health.trouble?.cause === 'connection-failed' ? FEW_READY : MOST_READY;
    const limit = most + this.#busy.size;
    try {
      const { messages, nextAt } = await this.#spool.db.read('due', {
        domain: this.name,
        now: this.#clock.now(),
        limit,
      });
      if (messages.length === limit) this.#moreOnDisk = true;
      for (const message of messages) {
        if (this.#busy.has(message.id) || finished.has(message.id)) continue;
        this.#busy.add(message.id);
        this.#ready.push({ message, content: null });
      }
      if (nextAt !== null) this.#plan(steadyOf(this.#clock, nextAt));
    } catch (error) {
      this.#moreOnDisk = true;
      this.#lookedAt = this.#clock.steady() + WRITE_AGAIN;
      this.#events.trouble(`cannot read the spool: ${(error as Error).message}`);
    } finally {
      this.#finishedMeanwhile = null;
    }
    this.#pump();
  }

  async #run(job: Job, turn: Turn): Promise<void> {
    this.#running++;
    let again = false;
    try {
      again = (await this.#attempt(job, turn)) === 'again';
    } catch (error) {
      this.#events.trouble(`a delivery attempt went wrong: ${(error as Error).message}`);
      this.#moreOnDisk = true;
    } finally {
      this.#running--;
      if (again && !this.#closed && this.#open) {
        this.#ready.unshift(job);
        this.#readyBytes += job.content?.length ?? 0;
      } else {
        if (again) this.#moreOnDisk = true;
        this.#busy.delete(job.message.id);
        this.#finishedMeanwhile?.add(job.message.id);
      }
      if (this.#closed && this.#running === 0) this.#drained?.();
      this.#pump();
    }
  }

  /** One attempt, to the end; `again` when the message was not offered and should be taken up anew. */
  async #attempt(job: Job, turn: Turn): Promise<'done' | 'again'> {
    const { message } = job;
    const { startedAt, place } = turn;
    let tried: Tried;
    try {
      tried = await offer(
        message,
        turn,
        this.#destinations,
        () => job.content ?? this.#spool.content(message.id, message.size),
      );
    } catch (error) {
      this.#destinations.end(turn, false);
      if (error instanceof NotNow) return 'again';
      throw error;
    }
    const { session, answers, failure, blame } = tried;
    const verdicts = verdictsOf(message, tried);
    const now = this.#clock.steady();
    const asked = session !== null;
    if (asked) place.throttle.answered(now, startedAt, verdicts);
    const rcptTook = session?.rcptTook ?? null;
    if (rcptTook !== null) place.throttle.rcptTook(now, rcptTook);
    this.#destinations.end(turn, asked);

    const destinationFailed = failure instanceof DestinationFailed;
    for (const [index, { meaning }] of verdicts.entries())
      if (meaning.cause === 'relay-denied' && meaning.about === 'recipient')
        this.health.denied.add(message.recipients[index]?.address ?? '');
    const refusing = failure === null && refusesEverybody(this.health, verdicts);
    const changed = learn(this.health, verdicts, {
      now: this.#clock.now(),
      destination: place.destination,
      destinationFailed,
      refusing,
    });
    if (refusing && this.health.refusedInARow >= REFUSED_IN_A_ROW) this.#destinations.failed(turn);
    else if (failure === null && !refusing) this.#destinations.worked(turn);
    this.health.pausedUntil = utcOf(this.#clock, this.#destinations.pausedUntil);
    if (changed) this.#events.health(this.name);

    const isPaused = place.pausedUntil > now;
    // Only what nobody has an answer for, and what cannot have arrived, is taken to another destination at once.
    const isOpen = answers === null && !isLost(failure);
    if (isOpen && blame === 'message' && job.not !== place && this.#destinations.hasOther(turn)) {
      job.not = place;
      return 'again';
    }
    const failed = (isOpen && destinationFailed) || refusing;
    if (isPaused && failed && this.#destinations.hasOther(turn)) return 'again';
    await this.#settle(job, tried, turn, verdicts, isPaused || destinationFailed);
    this.#consider(
      verdicts.filter((_, index) => answers?.[index]),
      refusing,
    );
    return 'done';
  }

  /** Writes down what became of each recipient. Comes back only when it is on disk. */
  async #settle(
    { message }: Job,
    tried: Tried,
    { place, startedAt }: Turn,
    verdicts: readonly Verdict[],
    waitsForServer: boolean,
  ): Promise<void> {
    const { delivery, log } = this.#settings();
    const circumstances = {
      now: this.#clock.now(),
      startedAt: utcOf(this.#clock, startedAt),
      delivery,
      givesUp: this.#events.givesUp(),
      pausedUntil: waitsForServer ? utcOf(this.#clock, place.pausedUntil) : null,
    };
    const results = outcomesOf(message, verdicts, circumstances);
    const outcome = {
      messageId: message.id,
      results,
      attempt: attemptRow(message, verdicts, tried, place, circumstances, log.keepTranscripts),
      lesson: this.#events.lesson(
        this.name,
        wordsOf(message, tried, this.name),
        tried.session?.address ?? null,
      ),
      bounceAt: this.#events.bounceAt(),
      whole: message.recipientCount === results.length,
    };
    for (;;) {
      try {
        const { state, learned } = await this.#spool.settle(outcome);
        if (learned) this.#events.learned(learned);
        this.#events.settled(message, state, results, this.name);
        break;
      } catch (error) {
        if (this.#closed) return;
        // What ails the storage as a whole is told once, by whoever watches it.
        if (!(error instanceof StorageError) || error.failing === null)
          this.#events.trouble(`an outcome cannot be written, trying again: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, WRITE_AGAIN));
      }
    }
    const next = Math.min(...results.map((result) => result.nextAt ?? Number.POSITIVE_INFINITY));
    if (Number.isFinite(next)) this.#plan(steadyOf(this.#clock, next));
  }

  /** Whether the domain's mail should be held, or need not be any more. */
  #consider(verdicts: readonly Verdict[], refusing: boolean): void {
    const { mode } = this.#domain;
    if (mode.name === 'hold') {
      if (mode.setBy === 'mailward' && !refusing && verdicts.some(({ meaning }) => !isAboutServer(meaning)))
        this.#events.home(this.name);
      return;
    }
    const trouble = worthHolding(this.health, refusing, this.#settings().autoHold, this.#clock.now());
    if (trouble) this.#events.stopped(this.name, trouble.cause, trouble.reply);
  }

  /** While Mailward holds the mail, a held message is offered now and then: nothing else tells as surely. */
  #planTest(): void {
    if (this.#testTimer) clearTimeout(this.#testTimer);
    this.#testTimer = null;
    const { mode } = this.#domain;
    if (this.#closed || mode.name !== 'hold' || mode.setBy !== 'mailward' || mode.homeSince !== null) return;
    this.#testTimer = setTimeout(() => void this.#test(), this.#settings().autoHold.testSeconds * 1000);
  }

  async #test(): Promise<void> {
    try {
      // Another each time, oldest first: some message may be refused, or break the connection, for its own sake.
      const message = await this.#spool.db.read('nextHeld', { domain: this.name, after: this.#testedId });
      this.#testedId = message?.id ?? 0;
      if (message && !this.#busy.has(message.id) && !this.#closed) {
        this.#destinations.forgive();
        const turn = this.#destinations.turn(
          this.#clock.steady(),
          message.recipients.length,
          () => undefined,
        );
        if ('place' in turn) {
          this.#busy.add(message.id);
          await this.#run({ message, content: null }, turn);
        }
      }
    } catch (error) {
      this.#events.trouble(`the held mail of ${this.name} could not be tested: ${(error as Error).message}`);
    }
    this.#planTest();
  }
}
