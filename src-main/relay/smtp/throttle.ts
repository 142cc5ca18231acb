// One server's gate, shared by all domains that it takes mail for: how many connections, and how fast (pace.ts).
// Times are those of the steady clock, ms.
import type { Reply } from '../../../shared/message.ts';
import type { Destination } from '../../../shared/domain.ts';
import { Pace } from './pace.ts';
import { isAboutServer, type ReplyConsequence } from './reply-meaning.ts';
import type { DeliveryStage } from './session.ts';

/** Connections to a server that nothing is known of. */
const FIRST_CONNECTIONS = 2;
/** RCPT answers slower than this, and than so many times the usual, mean that the server struggles. */
const SLOW_ANSWER = 1_000;
const SLOWER_THAN_USUAL = 4;
/** Shortest time between two reactions to slow answers, ms. */
const EASE_AGAIN_MS = 10_000;
/** "Busy" said once may be about one message; said so often with nothing taken between, it is about the server. */
const BUSY_IN_A_ROW = 3;
/** The same of "try again later" without a reason, which is said of single messages more often than not. */
const LATER_IN_A_ROW = 10;
/** A message that was asked to come back, and came back so often, meets a limit and not a greylist. */
const GREYLISTED_TOO_OFTEN = 3;
/** A connection that is refused while so many were taken lately (ms) is one too many, not a dead server. */
const LATELY_MS = 10_000;
const TAKEN_LATELY_MS = 3;
const REFUSED_IN_A_ROW = 3;
/** A server that is restarted refuses too: only one that does it so often within this time (ms), between taking some, has a limit. */
const SPELLS = 3;
const SPELLS_WITHIN_MS = 300_000;

export interface ThrottleFigures {
  /** Messages, recipients and connections a minute that the server bears; null where no limit is known. */
  messagesPerMinute: number | null;
  recipientsPerMinute: number | null;
  connectionsPerMinute: number | null;
  /** The server refused lately and is tried with one message at a time. */
  stopped: boolean;
  /** Connections at a time that it may have now. */
  connections: number;
}

/** Whether a reply asks us to send less, whatever the message was. */
export function asksForLess(reply: Reply, meaning: ReplyConsequence, attempts: number): boolean {
  if (meaning.outcome !== 'deferred') return false;
  if (meaning.cause === 'greylisted') return attempts >= GREYLISTED_TOO_OFTEN;
  // A limit on what one sender sends or one mailbox gets is not ours, whatever the code that says it.
  if (meaning.about === 'message' || meaning.about === 'recipient') return false;
  return meaning.cause === 'rate-limited' || (meaning.cause === 'server-busy' && reply.code === 421);
}

export class Throttle {
  readonly #connections = new Pace();
  readonly #messages = new Pace();
  readonly #recipients = new Pace();
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #ended = 0;
  #allowed = FIRST_CONNECTIONS;
  /** Below this many connections each success allows one more; above, each round of successes does. */
  #slowStartEnds = Number.POSITIVE_INFINITY;
  #busyInARow = 0;
  #laterInARow = 0;
  #refusedInARow = 0;
  #openedAt: number[] = [];
  /** When it began to refuse connections without a word, after it had taken one. */
  #spells: number[] = [];
  #usual: number | null = null;
  #lately = 0;
  #easedAt = 0;

  /** Attempts under way. */
  get running(): number {
    return this.#running;
  }

  /**
   * When a message may go (in the past: now). Infinity: when a connection comes free;
   * `onFree` is called then, once.
   */
  readyAt(needsConnection: boolean, most: number, onFree: () => void): number {
    if (this.#running >= Math.min(most, Math.floor(this.#allowed))) {
      this.#waiting.add(onFree);
      return Number.POSITIVE_INFINITY;
    }
    return Math.max(
      this.#messages.readyAt(),
      this.#recipients.readyAt(),
      needsConnection ? this.#connections.readyAt() : 0,
    );
  }

  start(now: number, recipients: number, needsConnection: boolean): void {
    this.#running++;
    this.#messages.take(now);
    this.#recipients.take(now, recipients);
    if (needsConnection) this.#connections.take(now);
  }

