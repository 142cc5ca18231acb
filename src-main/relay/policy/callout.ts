// Know before accepting: asks the office's server about a recipient while the sending server waits, and remembers the answer.
//
// What happens when things fail: mail is never refused for want of an answer. No connection, no answer in time, "later", a refusal
// for any other reason than that the recipient does not exist, a server that refuses everybody: the recipient is accepted.
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../clock/clock.ts';
import { byPriority, type Destination, type Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { meaningOf } from '../smtp/reply-meaning.ts';
import { Session, type RecipientReply, type SessionOptions } from '../smtp/session.ts';
import { SessionPool } from '../smtp/pool.ts';
import { asksForLess } from '../smtp/throttle.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import { saysUnknown, type LearnedRecipients } from './learned.ts';
import { HOUR_MS } from '../../../shared/time.ts';

/** The longest that a sending server waits for the answer, waiting for a free connection included, ms. */
const PATIENCE_MS = 2_000;
/** A connection is kept warm this long without a question, ms. */
const IDLE_MS = 20_000;
/** Questions over one connection. Servers count RSET as junk (Postfix bears 100), and errors: it slows down after 10. */
const MOST_QUESTIONS = 50;
const MOST_UNKNOWN = 6;
/** After a failure or a timeout the server is not asked for this long, ms: 2 s for each RCPT would stop the mail. */
const REST_MS = 30_000;
/** How long it is remembered whether the server tells recipients apart at RCPT, ms. */
const KIND_FOR_MS = 6 * HOUR_MS;
/** How long a server that took a recipient it used to take is believed about others, ms. */
const CONTROL_FOR_MS = 60_000;
const MOST_REMEMBERED = 100_000;

export type RecipientExistence = { kind: 'known' } | { kind: 'unknown'; reply: Reply } | { kind: 'unclear' };
const UNCLEAR: RecipientExistence = { kind: 'unclear' };
const KNOWN: RecipientExistence = { kind: 'known' };

export interface CalloutOptions {
  settings: () => Settings;
  session: () => SessionOptions;
  learned: LearnedRecipients;
  clock: Clock;
  events: Publisher<RelayEvents>;
}

export type ServerKind = 'selective' | 'takes-all' | 'unknown';

interface AskedServer {
  destination: Destination;
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
  readonly #servers = new Map<string, AskedServer>();
  readonly #unknown = new Map<string, { until: number; reply: Reply }>();
  /** One question for all who ask the same at the same time. */
  readonly #asking = new Map<string, Promise<RecipientExistence>>();
  readonly #counts = new Map<string, Counts>();
  readonly #controls = new Map<string, { until: number; fine: boolean }>();
  readonly #pool: SessionPool;
  #closed = false;

  constructor(options: CalloutOptions) {
    this.#options = options;
    this.#pool = new SessionPool(options.clock, IDLE_MS);
  }

  counts(domain: string): Counts {
    let counts = this.#counts.get(domain);
    if (!counts) this.#counts.set(domain, (counts = { asked: 0, unknown: 0, unclear: 0 }));
    return counts;
  }

  serverKind(domain: Domain): ServerKind {
    return this.#serverOf(domain)?.kind ?? 'unknown';
  }

  /** What is remembered of a recipient; null when the server has to be asked. */
  remembered(key: string): RecipientExistence | null {
    const { clock, settings } = this.#options;
    const { recipients } = settings();
    const knownAt = this.#options.learned.knownAt(key);
    if (knownAt !== null && clock.now() < knownAt + recipients.knownHours * HOUR_MS) return KNOWN;
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
  async ask(domain: Domain, key: string, address: string): Promise<RecipientExistence> {
    const under = this.#asking.get(key);
    if (under) return under;
    const asking = this.#within(this.#question(domain, key, address)).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    const existence = await asking;
    if (existence.kind === 'unclear') this.counts(domain.name).unclear++;
    return existence;
  }

  async #within(question: Promise<RecipientExistence>): Promise<RecipientExistence> {
    const { clock, events } = this.#options;
    const { promise: timeout, resolve } = Promise.withResolvers<RecipientExistence>();
    const timer = clock.deadline(PATIENCE_MS, () => resolve(UNCLEAR));
    try {
      return await Promise.race([question, timeout]);
    } catch (error) {
      events.emit('fault', { part: 'recipients', what: 'a question about a recipient went wrong', error });
      return UNCLEAR;
    } finally {
      timer.cancel();
    }
  }

  async #question(domain: Domain, key: string, address: string): Promise<RecipientExistence> {
    const deadline = this.#options.clock.steady() + PATIENCE_MS;
    const server = this.#serverOf(domain);
    if (!server || this.#closed) return UNCLEAR;
    await this.#findOut(server, domain.name, deadline);
    if (server.kind === 'takes-all') return KNOWN;
    const answer = await this.#exchange(server, address, deadline);
    if (!answer) return UNCLEAR;
    const { learned } = this.#options;
    this.counts(domain.name).asked++;
    const { reply, stage } = answer;
    // A server that asks for less must not spend what it bears on questions: the mail needs it.
    if (asksForLess(reply, meaningOf(reply, stage), 0))
      server.restUntil = this.#options.clock.steady() + REST_MS;
    const isUnknown = stage === 'rcpt' && answer.notHome !== true && saysUnknown(reply, 'rcpt');
    const taken = stage === 'rcpt' && reply.code >= 200 && reply.code < 300;
    // Only a server that was seen to tell recipients apart is taken at its word that one exists.
    if (isUnknown || (taken && server.kind === 'selective'))
      await learned.learn(domain.name, [{ key, reply, stage }], 'callout');
    if (taken) {
      this.#unknown.delete(key);
      return KNOWN;
    }
    if (!isUnknown) return UNCLEAR;
    if (!(await this.#believable(server, domain.name, deadline))) return UNCLEAR;
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
  async #findOut(server: AskedServer, domain: string, deadline: number): Promise<void> {
    if (this.#options.clock.steady() < server.kindUntil) return;
    server.finding ??= (async () => {
      const nobody = `mailward-${randomBytes(9).toString('hex')}@${domain}`;
      const answer = await this.#exchange(server, nobody, deadline);
      server.finding = null;
      if (answer?.stage !== 'rcpt' || answer.notHome === true) return;
      const { reply } = answer;
      if (reply.code >= 200 && reply.code < 300) server.kind = 'takes-all';
      else if (saysUnknown(reply, 'rcpt')) server.kind = 'selective';
      else return;
      server.kindUntil = this.#options.clock.steady() + KIND_FOR_MS;
    })();
    await server.finding;
  }

  /**
   * While many recipients fail at once, a dictionary attack has to be told from a server that refuses everybody: it is asked
   * for a recipient that it used to take.
   */
  async #believable(server: AskedServer, domain: string, deadline: number): Promise<boolean> {
    const { learned, clock } = this.#options;
    if (!learned.serverFails(domain)) return true;
    const before = this.#controls.get(domain);
    if (before && clock.steady() < before.until) return before.fine;
    const answer = await this.#exchange(
      server,
      learned.someKnown(domain) ?? `postmaster@${domain}`,
      deadline,
    );
    const fine = answer?.stage === 'rcpt' && answer.reply.code >= 200 && answer.reply.code < 300;
    this.#controls.set(domain, { fine, until: clock.steady() + CONTROL_FOR_MS });
    if (!fine)
      for (const key of this.#unknown.keys()) if (key.endsWith(`@${domain}`)) this.#unknown.delete(key);
    return fine;
  }

  /** One question over a warm connection or a new one; null when there was no answer in time. */
  async #exchange(server: AskedServer, address: string, deadline: number): Promise<RecipientReply | null> {
    const { clock } = this.#options;
    if (clock.steady() < server.restUntil) return null;
    if (!(await this.#hasConnection(server, deadline))) return null;
    let session: Session | null = null;
    let timer = null as Timer | null;
    let resetting: Promise<void> = Promise.resolve();
    try {
      for (let fresh = false; ; fresh = true) {
        const kept = fresh ? null : this.#pool.take(server.destination);
        const opened: Promise<Session> = kept
          ? Promise.resolve(kept)
          : Session.open(server.destination, this.#sessionOptions());
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
            if (late) this.#giveBack(server, one);
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
        this.#note(server, current, answer);
        // The question is over when the connection is free again: the next one takes it, and opens no other.
        server.freeing++;
        resetting = current.reset().then(() => {
          server.freeing--;
          this.#giveBack(server, current);
        });
        return answer;
      }
      server.restUntil = this.#options.clock.steady() + REST_MS;
      return null;
    } catch {
      session?.close();
      server.restUntil = this.#options.clock.steady() + REST_MS;
      return null;
    } finally {
      timer?.cancel();
      void resetting.then(() => {
        server.busy--;
        server.waiting.shift()?.();
      });
    }
  }

  /** Waits for one of the few connections. False when the time is up first. */
  async #hasConnection(server: AskedServer, deadline: number): Promise<boolean> {
    const most = this.#options.settings().recipients.askAtOnce;
    // A connection that will be free in a moment is better than another one.
    while (server.busy >= most || (server.freeing > 0 && !this.#pool.has(server.destination))) {
      const left = deadline - this.#options.clock.steady();
      if (left <= 0) {
        server.waiting.shift()?.();
        return false;
      }
      await new Promise<void>((resolve) => {
        const go = () => {
          timer.cancel();
          resolve();
        };
        const timer = this.#options.clock.deadline(left, () => {
          const at = server.waiting.indexOf(go);
          if (at >= 0) server.waiting.splice(at, 1);
          resolve();
        });
        server.waiting.push(go);
      });
    }
    server.busy++;
    return true;
  }

  #note(server: AskedServer, session: Session, { reply }: RecipientReply): void {
    const count = server.questions.get(session) ?? { asked: 0, unknown: 0 };
    count.asked++;
    if (reply.code >= 400) count.unknown++;
    server.questions.set(session, count);
  }

  #giveBack(server: AskedServer, session: Session): void {
    const count = server.questions.get(session);
    const worn = count !== undefined && (count.asked >= MOST_QUESTIONS || count.unknown >= MOST_UNKNOWN);
    if (this.#closed || worn || !session.usable) {
      session.close();
      return;
    }
    this.#pool.keep(session);
  }

  #sessionOptions(): SessionOptions {
    return {
      ...this.#options.session(),
      connectSeconds: PATIENCE_MS / 1000,
      replySeconds: 2 * (IDLE_MS / 1000),
    };
  }

  /** The route's first server that can be asked; mail would go there. Only in mode `deliver`. */
  #serverOf(domain: Domain): AskedServer | null {
    if (domain.mode.name !== 'deliver') return null;
    const now = this.#options.clock.steady();
    let first: AskedServer | null = null;
    for (const destination of byPriority(domain.route).flat()) {
      const name = `${domain.name} ${JSON.stringify(destination)}`;
      let server = this.#servers.get(name);
      if (!server) {
        server = {
          destination,
          questions: new WeakMap(),
          busy: 0,
          freeing: 0,
          waiting: [],
          restUntil: 0,
          kind: 'unknown',
          kindUntil: 0,
          finding: null,
        };
        this.#servers.set(name, server);
      }
      if (now >= server.restUntil) return server;
      first ??= server;
    }
    return first;
  }

  /** A domain's route was changed: what was found out about its servers is out of date. */
  domainChanged(name: string): void {
    for (const [key, server] of this.#servers) {
      if (!key.startsWith(`${name} `)) continue;
      this.#pool.close(server.destination);
      this.#servers.delete(key);
    }
    this.#controls.delete(name);
    for (const key of this.#unknown.keys()) if (key.endsWith(`@${name}`)) this.#unknown.delete(key);
  }

  close(): void {
    this.#closed = true;
    this.#pool.close();
  }
}
