// A queue with all that takes mail out of it, on a fake clock: the SQL is the real one, in memory, and the servers are real, over loopback.
import { destinationSchema, domainSchema, type Domain, type Route } from '../../../shared/domain.ts';
import type { RecipientState } from '../../../shared/message.ts';
import { settingsSchema, type Settings } from '../../../shared/settings.ts';
import { AddressBook } from '../../../src-main/relay/smtp/address-book.ts';
import { Claims } from '../../../src-main/relay/outbound/claims.ts';
import { Delivery, type DeliveryParts } from '../../../src-main/relay/outbound/delivery.ts';
import { DomainWay } from '../../../src-main/relay/outbound/domain-way.ts';
import type { Lane, LaneParts } from '../../../src-main/relay/outbound/lane.ts';
import { Throttles } from '../../../src-main/relay/smtp/throttle.ts';
import type { RelayEvents } from '../../../src-main/relay/events.ts';
import type { DueMessage, Lesson, Spool } from '../../../src-main/relay/spool/spool.ts';
import { firstIdAt } from '../../../src-main/storage/ids.ts';
import { FakeClock } from '../../clock/fake-clock.ts';
import { eventsInto } from '../../lab/log.ts';
import { until } from '../../lab/wait.ts';
import { memoryDatabase } from '../../storage/memory-database.ts';

export const toPort = (port: number): Route => [destinationSchema.parse({ host: '127.0.0.1', port })];

/** A protected domain. */
export function domainWith(port: number, mode: Record<string, unknown> = {}): Domain {
  return domainSchema.parse({
    name: 'example.com',
    createdAt: 0,
    route: toPort(port),
    mode: { name: 'deliver', since: 0, reason: '', reroute: null, ...mode },
  });
}

export class OfficeQueue implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly db = memoryDatabase();
  readonly claims = new Claims(this.clock);
  readonly troubles: string[] = [];
  readonly told: string[] = [];
  settings: Settings = settingsSchema.parse({});
  givesUp = true;
  /** What is asked of the part that learns. */
  readonly lessons: string[] = [];
  /** What it answers. */
  lesson: () => Lesson | null = () => null;
  readonly events = eventsInto<RelayEvents>(this.troubles);
  readonly #inUse: Lane[] = [];
  readonly #closing: (() => Promise<void>)[] = [];
  #made = 0;

  readonly spool: DeliveryParts['spool'] & Pick<Spool, 'db'> = {
    db: this.db,
    settle: (outcome) => this.db.write('settle', outcome),
    content: async function* () {
      await Promise.resolve();
      yield Buffer.from('Subject: test\r\n\r\nHello.\r\n');
    },
  };

  readonly delivery = new Delivery({
    clock: this.clock,
    spool: this.spool,
    settings: () => this.settings,
    lesson: (domain, words) => {
      this.lessons.push(...words.map(({ key }) => `${domain}: ${key}`));
      return this.lesson();
    },
    bounceAt: () => this.clock.now(),
    givesUp: () => this.givesUp,
    events: this.events,
  });

  readonly lanes: LaneParts = {
    clock: this.clock,
    spool: this.spool,
    claims: this.claims,
    delivery: this.delivery,
    access: {
      clock: this.clock,
      throttles: new Throttles(),
      limits: () => this.settings.delivery,
      session: () => ({
        clock: this.clock,
        hostname: 'mailward.example.net',
        connectSeconds: 10,
        replySeconds: 10,
        addresses: new AddressBook({ now: this.clock.steady, moved: () => undefined }),
        secure: null,
      }),
    },
    events: this.events,
  };

  constructor() {
    this.events.on('settled', ({ message, state, domain }) =>
      this.told.push(`${message.subject} ${domain === null ? `there: ${state}` : state}`),
    );
    this.events.on('serverState', ({ domain }) => this.told.push(`health of ${domain}`));
    this.events.on('stopped', ({ domain, cause }) => this.told.push(`stopped ${domain} ${cause}`));
    this.events.on('recovered', ({ domain }) => this.told.push(`recovered ${domain}`));
    this.events.on('changed', ({ ids }) => this.told.push(`changed ${ids.length}`));
  }

  /** A way out for a domain, closed with the queue. */
  wayOf(domain: Domain): DomainWay {
    const way = new DomainWay(domain, { ...this.lanes, settings: () => this.settings });
    this.use(way.lane, () => way.close());
    return way;
  }

  /** A lane whose attempts have the time that they take, and what is closed with the queue. */
  use(lane: Lane, close: () => Promise<void> = () => lane.close()): void {
    this.#inUse.push(lane);
    this.#closing.push(close);
  }

  /** Puts a message into the queue, as one that came just now; its number is its subject. */
  async put(
    recipients = ['bob@example.com'],
    state: RecipientState = 'queued',
    heldBy: string | null = null,
  ): Promise<number> {
    const id = firstIdAt(this.clock.now()) + ++this.#made;
    await this.db.write('accept', {
      id,
      receivedAt: this.clock.now(),
      sender: 'ann@example.org',
      subject: String(this.#made),
      size: 25,
      clientAddress: '192.0.2.1',
      helo: 'client.example.org',
      tls: null,
      body8bit: false,
      smtpUtf8: false,
      reply: { code: 250, enhanced: '2.6.0', text: 'stored' },
      incoming: '[]',
      recipients: recipients.map((address) => ({
        ...{ address, domain: address.slice(address.indexOf('@') + 1), state, heldBy },
        ...{ cause: null, reply: null },
      })),
      lastPiece: { piece: 0, data: Buffer.from('Subject: test\r\n\r\nHello.\r\n') },
    } as Parameters<typeof this.db.write<'accept'>>[1]);
    return id;
  }

  /** Has a message be the bounce that the sender of another was told with. */
  isBounceFor(id: number, undelivered: number): void {
    this.db.sql
      .prepare(
        `INSERT INTO bounce (message_id, state, at, reason, bounce_id) VALUES (?, 'sent', ?, 'spf', ?)`,
      )
      .run(undelivered, this.clock.now(), id);
  }

  /** What is due of a domain, as a lane reads it. */
  async due(domain = 'example.com'): Promise<DueMessage[]> {
    const { messages } = await this.db.read('due', {
      way: { domain },
      now: this.clock.now(),
      limit: 100,
    });
    return messages;
  }

  recipient(id: number, position = 0) {
    return this.db.sql
      .prepare('SELECT * FROM recipient WHERE message_id = ? AND position = ?')
      .get(id, position) as {
      state: RecipientState;
      next_at: number | null;
      attempts: number;
      deferrals: number;
      way: string | null;
      way_attempts: number;
    };
  }

  /** Lets the clock run, timer by timer, until something is so. It stands still while an attempt is under way. */
  async runUntil<T>(expected: string, ask: () => T | null | false | undefined): Promise<T> {
    return until(
      expected,
      () => {
        const found = ask();
        if (found !== null && found !== false && found !== undefined) return found;
        const { next } = this.clock;
        if (next !== null && this.#inUse.every(({ isIdle }) => isIdle)) this.clock.pass(next);
        return null;
      },
      { every: 1 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
    await this.db.close();
  }
}
