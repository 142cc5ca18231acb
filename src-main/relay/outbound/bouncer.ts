// Tells senders what could not be delivered: once a message, only when the sender is known to be real, never a machine.
//
// What happens when things fail:
// - DNS cannot say whether the sender is real: asked again later, for a day; then the sender is not told.
// - The clock jumped, or Mailward did not run for long: a day is counted from then, for by the clock every bounce may be old.
// - The office's server refuses most of its recipients at once: it is the server, and telling waits for a day at most.
// - The process dies: what is due is on disk; the bounce and the note that it was made are written in one transaction.
import { pause, type Clock, type Timer } from '../../clock/clock.ts';
import type { BounceReason } from '../../../shared/recipients.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { PendingBounce } from '../../storage/operations/bounces.ts';
import { ownName } from '../smtp/own-name.ts';
import type { Authenticator } from '../policy/authentication/authenticator.ts';
import { authenticitySchema, checkAuthenticity, shownBy, type Authenticity } from '../policy/authenticity.ts';
import { isAutomatic } from '../mail/bounces.ts';
import { type Directory } from '../policy/directory.ts';
import { readMailbox, type Mailbox } from '../mail/mailbox.ts';
import type { LearnedRecipients } from '../policy/learned.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import type { Resolve } from '../resolver.ts';
import type { NewMessage, RecipientOutcome, Spool } from '../spool/spool.ts';
import { composeReport, isFailed } from '../mail/bounce-report.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** Looked at together. */
const TOGETHER = 20;
/** When it could not be decided, it is looked at again after this, ms. */
const AGAIN_MS = 600_000;
/** Then it is decided with what is known, ms. */
const LONGEST_WAIT_MS = DAY_MS;
/** How long a stop waits for what is being decided, ms. */
const CLOSE_WITHIN_MS = 500;
/** Larger messages are judged by SPF alone: DKIM needs all of it in memory. */
const MOST_CONTENT = 32 * 1024 * 1024;

export interface BouncerOptions {
  spool: Spool;
  directory: Directory;
  learned: LearnedRecipients;
  settings: () => Settings;
  authenticator: Authenticator;
  resolve: Resolve;
  clock: Clock;
  /** Whether what is past its time is given up: not while the clock may be wrong. */
  forgets: () => boolean;
  events: Publisher<RelayEvents>;
}

type Decision =
  | { kind: 'send'; reason: BounceReason; to: Mailbox }
  | { kind: 'suppress'; reason: BounceReason }
  | { kind: 'later' }
  | { kind: 'nothing' };

export class Bouncer {
  readonly #options: BouncerOptions;
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(options: BouncerOptions) {
    this.#options = options;
  }

  /** When a sender is to be told of what was refused just now, UTC ms. */
  dueAt(): number {
    return this.#options.clock.now() + this.#options.settings().bounces.gatherSeconds * 1000;
  }

