// One message from DATA to its reply: judged, stored, and only then answered 250. And what is logged of those refused.
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import { utcOf, type Clock } from '../../clock/clock.ts';
import type { FilterResult } from '../../../shared/filters.ts';
import type { Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { StorageFull } from '../../storage/database.ts';
import { formatId } from '../../storage/ids.ts';
import type { StorageWatch } from '../../storage/watch.ts';
import type { Judged } from '../policy/filters/runner.ts';
import type { Directory } from '../policy/directory.ts';
import { readMailbox, type Mailbox } from '../mail/mailbox.ts';
import { subjectOf } from '../mail/subject.ts';
import { ownName } from '../smtp/own-name.ts';
import type { IncomingBounces } from '../policy/incoming-bounces.ts';
import type { Envelope, NewRecipient, Spool } from '../spool/spool.ts';
import type { IncomingConnection } from './connection.ts';
import { receivedField, transmissionType } from './received.ts';
import { toRejected } from './refusals.ts';
import type { MessageSink, Transaction } from './transaction.ts';

const NO_HEAD = Buffer.alloc(0);
export const FULL: Reply = { code: 452, enhanced: '4.3.1', text: 'Not enough disk space, try again later' };
export const BROKEN: Reply = {
  code: 451,
  enhanced: '4.3.0',
  text: 'Cannot store the message, try again later',
};
const NO_SMTPUTF8: Reply = {
  code: 550,
  enhanced: '5.6.7',
  text: 'The message has a header beyond ASCII, which the server of this domain does not take (SMTPUTF8)',
};

const NOT_OURS: Reply = {
  code: 451,
  enhanced: '4.3.0',
  text: "A recipient's domain has just been taken out here, try again later",
};

export interface AcceptanceOptions {
  clock: Clock;
  settings: () => Settings;
  directory: Directory;
  bounces: IncomingBounces;
  spool: Spool;
  storage: StorageWatch;
  lacksSmtpUtf8: (domain: Domain) => boolean;
  events: Publisher<RelayEvents>;
  /** This client sent a message that was accepted. */
  acceptedFrom: (clientAddress: string) => void;
}

export class Acceptance {
  readonly #options: AcceptanceOptions;

  constructor(options: AcceptanceOptions) {
    this.#options = options;
  }

  /** A message begins. */
  begin(connection: IncomingConnection, transaction: Transaction): MessageSink {
    const { helo, remoteAddress } = connection;
    const { sender, smtpUtf8, visit } = transaction;
    const { spool, bounces, clock } = this.#options;
    const hostname = ownName(this.#options.settings().smtp.hostname);
    const deposit = spool.deposit();
    const id = formatId(deposit.id);
    // By the steady clock: the other may be set before the message is here, and what it said at the beginning is then long ago or yet to come.
    const begunAt = clock.steady();
    const mailboxes = [...transaction.recipients].flatMap((one) => readMailbox(one) ?? []);
    const trace = receivedField({
      helo,
      clientAddress: remoteAddress,
      hostname,
      protocol: transmissionType(connection.openingCommand === 'EHLO', connection.secure, smtpUtf8),
      tls: connection.tlsOptions === false ? null : connection.tlsOptions,
      id,
      receivedAt: utcOf(clock, begunAt),
      recipient: mailboxes.length === 1 ? (mailboxes[0]?.address ?? null) : null,
    });
    const screened = visit.message(deposit, trace, {
      id,
      helo,
      sender,
      recipients: mailboxes.map((mailbox) => mailbox.address),
      hostname,
    });
    let results: readonly Judged[] = visit.known;
    let needsUtf8 = false;
    const envelope = (
      reply: Reply,
      recipients: NewRecipient[],
      eightBit: boolean,
      subject: string,
    ): Envelope => ({
      receivedAt: utcOf(clock, begunAt),
      sender,
      subject,
      clientAddress: remoteAddress,
      helo,
      tls: describeTls(connection),
      body8bit: eightBit,
      // What the next server must be able to do; addresses are looked at again then.
      smtpUtf8: needsUtf8,
      reply,
      incoming: withLastReply(connection, reply),
      recipients: [...recipients, ...transaction.refusals.list.map(toRejected)],
      filters: toStored(results),
    });
    const abort = () => {
      screened.drop();
      deposit.drop();
    };
    const refuse = (reply: Reply): Reply => {
      abort();
      const recipients = mailboxes.map((mailbox) => toRejected({ mailbox, reply }));
      this.#log(envelope(reply, recipients, false, ''), deposit.size);
      return reply;
    };
    return {
      content: screened.content,
      end: async ({ eightBit, headerInternational }) => {
        needsUtf8 = smtpUtf8 && headerInternational;
        const judgement = await screened.end();
        results = judgement.results;
        if (judgement.refusal) return refuse(judgement.refusal);
        // Nobody would ever send it on. Asked again, the listener says so of each recipient.
        if (mailboxes.some(({ domain }) => !this.#options.directory.get(domain))) return refuse(NOT_OURS);
        if (needsUtf8 && mailboxes.every(({ domain }) => this.#lacksSmtpUtf8(domain)))
          return refuse(NO_SMTPUTF8);
        const head = sender === '' ? deposit.head() : NO_HEAD;
        const bounce = bounces.judge(sender, mailboxes, remoteAddress, head);
        if (bounce.refusal) return refuse(bounce.refusal);
        const reply: Reply = { code: 250, enhanced: '2.6.0', text: `Message stored, id ${id}` };
        const accepted = envelope(
          reply,
          mailboxes.map((mailbox) => this.#toStored(mailbox, judgement.quarantine)),
          eightBit,
          subjectOf(deposit.head()),
        );
        try {
          const { content, learned } = await deposit.accept({
            ...accepted,
            lesson: bounce.lesson,
            shown: judgement.shown,
          });
          const { events } = this.#options;
          if (learned) events.emit('learned', learned);
          const message = { ...accepted, id: deposit.id, size: deposit.size, lastPiece: null };
          this.#options.acceptedFrom(remoteAddress);
          events.emit('accepted', { message, content, own: false });
          return reply;
        } catch (error) {
          this.#tell('a message could not be stored', error);
          return error instanceof StorageFull ? FULL : BROKEN;
        }
      },
      refuse: (reply, headerInternational) => {
        needsUtf8 = smtpUtf8 && headerInternational;
        refuse(reply);
      },
      abort,
    };
  }

  /** A transaction that ends with refusals and no message leaves a row in the log, with what was said. */
  logRefusals(connection: IncomingConnection, { sender, refusals, visit }: Transaction): void {
    const last = refusals.list.at(-1);
    if (!last) return;
    const envelope: Envelope = {
      receivedAt: this.#options.clock.now(),
      sender,
      subject: '',
      clientAddress: connection.remoteAddress,
      helo: connection.helo,
      tls: describeTls(connection),
      body8bit: false,
      smtpUtf8: false,
      reply: last.reply,
      incoming: connection.transcript.toJson(),
      recipients: refusals.list.map(toRejected),
      filters: toStored(visit.known),
    };
    this.#log(envelope, 0);
  }

  #lacksSmtpUtf8(name: string): boolean {
    const domain = this.#options.directory.get(name);
    return domain !== undefined && this.#options.lacksSmtpUtf8(domain);
  }

  /** What is known of the storage has been told once, and is not told again with every message. */
  #tell(what: string, error: unknown): void {
    if (this.#options.storage.trouble === null)
      this.#options.events.emit('fault', { part: 'door', what, error });
  }

  #toStored(mailbox: Mailbox, quarantine: boolean): NewRecipient {
    const held = this.#options.directory.get(mailbox.domain)?.mode.name === 'hold';
    return {
      ...mailbox,
      state: quarantine ? 'quarantined' : held ? 'held' : 'queued',
      heldBy: held && !quarantine ? 'mode' : null,
      cause: null,
      reply: null,
    };
  }

  #log(envelope: Envelope, size: number): void {
    this.#options.spool.logRejected(envelope, size).then(
      (id) => this.#options.events.emit('rejected', { message: { ...envelope, id, size, lastPiece: null } }),
      (error: unknown) => this.#tell('a refusal could not be logged', error),
    );
  }
}

function toStored(results: readonly Judged[]): FilterResult[] {
  return results.map(({ filter, result, action, evidence, took, signatures }) => ({
    filter,
    result,
    action,
    evidence,
    took,
    ...(signatures === undefined ? {} : { signatures }),
  }));
}

/** The transcript is stored with the message, before our last reply is sent: it is added here. */
function withLastReply(connection: IncomingConnection, { code, enhanced, text }: Reply): string {
  return connection.transcript.toJson(`${code} ${enhanced === null ? '' : `${enhanced} `}${text}`);
}

function describeTls(connection: IncomingConnection): string | null {
  const cipher = connection.tlsOptions;
  return cipher === false ? null : `${cipher.version} ${cipher.standardName}`;
}
