// Know before accepting: asks the office's server about a recipient while the sending server waits, and remembers the answer.
//
// What happens when things fail: mail is never refused for want of an answer. No connection, no answer in time, "later", a refusal
// for any other reason than that the recipient does not exist, a server that refuses everybody: the recipient is accepted.
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../clock/clock.ts';
import { byPriority, type Destination, type Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { meaningOf } from '../outbound/reply.ts';
import { Session, type Answer, type SessionOptions } from '../outbound/session.ts';
import { asksForLess } from '../outbound/throttle.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import { saysUnknown, type LearnedRecipients } from './learned.ts';

/** The longest that a sending server waits for the answer, waiting for a free connection included, ms. */
const PATIENCE = 2_000;
/** A connection is kept warm this long without a question, ms. */
const IDLE = 20_000;
/** Questions over one connection. Servers count RSET as junk (Postfix bears 100), and errors: it slows down after 10. */
const MOST_QUESTIONS = 50;
const MOST_UNKNOWN = 6;
/** After a failure or a timeout the server is not asked for this long, ms: 2 s for each RCPT would stop the mail. */
const REST = 30_000;
/** How long it is remembered whether the server tells recipients apart at RCPT, ms. */
const KIND_FOR = 6 * 3_600_000;
/** How long a server that took a recipient it used to take is believed about others, ms. */
const CONTROL_FOR = 60_000;
const MOST_REMEMBERED = 100_000;

export type Verdict = { kind: 'known' } | { kind: 'unknown'; reply: Reply } | { kind: 'unclear' };
const UNCLEAR: Verdict = { kind: 'unclear' };
const KNOWN: Verdict = { kind: 'known' };

export interface CalloutOptions {
  settings: () => Settings;
  session: () => SessionOptions;
  learned: LearnedRecipients;
  clock: Clock;
  events: Publisher<RelayEvents>;
}

export type ServerKind = 'selective' | 'takes-all' | 'unknown';

interface Place {
  destination: Destination;
  idle: Session[];
  questions: WeakMap<Session, { asked: number; unknown: number }>;
  busy: number;
  /** Connections that are ending a transaction. */
  freeing: number;
  waiting: (() => void)[];
  restUntil: number;
  kind: ServerKind;
  kindUntil: number;
  finding: Promise<void> | null;
}

interface Counts {
  asked: number;
  unknown: number;
  unclear: number;
}

export class Callout {
  readonly #options: CalloutOptions;
  readonly #places = new Map<string, Place>();
  readonly #unknown = new Map<string, { until: number; reply: Reply }>();
  /** One question for all who ask the same at the same time. */
  readonly #asking = new Map<string, Promise<Verdict>>();
  readonly #counts = new Map<string, Counts>();
  readonly #controls = new Map<string, { until: number; fine: boolean }>();
  #sweep: Timer | null = null;
  #closed = false;

  constructor(options: CalloutOptions) {
    this.#options = options;
  }

  counts(domain: string): Counts {
    let counts = this.#counts.get(domain);
    if (!counts) this.#counts.set(domain, (counts = { asked: 0, unknown: 0, unclear: 0 }));
    return counts;
  }

  serverKind(domain: Domain): ServerKind {
    return this.#placeOf(domain)?.kind ?? 'unknown';
  }

  /** What is remembered of a recipient; null when the server has to be asked. */
  remembered(key: string): Verdict | null {
    const { clock, settings } = this.#options;
    const { recipients } = settings();
    const knownAt = this.#options.learned.knownAt(key);
    if (knownAt !== null && clock.now() < knownAt + recipients.knownHours * 3_600_000) return KNOWN;
    const unknown = this.#unknown.get(key);
    if (unknown && clock.steady() < unknown.until) return { kind: 'unknown', reply: unknown.reply };
    if (unknown) this.#unknown.delete(key);
    return null;
  }

  /** A delivery, or an admin, knows better than what is remembered. */
  forget(key: string): void {
    this.#unknown.delete(key);
  }

  /** Asks the domain's server, and waits two seconds at most. Never rejects. */
  async ask(domain: Domain, key: string, address: string): Promise<Verdict> {
    const under = this.#asking.get(key);
    if (under) return under;
    const asking = this.#within(this.#question(domain, key, address)).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    const verdict = await asking;
    if (verdict.kind === 'unclear') this.counts(domain.name).unclear++;
    return verdict;
  }

  async #within(question: Promise<Verdict>): Promise<Verdict> {
    const { clock, events } = this.#options;
    const { promise: timeout, resolve } = Promise.withResolvers<Verdict>();
    const timer = clock.deadline(PATIENCE, () => resolve(UNCLEAR));
    try {
      return await Promise.race([question, timeout]);
    } catch (error) {
      events.emit('fault', { part: 'recipients', what: 'a question about a recipient went wrong', error });
      return UNCLEAR;
    } finally {
      timer.cancel();
    }
  }

  async #question(domain: Domain, key: string, address: string): Promise<Verdict> {
    const deadline = this.#options.clock.steady() + PATIENCE;
    const place = this.#placeOf(domain);
    if (!place || this.#closed) return UNCLEAR;
    await this.#findOut(place, domain.name, deadline);
    if (place.kind === 'takes-all') return KNOWN;
    const answer = await this.#exchange(place, address, deadline);
    if (!answer) return UNCLEAR;
    const { learned } = this.#options;
    this.counts(domain.name).asked++;
    const { reply, stage } = answer;
    // A server that asks for less must not spend what it bears on questions: the mail needs it.
    if (asksForLess(reply, meaningOf(reply, stage), 0)) place.restUntil = this.#options.clock.steady() + REST;
    const isUnknown = stage === 'rcpt' && answer.notHome !== true && saysUnknown(reply, 'rcpt');
    const taken = stage === 'rcpt' && reply.code >= 200 && reply.code < 300;
    // Only a server that was seen to tell recipients apart is taken at its word that one exists.
    if (isUnknown || (taken && place.kind === 'selective'))
      await learned.learn(domain.name, [{ key, reply, stage }], 'callout');
    if (taken) {
      this.#unknown.delete(key);
      return KNOWN;
    }
    if (!isUnknown) return UNCLEAR;
    if (!(await this.#believable(place, domain.name, deadline))) return UNCLEAR;
    this.#remember(key, reply);
    return { kind: 'unknown', reply };
  }

  #remember(key: string, reply: Reply): void {
    const { unknownSeconds } = this.#options.settings().recipients;
    if (this.#unknown.size >= MOST_REMEMBERED) {
      const [oldest] = this.#unknown.keys();
      if (oldest !== undefined) this.#unknown.delete(oldest);
    }
    this.#unknown.set(key, { until: this.#options.clock.steady() + unknownSeconds * 1000, reply });
  }

  /** Asks for an address that nobody has: a server that takes it takes everything, and need not be asked. */
  async #findOut(place: Place, domain: string, deadline: number): Promise<void> {
    if (this.#options.clock.steady() < place.kindUntil) return;
    place.finding ??= (async () => {
      const nobody = `mailward-${randomBytes(9).toString('hex')}@${domain}`;
      const answer = await this.#exchange(place, nobody, deadline);
      place.finding = null;
      if (answer?.stage !== 'rcpt' || answer.notHome === true) return;
      const { reply } = answer;
      if (reply.code >= 200 && reply.code < 300) place.kind = 'takes-all';
      else if (saysUnknown(reply, 'rcpt')) place.kind = 'selective';
      else return;
      place.kindUntil = this.#options.clock.steady() + KIND_FOR;
    })();
    await place.finding;
  }

  /**
   * While many recipients fail at once, a dictionary attack has to be told from a server that refuses everybody: it is asked
   * for a recipient that it used to take.
   */
  async #believable(place: Place, domain: string, deadline: number): Promise<boolean> {
    const { learned, clock } = this.#options;
    if (!learned.serverFails(domain)) return true;
    const before = this.#controls.get(domain);
    if (before && clock.steady() < before.until) return before.fine;
    const answer = await this.#exchange(place, learned.someKnown(domain) ?? `postmaster@${domain}`, deadline);
    const fine = answer?.stage === 'rcpt' && answer.reply.code >= 200 && answer.reply.code < 300;
    this.#controls.set(domain, { fine, until: clock.steady() + CONTROL_FOR });
    if (!fine)
      for (const key of this.#unknown.keys()) if (key.endsWith(`@${domain}`)) this.#unknown.delete(key);
    return fine;
  }

  /** One question over a warm connection or a new one; null when there was no answer in time. */
  async #exchange(place: Place, address: string, deadline: number): Promise<Answer | null> {
    const { clock } = this.#options;
    if (clock.steady() < place.restUntil) return null;
    if (!(await this.#turn(place, deadline))) return null;
    let session: Session | null = null;
    let timer = null as Timer | null;
    let resetting: Promise<void> = Promise.resolve();
    try {
      for (let fresh = false; ; fresh = true) {
        const kept = fresh ? undefined : usableOf(place);
        const opened: Promise<Session> = kept
          ? Promise.resolve(kept)
          : Session.open(place.destination, this.#sessionOptions());
        // A connection that comes up too late for the question is warm for the next one.
        let late = false;
        const timeout = new Promise<null>((resolve) => {
          timer?.cancel();
          timer = clock.deadline(deadline - clock.steady(), () => {
            late = true;
            resolve(null);
          });
        });
        opened.then(
          (one) => {
            if (late) this.#giveBack(place, one);
          },
          () => undefined,
        );
        session = await Promise.race([opened, timeout]);
        if (!session) break;
        const current = session;
        if (kept) current.startTranscript();
        const answered = current.ask(address).catch((error: unknown) => {
          if (kept) return 'gone' as const;
          throw error;
        });
        answered.catch(() => undefined);
        const answer = await Promise.race([answered, timeout]);
        // A server may end a warm connection when it likes, or lose count on it; that is no failure.
        if (
          answer === 'gone' ||
          (answer && kept && (answer.reply.code === 421 || answer.reply.code === 503))
        ) {
          current.close();
          continue;
        }
        if (answer === null) {
          current.close();
          session = null;
          break;
        }
        this.#note(place, current, answer);
        // The turn is over when the connection is free again: the next question takes it, and opens no other.
        place.freeing++;
        resetting = current.reset().then(() => {
          place.freeing--;
          this.#giveBack(place, current);
        });
        return answer;
      }
      place.restUntil = this.#options.clock.steady() + REST;
      return null;
    } catch {
      session?.close();
      place.restUntil = this.#options.clock.steady() + REST;
      return null;
    } finally {
      timer?.cancel();
      void resetting.then(() => {
        place.busy--;
        place.waiting.shift()?.();
      });
    }
  }

  /** Waits for one of the few connections. False when the time is up first. */
  async #turn(place: Place, deadline: number): Promise<boolean> {
    const most = this.#options.settings().recipients.askAtOnce;
    // A connection that will be free in a moment is better than another one.
    while (place.busy >= most || (place.idle.length === 0 && place.freeing > 0)) {
      const left = deadline - this.#options.clock.steady();
      if (left <= 0) {
        place.waiting.shift()?.();
        return false;
      }
      await new Promise<void>((resolve) => {
        const go = () => {
          timer.cancel();
          resolve();
        };
        const timer = this.#options.clock.deadline(left, () => {
          const at = place.waiting.indexOf(go);
          if (at >= 0) place.waiting.splice(at, 1);
          resolve();
        });
        place.waiting.push(go);
      });
    }
    place.busy++;
    return true;
  }

  #note(place: Place, session: Session, { reply }: Answer): void {
    const count = place.questions.get(session) ?? { asked: 0, unknown: 0 };
    count.asked++;
    if (reply.code >= 400) count.unknown++;
    place.questions.set(session, count);
  }

  #giveBack(place: Place, session: Session): void {
    const count = place.questions.get(session);
    const worn = count !== undefined && (count.asked >= MOST_QUESTIONS || count.unknown >= MOST_UNKNOWN);
    if (this.#closed || worn || !session.usable) {
      session.close();
      return;
    }
    place.idle.push(session);
    this.#sweep?.cancel();
    this.#sweep = this.#options.clock.after(IDLE, () => this.#closeIdle()).unref();
  }

  #sessionOptions(): SessionOptions {
    return {
      ...this.#options.session(),
      connectSeconds: PATIENCE / 1000,
      replySeconds: 2 * (IDLE / 1000),
    };
  }

  /** The route's first server that can be asked; mail would go there. Only in mode `deliver`. */
  #placeOf(domain: Domain): Place | null {
    if (domain.mode.name !== 'deliver') return null;
    const now = this.#options.clock.steady();
    let first: Place | null = null;
    for (const destination of byPriority(domain.route).flat()) {
      const name = `${domain.name} ${JSON.stringify(destination)}`;
      let place = this.#places.get(name);
      if (!place) {
        place = {
          destination,
          idle: [],
          questions: new WeakMap(),
          busy: 0,
          freeing: 0,
          waiting: [],
          restUntil: 0,
          kind: 'unknown',
          kindUntil: 0,
          finding: null,
        };
        this.#places.set(name, place);
      }
      if (now >= place.restUntil) return place;
      first ??= place;
    }
    return first;
  }

  /** A domain's route was changed: what was found out about its servers is out of date. */
  domainChanged(name: string): void {
    for (const [key, place] of this.#places) {
      if (!key.startsWith(`${name} `)) continue;
      for (const session of place.idle.splice(0)) session.close();
      this.#places.delete(key);
    }
    this.#controls.delete(name);
    for (const key of this.#unknown.keys()) if (key.endsWith(`@${name}`)) this.#unknown.delete(key);
  }

  #closeIdle(): void {
    for (const place of this.#places.values()) for (const session of place.idle.splice(0)) session.close();
  }

  close(): void {
    this.#closed = true;
    this.#sweep?.cancel();
    this.#closeIdle();
  }
}

function usableOf(place: Place): Session | undefined {
  for (let kept = place.idle.pop(); kept; kept = place.idle.pop()) if (kept.usable) return kept;
  return undefined;
}