  /** Something was refused or given up: there will be something to do at `at` (UTC ms). */
  plan(at: number): void {
    if (this.#closed || this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    const wait = Math.min(Math.max(0, at - this.#options.clock.now()), AGAIN_MS);
    this.#timer = this.#options.clock.after(wait, () => {
      this.#timer = null;
      this.#timerAt = Number.POSITIVE_INFINITY;
      void this.look();
    });
  }

  /** An attempt's outcome is on disk. */
  settled(results: readonly RecipientOutcome[]): void {
    if (results.some(({ state }) => state === 'refused' || state === 'expired')) this.plan(this.dueAt());
  }

  /** What waits was planned anew after a jump of the clock, or the machine slept: what is due is looked for by the clock as it is now. */
  replanned(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.plan(this.#options.clock.now());
  }

  /** Does all that is due now. */
  async look(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#work().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #work(): Promise<void> {
    const { spool, clock, events } = this.#options;
    try {
      do {
        this.#again = false;
        const { ids, nextAt } = await spool.db.write('dueBounces', { now: clock.now(), limit: TOGETHER });
        const done = await Promise.all(ids.map((id) => this.#one(id)));
        events.emit('changed', { ids: ids.filter((_, index) => done[index]) });
        if (ids.length === TOGETHER) this.#again = true;
        else if (nextAt !== null) this.plan(Math.max(nextAt, clock.now() + 1000));
      } while (this.#again && !this.#closed);
    } catch (error) {
      if (this.#closed) return;
      events.emit('fault', { part: 'bounces', what: 'bounces cannot be worked on', error });
      this.plan(clock.now() + AGAIN_MS);
    }
  }

  async #one(id: number): Promise<boolean> {
    const { spool, clock } = this.#options;
    const message = await spool.db.write('undelivered', id);
    if (!message) return false;
    const decision = await this.#decide(message);
    if (this.#closed) return false;
    const at = clock.now();
    switch (decision.kind) {
      case 'nothing':
        await spool.db.write('dropBounce', id);
        return false;
      case 'later':
        await spool.db.write('postponeBounce', { messageId: id, at: at + AGAIN_MS });
        return false;
      case 'suppress':
        await spool.db.write('suppressBounce', { messageId: id, at, reason: decision.reason });
        return true;
      case 'send':
        await this.#send(message, decision.reason, decision.to);
        return true;
    }
  }

  async #decide(message: PendingBounce): Promise<Decision> {
    const { settings, directory, learned, clock, forgets } = this.#options;
    const failed = message.recipients.filter(isFailed);
    if (failed.length === 0) return { kind: 'nothing' };
    if (isAutomatic(message.sender, message.head)) return { kind: 'suppress', reason: 'automatic' };
    if (!settings().bounces.send) return { kind: 'suppress', reason: 'switched-off' };
    const to = readMailbox(message.sender);
    if (!to) return { kind: 'suppress', reason: 'no-address' };
    const refusedAt = Math.max(message.receivedAt, ...failed.map(({ triedAt }) => triedAt ?? 0));
    const patient = clock.now() - refusedAt < LONGEST_WAIT_MS || !forgets();
    const unknown = failed.filter(({ cause }) => cause === 'user-unknown');
    if (patient && unknown.some(({ domain }) => learned.serverFails(domain))) return { kind: 'later' };
    if (directory.get(to.domain)) return { kind: 'send', reason: 'own-domain', to };
    const found = await this.authenticity(message);
    if (!found) return patient ? { kind: 'later' } : { kind: 'suppress', reason: 'not-authentic' };
    const shown = shownBy(found, message.sender);
    return shown ? { kind: 'send', reason: shown, to } : { kind: 'suppress', reason: 'not-authentic' };
  }

  /** What is on record of a message's sender, or is found out now; null when DNS does not answer. */
  async authenticity(message: PendingBounce): Promise<Authenticity | null> {
    const { spool, settings, authenticator, resolve, clock } = this.#options;
    if (message.authenticity !== null) {
      const known = authenticitySchema.safeParse(JSON.parse(message.authenticity));
      if (known.success) return known.data;
    }
    try {
      const found = await checkAuthenticity(
        {
          sender: message.sender,
          clientAddress: message.clientAddress,
          helo: message.helo,
          content: await this.#received(message),
        },
        authenticator,
        resolve,
        settings().smtp.hostname,
        clock.now,
      );
      if (!this.#closed)
        await spool.db.write('putAuthenticity', { messageId: message.id, shown: JSON.stringify(found) });
      return found;
    } catch {
      return null;
    }
  }

  /** The message; of a very large one the beginning, so that no signature over its body can be valid. */
  async #received(message: PendingBounce): Promise<Buffer> {
    if (message.size > MOST_CONTENT) return Buffer.from(message.head);
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#options.spool.content(message.id, message.size)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async #send(message: PendingBounce, reason: BounceReason, to: Mailbox): Promise<void> {
    const { spool, settings, directory, clock, events } = this.#options;
    const now = clock.now();
    const { smtp, delivery } = settings();
    const report = composeReport({
      message,
      hostname: ownName(smtp.hostname),
      now,
      expireDays: delivery.expireDays,
    });
    const held = directory.get(to.domain)?.mode.name === 'hold';
    const bounce: NewMessage = {
      id: spool.deposit().id,
      receivedAt: now,
      sender: '',
      subject: 'Your message could not be delivered',
      size: report.content.length,
      clientAddress: '',
      helo: '',
      tls: null,
      body8bit: report.body8bit,
      smtpUtf8: report.smtpUtf8,
      reply: { code: 250, enhanced: '2.0.0', text: 'Made by Mailward: a report to the sender' },
      incoming: '[]',
      recipients: [
        { ...to, state: held ? 'held' : 'queued', heldBy: held ? 'mode' : null, cause: null, reply: null },
      ],
      lastPiece: { piece: 0, data: report.content },
    };
    const fresh = await spool.db.write('sendBounce', {
      messageId: message.id,
      at: now,
      reason,
      message: bounce,
    });
    if (fresh) events.emit('accepted', { message: bounce, content: report.content, own: true });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    // Asking DNS may take long; nothing that comes of it is written any more.
    const over = new AbortController();
    await Promise.race([this.#running, pause(this.#options.clock, CLOSE_WITHIN_MS, over.signal)]);
    over.abort();
  }
}