  /** Whether one more connection may be opened now, instead of a kept one that turned out dead; takes it. */
  another(now: number): boolean {
    if (this.#connections.readyAt() > now) return false;
    this.#connections.take(now);
    return true;
  }

  /** An attempt is over. `asked`: whether the server was offered the message at all. */
  end(recipients: number, asked: boolean): void {
    this.#running--;
    if (!asked) {
      this.#messages.giveBack();
      this.#recipients.giveBack(recipients);
    }
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // Each time another is first: with one connection for two domains neither may starve.
    const first = this.#ended++ % Math.max(1, waiting.length);
    for (const wake of [...waiting.slice(first), ...waiting.slice(0, first)]) wake();
  }

  /** Somebody wants to know now: no waiting for the next try. */
  tryNow(): void {
    for (const pace of [this.#connections, this.#messages, this.#recipients]) pace.tryNow();
  }

  /** A connection was taken. */
  opened(now: number, startedAt: number): void {
    this.#refusedInARow = 0;
    this.#openedAt = [...this.#openedAt.slice(1 - TAKEN_LATELY_MS), now];
    this.#connections.accepted(now, 1, startedAt);
  }

  /**
   * A connection was refused, or ended at the greeting. Returns whether that was for having asked for too many:
   * otherwise the server is not there, and the caller pauses it.
   */
  notOpened(now: number, startedAt: number, saidSo: boolean, othersOpen: boolean): boolean {
    this.#refusedInARow++;
    const [first] = this.#openedAt;
    const lately = this.#openedAt.length >= TAKEN_LATELY_MS && first !== undefined && now - first < LATELY_MS;
    const tooMany = saidSo || ((othersOpen || lately) && this.#refusedInARow < REFUSED_IN_A_ROW);
    if (!tooMany) return false;
    if (this.#refusedInARow === 1) this.#spells = [...this.#spells.slice(1 - SPELLS), now];
    const [oldest] = this.#spells;
    const often = this.#spells.length >= SPELLS && oldest !== undefined && now - oldest < SPELLS_WITHIN_MS;
    if (saidSo || often) this.#connections.refused(now, startedAt);
    this.#halve();
    return true;
  }

  /** The server is not there: it is tried with one connection when its pause is over. */
  failed(): void {
    this.#halve();
    this.#allowed = 1;
  }

  /** What the server answered to a message: each recipient's reply, in any order. */
  answered(
    now: number,
    startedAt: number,
    answers: readonly { meaning: ReplyConsequence; reply: Reply; stage: DeliveryStage; attempts: number }[],
  ): void {
    // No answer at all: the caller pauses the destination, and the speed had no part in it as far as anyone can tell.
    if (answers.every(({ reply }) => reply.code === 0)) return;
    const taken = answers.filter(({ meaning }) => meaning.outcome === 'delivered').length;
    const less = answers.filter(({ reply, meaning, attempts }) => asksForLess(reply, meaning, attempts));
    const putOff = taken > 0 ? [] : answers.filter(({ meaning }) => meaning.cause === 'server-busy');
    const later = putOff.length > 0;
    const busy = putOff.some(({ meaning }) => isAboutServer(meaning));
    this.#busyInARow = taken > 0 ? 0 : this.#busyInARow + (busy ? 1 : 0);
    this.#laterInARow = taken > 0 ? 0 : this.#laterInARow + (later ? 1 : 0);
    if (taken > 0) {
      this.#messages.accepted(now, 1, startedAt);
      this.#recipients.accepted(now, taken, startedAt);
    } else if (less.length === 0 && !busy) {
      // Refused for reasons of its own: the server counted it, and did not mind the speed.
      this.#messages.accepted(now, 1, startedAt);
      this.#recipients.accepted(now, answers.length, startedAt);
    }
    const [first] = less;
    if (first) {
      if (first.stage === 'rcpt') this.#recipients.refused(now, startedAt);
      else this.#messages.refused(now, startedAt);
      this.#halve();
    } else if (this.#busyInARow >= BUSY_IN_A_ROW || this.#laterInARow >= LATER_IN_A_ROW) {
      this.#messages.refused(now, startedAt);
      this.#halve();
    } else if (taken > 0) {
      this.#allowed += this.#allowed < this.#slowStartEnds ? 1 : 1 / this.#allowed;
    }
  }

  /** How long the server took to answer RCPT, ms. */
  rcptTook(now: number, ms: number): void {
    this.#lately = this.#lately === 0 ? ms : this.#lately * 0.7 + ms * 0.3;
    this.#usual ??= ms;
    const slow = this.#lately > Math.max(SLOW_ANSWER, this.#usual * SLOWER_THAN_USUAL);
    if (!slow) {
      this.#usual = this.#usual * 0.98 + ms * 0.02;
      return;
    }
    if (now - this.#easedAt < EASE_AGAIN_MS) return;
    this.#easedAt = now;
    this.#halve();
    this.#messages.ease();
  }

  /** Never more than the settings allow, so that growth does not have to be undone. */
  bound(most: number): void {
    this.#allowed = Math.min(this.#allowed, most);
  }

  figures(): ThrottleFigures {
    const [messages, recipients, connections] = [
      this.#messages.figures(),
      this.#recipients.figures(),
      this.#connections.figures(),
    ];
    return {
      messagesPerMinute: messages.perMinute,
      recipientsPerMinute: recipients.perMinute,
      connectionsPerMinute: connections.perMinute,
      stopped: messages.stopped || recipients.stopped || connections.stopped,
      connections: Math.floor(this.#allowed),
    };
  }

  #halve(): void {
    this.#slowStartEnds = Math.max(FIRST_CONNECTIONS, this.#allowed / 2);
    this.#allowed = Math.max(1, this.#allowed / 2);
  }
}

/** The gates of all servers, by what they know us by: the server's host and port, and our own address. */
export class Throttles {
  readonly #gates = new Map<string, Throttle>();

  of({ host, port, sourceAddress }: Destination): Throttle {
    const key = `${host} ${port} ${sourceAddress ?? ''}`;
    let gate = this.#gates.get(key);
    if (!gate) {
      gate = new Throttle();
      this.#gates.set(key, gate);
    }
    return gate;
  }
}
