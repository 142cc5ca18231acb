// One domain's way out: which of its messages are tried now, over how many connections, and what is known of its server.
//
// What happens when things fail:
// - The destination fails (no connection, or the conversation breaks): the message in hand is tried again later, the lane
//   pauses, and the pause is the lane's, not each message's: a million waiting messages cost nothing.
// - A message is deferred (4xx): it alone waits, by the retry schedule.
// - A message is refused (5xx): it is kept as refused, with the words, for the admin.
// - The outcome cannot be written (full disk): it is written again until it can be; the message is not tried meanwhile.
// - The process dies: what was under way is still queued on disk and is tried again; it may arrive twice, never not.
import type { Cause } from '../../../shared/cause.ts';
import type { Domain } from '../../../shared/domain.ts';
import type { Attempt, MessageState, Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { DueMessage, RecipientOutcome, Spool } from '../spool/spool.ts';
import { Destinations } from './destinations.ts';
import { meaningOf, noReply, type Meaning } from './reply.ts';
import type { Transcript } from '../transcript.ts';
import { pauseAfter } from './retry.ts';
import { DestinationFailed, type Answer, type Session, type SessionOptions } from './session.ts';

/** Messages kept in memory, ready to go, and the octets of their content; the rest waits on disk. */
const MOST_READY = 1000;
const MOST_READY_BYTES = 32 * 1024 * 1024;
/** Fewer than this ready: time to look on disk for more. */
const LOW_WATER = 200;
const DAY = 86_400_000;
/** Pause before an outcome that could not be written is written again, ms. */
const WRITE_AGAIN = 2_000;
/** How long a stop waits for attempts under way, ms. */
const GRACE = 10_000;
/** Shortest time between two looks into the spool, ms. */
const LOOK_AGAIN = 50;

export interface Job {
  message: DueMessage;
  /** Kept from the moment of arrival, when small; otherwise read from the spool. */
  content: Buffer | null;
}

/** What is known of the way to the office's server. */
export interface LaneHealth {
  /** Null while all is well. */
  trouble: { cause: Cause; since: number; reply: Reply; host: string; port: number } | null;
  lastDeliveredAt: number | null;
  /** UTC ms; in the past when not paused. */
  pausedUntil: number;
}

export interface LaneEvents {
  settled: (message: DueMessage, state: MessageState, results: RecipientOutcome[], domain: string) => void;
  health: (domain: string) => void;
  trouble: (words: string) => void;
}

/** Replies that may be about the connection's past and not about this message: worth a fresh connection. */
const OUT_OF_STEP = new Set([421, 503]);

interface Tried {
  session: Session | null;
  transcript: Transcript | null;
  answers: Answer[] | null;
  failure: Error | null;
}

/** Causes that say something about the server or about us, not about one message or recipient. */
const SERVER_CAUSES = new Set<Cause>([
  'relay-denied',
  'rate-limited',
  'blocklisted',
  'tls-required',
  'auth-required',
  'auth-failed',
  'server-busy',
  'ptr-missing',
  'connection-failed',
]);

export class Lane {
  readonly name: string;
  readonly health: LaneHealth = { trouble: null, lastDeliveredAt: null, pausedUntil: 0 };
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

  constructor(
    domain: Domain,
    spool: Spool,
    settings: () => Settings,
    options: () => SessionOptions,
    events: LaneEvents,
  ) {
    this.name = domain.name;
    this.#domain = domain;
    this.#spool = spool;
    this.#settings = settings;
    this.#events = events;
    this.#destinations = new Destinations(routeOf(domain), options);
  }

  /** The domain's route or mode was changed. */
  update(domain: Domain): void {
    this.#domain = domain;
    this.#destinations.setRoute(routeOf(domain));
    if (domain.mode.name === 'hold') this.#setAside();
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

  /** Messages under way, of those an action wants to touch. */
  isBusy(id: number): boolean {
    return this.#busy.has(id);
  }

  /** Starts nothing more and waits for attempts under way, `GRACE` ms at most: what is cut off is still queued on disk. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#setAside();
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, GRACE);
        this.#drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#destinations.close();
  }

  get #open(): boolean {
    return this.#domain.mode.name !== 'hold' && this.#destinations.pausedUntil <= Date.now();
  }

  /** Plans a look into the spool at `at` (UTC ms), or sooner if one is planned; not before the pause is over. */
  #plan(at = 0): void {
    if (this.#closed || this.#domain.mode.name === 'hold') return;
    const now = Date.now();
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
    while (this.#running < this.#concurrency) {
      const job = this.#ready.shift();
      if (!job) break;
      this.#readyBytes -= job.content?.length ?? 0;
      void this.#run(job);
    }
    if (this.#moreOnDisk && this.#ready.length < LOW_WATER) this.#plan();
  }

  /** One connection is enough to find out whether a server that failed is back. */
  get #concurrency(): number {
    return this.health.trouble?.cause === 'connection-failed' ? 1 : this.#settings().delivery.concurrency;
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#closed || this.#domain.mode.name === 'hold') return;
    if (this.#finishedMeanwhile) {
      this.#moreOnDisk = true;
      return;
    }
    if (!this.#open) {
      this.#plan();
      return;
    }
    if (this.#ready.length >= LOW_WATER) return;
    this.#lookedAt = Date.now();
    this.#moreOnDisk = false;
    const finished = new Set<number>();
    this.#finishedMeanwhile = finished;
    const limit = MOST_READY + this.#busy.size;
    try {
      const { messages, nextAt } = await this.#spool.db.read('due', {
        domain: this.name,
        now: this.#lookedAt,
        limit,
      });
      if (messages.length === limit) this.#moreOnDisk = true;
      for (const message of messages) {
        if (this.#busy.has(message.id) || finished.has(message.id)) continue;
        this.#busy.add(message.id);
        this.#ready.push({ message, content: null });
      }
      if (nextAt !== null) this.#plan(nextAt);
    } catch (error) {
      this.#moreOnDisk = true;
      this.#lookedAt = Date.now() + WRITE_AGAIN;
      this.#events.trouble(`cannot read the spool: ${(error as Error).message}`);
    } finally {
      this.#finishedMeanwhile = null;
    }
    this.#pump();
  }

  async #run(job: Job): Promise<void> {
    this.#running++;
    try {
      await this.#attempt(job);
    } catch (error) {
      this.#events.trouble(`a delivery attempt went wrong: ${(error as Error).message}`);
      this.#moreOnDisk = true;
    } finally {
      this.#busy.delete(job.message.id);
      this.#finishedMeanwhile?.add(job.message.id);
      this.#running--;
      if (this.#closed && this.#running === 0) this.#drained?.();
      this.#pump();
    }
  }

  async #attempt(job: Job): Promise<void> {
    const { message } = job;
    const startedAt = Date.now();
    const tried = await this.#try(job);
    const { session, answers, failure } = tried;
    const meanings = message.recipients.map((_, index): { meaning: Meaning; reply: Reply } => {
      const answer = answers?.[index];
      if (answer) return { meaning: meaningOf(answer.reply, answer.stage), reply: answer.reply };
      // The destination failed, or our own side did: whatever was said, it was not said about this message.
      const words =
        failure instanceof DestinationFailed ? failure.reply : noReply(failure?.message ?? 'no answer');
      const cause =
        failure instanceof DestinationFailed ? (meaningOf(words, failure.stage).cause ?? 'other') : 'other';
      return { meaning: { outcome: 'deferred', cause }, reply: words };
    });
    const destinationFailed = failure instanceof DestinationFailed;
    const transcript = destinationFailed ? failure.transcript : tried.transcript;
    this.#learn(meanings, destinationFailed, session);
    await this.#settle(job, meanings, {
      startedAt,
      session,
      transcript: this.#settings().log.keepTranscripts ? (transcript?.toJson() ?? '[]') : '[]',
      destinationFailed,
    });
  }

  /** Sends the message over a kept connection or a new one. Exactly one of `answers` and `failure` is set. */
  async #try(job: Job): Promise<Tried> {
    const { message } = job;
    for (let fresh = false; ; fresh = true) {
      let session: Session;
      try {
        session = await this.#destinations.open(fresh);
      } catch (error) {
        return { transcript: null, session: null, answers: null, failure: error as Error };
      }
      const kept = session.sent > 0;
      try {
        const answers = await session.send({
          sender: message.sender,
          recipients: message.recipients.map((recipient) => recipient.address),
          size: message.size,
          body8bit: message.body8bit,
          smtpUtf8: message.smtpUtf8,
          content: job.content ?? this.#spool.content(message.id, message.size),
        });
        if (kept && answers.some(({ reply }) => OUT_OF_STEP.has(reply.code))) {
          session.close();
          continue;
        }
        const transcript = session.transcript;
        const taken = answers.every(({ reply }) => reply.code >= 200 && reply.code < 300);
        void this.#giveBack(session, taken);
        return { transcript, session, answers, failure: null };
      } catch (error) {
        session.close();
        // A kept connection that the server ended meanwhile says nothing about the server.
        if (kept && error instanceof DestinationFailed) continue;
        if (error instanceof DestinationFailed) this.#destinations.failed(session);
        return { transcript: session.transcript, session, answers: null, failure: error as Error };
      }
    }
  }

  async #giveBack(session: Session, taken: boolean): Promise<void> {
    if (!taken) await session.reset();
    this.#destinations.release(session);
  }

  /** Writes down what became of each recipient. Comes back only when it is on disk. */
  async #settle(
    job: Job,
    meanings: { meaning: Meaning; reply: Reply }[],
    about: { startedAt: number; session: Session | null; transcript: string; destinationFailed: boolean },
  ): Promise<void> {
    const { message } = job;
    const now = Date.now();
    const { delivery } = this.#settings();
    const results = message.recipients.map((recipient, index): RecipientOutcome => {
      const { meaning, reply } = meanings[index] ?? {
        meaning: { outcome: 'deferred', cause: 'other' },
        reply: null,
      };
      const base = { position: recipient.position, cause: meaning.cause, reply };
      if (meaning.outcome === 'delivered') return { ...base, state: 'delivered', nextAt: null };
      if (meaning.outcome === 'refused') return { ...base, state: 'refused', nextAt: null };
      if (now - recipient.queuedSince > delivery.expireDays * DAY)
        return { ...base, state: 'expired', nextAt: null };
      const nextAt = about.destinationFailed
        ? Math.max(this.#destinations.pausedUntil, now + 1000)
        : now + pauseAfter(recipient.attempts + 1, delivery.retrySeconds, Math.random);
      return { ...base, state: 'queued', nextAt };
    });
    const destination = about.session?.destination ?? routeOf(this.#domain)[0];
    const attemptResults: Attempt['results'] = message.recipients.map((recipient, index) => ({
      recipient: recipient.address,
      outcome: meanings[index]?.meaning.outcome ?? 'deferred',
      cause: meanings[index]?.meaning.cause ?? null,
      reply: meanings[index]?.reply ?? null,
    }));
    const outcome = {
      messageId: message.id,
      results,
      attempt: {
        startedAt: about.startedAt,
        endedAt: now,
        host: destination?.host ?? '',
        port: destination?.port ?? 0,
        address: about.session?.address ?? null,
        tls: about.session?.tls ?? null,
        results: JSON.stringify(attemptResults),
        transcript: about.transcript,
      },
    };
    for (;;) {
      try {
        const { state } = await this.#spool.db.write('settle', outcome);
        this.#events.settled(message, state, results, this.name);
        break;
      } catch (error) {
        if (this.#closed) return;
        this.#events.trouble(`an outcome cannot be written, trying again: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, WRITE_AGAIN));
      }
    }
    const next = Math.min(...results.map((result) => result.nextAt ?? Number.POSITIVE_INFINITY));
    if (Number.isFinite(next)) this.#plan(next);
  }

  /** What an attempt says about the server itself. */
  #learn(
    meanings: { meaning: Meaning; reply: Reply }[],
    destinationFailed: boolean,
    session: Session | null,
  ): void {
    const now = Date.now();
    if (meanings.some(({ meaning }) => meaning.outcome === 'delivered')) {
      this.health.lastDeliveredAt = now;
      if (this.health.trouble) {
        this.health.trouble = null;
        this.#events.health(this.name);
      }
    } else {
      const telling = meanings.find(
        ({ meaning }) => destinationFailed || (meaning.cause !== null && SERVER_CAUSES.has(meaning.cause)),
      );
      if (telling?.meaning.cause) {
        const destination = session?.destination ?? routeOf(this.#domain)[0];
        const before = this.health.trouble;
        this.health.trouble = {
          cause: telling.meaning.cause,
          since: before?.cause === telling.meaning.cause ? before.since : now,
          reply: telling.reply,
          host: destination?.host ?? '',
          port: destination?.port ?? 0,
        };
        this.#events.health(this.name);
      }
    }
    this.health.pausedUntil = this.#destinations.pausedUntil;
  }
}

function routeOf(domain: Domain) {
  return domain.mode.name === 'reroute' && domain.mode.reroute ? domain.mode.reroute : domain.route;
}
