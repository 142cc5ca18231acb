// The SMTP listener: where mail enters. It decides who may send to whom, stores what is accepted, and only then says 250.
import { statfsSync } from 'node:fs';
import type { SMTPServerAddress } from 'smtp-server';
import type { CheckResult } from '../../../shared/checks.ts';
import type { Reply } from '../../../shared/message.ts';
import type { ListenerState } from '../../../shared/overview.ts';
import type { Settings } from '../../../shared/settings.ts';
import { StorageFull } from '../../storage/database.ts';
import { formatId } from '../../storage/ids.ts';
import type { Screening, Visit } from '../policy/checks/screening.ts';
import type { Judged } from '../policy/checks/runner.ts';
import { readMailbox, type Directory, type Mailbox } from '../policy/directory.ts';
import type { Envelope, NewMessage, NewRecipient, Spool } from '../spool/spool.ts';
import { Acquaintances } from './acquaintances.ts';
import { Certificate } from './certificate.ts';
import type { IncomingConnection, MessageSink } from './connection.ts';
import { ownName, receivedField, subjectOf, transmissionType } from './header.ts';
import { Server } from './server.ts';

/** Free space that stays for delivering what is already here: attempts are written too. */
const RESERVE_BYTES = 64 * 1024 * 1024;
const FULL: Reply = { code: 452, enhanced: '4.3.1', text: 'Not enough disk space, try again later' };
const BROKEN: Reply = { code: 451, enhanced: '4.3.0', text: 'Cannot store the message, try again later' };

export interface ListenerOptions {
  settings: () => Settings;
  directory: Directory;
  spool: Spool;
  screening: Screening;
  dataDir: string;
  /** A message was accepted; `content` is there when it is small enough to be in memory still. */
  accepted: (message: NewMessage, content: Buffer | null) => void;
  /** A transaction, or a connection that got nowhere, was refused at the door. */
  rejected: (message: NewMessage) => void;
  /** The state of the listener changed: its certificate, say. */
  changed?: () => void;
  /** Something happened that an admin should read in the service's log. */
  trouble: (words: string) => void;
}

interface Refusal {
  mailbox: Mailbox;
  reply: Reply;
}

/** Recipients refused in the present transaction. Kept beside the session, which the library resets as it likes. */
class Refusals {
  readonly list: Refusal[] = [];
  sender = '';
  /** A client that tries a thousand addresses fills no log. */
  add(refusal: Refusal): void {
    if (this.list.length < 20) this.list.push(refusal);
  }
}

class Rejection extends Error {
  readonly responseCode: number;
  constructor(reply: Reply) {
    super(`${reply.enhanced ?? ''} ${reply.text}`.trim());
    this.responseCode = reply.code;
  }
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #refusals = new Map<string, Refusals>();
  readonly #visits = new Map<string, Visit>();
  readonly #acquaintances = new Acquaintances();
  readonly #state: ListenerState;
  #certificate: Certificate | null = null;
  #fullUntil = 0;
  #freeBytes = Number.POSITIVE_INFINITY;
  #freeCheckedAt = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { smtp } = options.settings();
    const door = { open: 0, silent: 0, turnedAway: 0, earlyTalkers: 0 };
    this.#state = { host: smtp.host, port: smtp.port, listening: false, problem: null, door };
    this.#server = new Server(
      smtp,
      {
        mailFrom: (address, session, callback) => this.#mail(address, session, callback),
        rcptTo: (address, session, callback) => this.#rcpt(address, session, callback),
        trouble: options.trouble,
      },
      {
        greetingDelay: (connection) => {
          this.#visits.set(connection.session.id, options.screening.visit(connection.remoteAddress));
          return this.#acquaintances.greetingDelay(connection.remoteAddress, Date.now());
        },
        startMessage: (connection) => this.#startMessage(connection),
        refused: ({ session }, address, reply) => this.#refuse(session.id, address, reply),
        postmasterDomain: () => options.directory.all()[0]?.name ?? null,
        abandoned: (connection) => this.#logRefusals(connection),
        closed: (connection) => {
          this.#logRefusals(connection);
          this.#visits.delete(connection.session.id);
        },
      },
    );
  }

  get state(): ListenerState {
    this.#state.problem = this.#certificate?.problem(Date.now()) ?? null;
    this.#state.door = { ...this.#server.clients.counts, open: this.#server.connections.size };
    return this.#state;
  }

  /** Starts listening. Throws with a sentence that says what to do when the port cannot be had. */
  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const server = this.#server.server;
      server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, host, port))));
      server.listen({ host, port, backlog: 2048 }, () => resolve());
    });
    const address = this.#server.server.address();
    this.#useCertificate();
    this.#state.host = host;
    this.#state.port = address !== null && typeof address === 'object' ? address.port : port;
    this.#state.listening = true;
  }

  /** Stops taking connections and lets those under way end (5 s at most). */
  async close(): Promise<void> {
    if (!this.#state.listening) return;
    this.#state.listening = false;
    this.#certificate?.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #useCertificate(): void {
    const { smtp } = this.#options.settings();
    if (smtp.tlsCertificate === '') return;
    const show = () => {
      this.#server.useCertificate(this.#certificate?.context ?? null);
      this.#options.changed?.();
    };
    this.#certificate = new Certificate(
      { certificate: smtp.tlsCertificate, key: smtp.tlsKey === '' ? smtp.tlsCertificate : smtp.tlsKey },
      show,
      this.#options.trouble,
    );
    show();
  }

  #mail(address: SMTPServerAddress, session: string, callback: (error?: Error | null) => void): void {
    const refusals = new Refusals();
    refusals.sender = cleanSender(address.address);
    this.#refusals.set(session, refusals);
    const args = address.args === false ? {} : address.args;
    const refusal = this.#hasSpace(Number(args['SIZE'] ?? 0)) ? this.#visits.get(session)?.begin() : FULL;
    callback(refusal ? new Rejection(refusal) : null);
  }

  /** A full disk is noticed before the client sends its message, and what free space there is stays for deliveries. */
  #hasSpace(bytes: number): boolean {
    const now = Date.now();
    if (now < this.#fullUntil) return false;
    if (now - this.#freeCheckedAt > 1000) {
      this.#freeCheckedAt = now;
      try {
        const disk = statfsSync(this.#options.dataDir);
        this.#freeBytes = disk.bavail * disk.bsize;
      } catch {
        // A file system that cannot say is found full when it is: storing fails, and the client is told then.
        this.#freeBytes = Number.POSITIVE_INFINITY;
      }
    }
    return this.#freeBytes - bytes > RESERVE_BYTES;
  }

  #rcpt(address: SMTPServerAddress, session: string, callback: (error?: Error | null) => void): void {
    const mailbox = readMailbox(address.address);
    const domain = mailbox ? this.#options.directory.get(mailbox.domain) : undefined;
    const visit = this.#visits.get(session);
    const refuse = (reply: Reply) => {
      this.#refuse(session, address.address, reply);
      const delay = visit?.refusalDelay() ?? 0;
      if (delay === 0) callback(new Rejection(reply));
      else setTimeout(() => callback(new Rejection(reply)), delay).unref();
    };
    if (!mailbox || !domain) {
      refuse({ code: 550, enhanced: '5.7.1', text: `<${address.address}>: relay access denied` });
      return;
    }
    // Whoever is refused must be able to say so to somebody (RFC 5321 §4.5.1).
    const judged = isPostmaster(mailbox) ? null : (visit?.recipient() ?? null);
    if (!judged) callback(null);
    else
      void judged.then((refusal) => {
        if (refusal) refuse(refusal);
        else callback(null);
      });
  }

  #refuse(session: string, address: string, reply: Reply): void {
    const mailbox = readMailbox(address) ?? { address, domain: '' };
    this.#refusals.get(session)?.add({ mailbox, reply });
  }

  #startMessage(connection: IncomingConnection): MessageSink {
    const { session } = connection;
    const settings = this.#options.settings();
    const deposit = this.#options.spool.deposit();
    const receivedAt = Date.now();
    const mailboxes = session.envelope.rcptTo.flatMap((one) => readMailbox(one.address) ?? []);
    const refused = this.#refusals.get(session.id)?.list ?? [];
    const sender = cleanSender(session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address);
    const smtpUtf8 = connection.wantsSmtpUtf8;
    const trace = receivedField({
      helo: session.hostNameAppearsAs,
      clientAddress: session.remoteAddress,
      hostname: ownName(settings.smtp.hostname),
      protocol: transmissionType(connection.openingCommand === 'EHLO', connection.secure, smtpUtf8),
      tls: connection.tlsOptions === false ? null : connection.tlsOptions,
      id: formatId(deposit.id),
      receivedAt,
      recipient: mailboxes.length === 1 ? (mailboxes[0]?.address ?? null) : null,
    });
    const visit = this.#visits.get(session.id) ?? this.#options.screening.visit(session.remoteAddress);
    const screened = visit.message(deposit, trace, {
      id: formatId(deposit.id),
      helo: session.hostNameAppearsAs,
      sender,
      recipients: mailboxes.map((mailbox) => mailbox.address),
      hostname: ownName(settings.smtp.hostname),
    });
    let checks: readonly Judged[] = visit.known;
    const envelope = (
      reply: Reply,
      recipients: NewRecipient[],
      eightBit: boolean,
      subject: string,
    ): Envelope => ({
      receivedAt,
      sender,
      subject,
      clientAddress: session.remoteAddress,
      helo: session.hostNameAppearsAs,
      tls: describeTls(connection),
      body8bit: eightBit,
      // What the next server must be able to do; addresses are looked at again then.
      smtpUtf8: smtpUtf8 && connection.headerInternational,
      reply,
      incoming: withLastReply(connection, reply),
      recipients: [...recipients, ...refused.map(toRejected)],
      checks: toStored(checks),
    });
    connection.refusedMessage = (reply) => {
      const recipients = mailboxes.map((mailbox) => toRejected({ mailbox, reply }));
      this.#refusals.delete(session.id);
      this.#logRejected(envelope(reply, recipients, false, ''), deposit.size);
    };
    return {
      write: (content) => screened.write(content),
      end: async (eightBit) => {
        const judgement = await screened.end();
        checks = judgement.results;
        if (judgement.refusal) {
          deposit.drop();
          connection.refusedMessage?.(judgement.refusal);
          return judgement.refusal;
        }
        const reply: Reply = {
          code: 250,
          enhanced: '2.6.0',
          text: `Message stored, id ${formatId(deposit.id)}`,
        };
        const accepted = envelope(
          reply,
          mailboxes.map((mailbox) => this.#toStored(mailbox, judgement.quarantine)),
          eightBit,
          subjectOf(deposit.head()),
        );
        try {
          const content = await deposit.accept(accepted);
          this.#acquaintances.sentMail(session.remoteAddress, receivedAt);
          this.#options.accepted(
            { ...accepted, id: deposit.id, size: deposit.size, lastPiece: null },
            content,
          );
          return reply;
        } catch (error) {
          const full = error instanceof StorageFull;
          if (full) this.#fullUntil = Date.now() + 2000;
          this.#options.trouble(`a message could not be stored: ${(error as Error).message}`);
          return full ? FULL : BROKEN;
        } finally {
          this.#refusals.delete(session.id);
        }
      },
      abort: () => {
        screened.drop();
        deposit.drop();
      },
    };
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

  /** A transaction that ends with refusals and no message leaves a row in the log, with what was said. */
  #logRefusals(connection: IncomingConnection): void {
    const refusals = this.#refusals.get(connection.session.id);
    this.#refusals.delete(connection.session.id);
    const last = refusals?.list.at(-1);
    if (!refusals || !last) return;
    const envelope: Envelope = {
      receivedAt: Date.now(),
      sender: refusals.sender,
      subject: '',
      clientAddress: connection.session.remoteAddress,
      helo: connection.session.hostNameAppearsAs || '',
      tls: describeTls(connection),
      body8bit: false,
      smtpUtf8: false,
      reply: last.reply,
      incoming: connection.transcript.toJson(),
      recipients: refusals.list.map(toRejected),
      checks: toStored(this.#visits.get(connection.session.id)?.known ?? []),
    };
    this.#logRejected(envelope, 0);
  }

  #logRejected(envelope: Envelope, size: number): void {
    this.#options.spool.logRejected(envelope, size).then(
      (id) => this.#options.rejected({ ...envelope, id, size, lastPiece: null }),
      (error: unknown) => this.#options.trouble(`a refusal could not be logged: ${String(error)}`),
    );
  }
}

function toRejected({ mailbox, reply }: Refusal): NewRecipient {
  return { ...mailbox, state: 'rejected', heldBy: null, cause: null, reply };
}

function isPostmaster(mailbox: Mailbox): boolean {
  return /^postmaster@/i.test(mailbox.address);
}

function toStored(results: readonly Judged[]): CheckResult[] {
  return results.map(({ check, result, action, evidence, took }) => ({
    check,
    result,
    action,
    evidence,
    took,
  }));
}

/** The transcript is stored with the message, before our last reply is sent: it is added here. */
function withLastReply(connection: IncomingConnection, reply: Reply): string {
  const lines = connection.transcript.lines;
  const words = `${reply.code} ${reply.enhanced === null ? '' : `${reply.enhanced} `}${reply.text}`;
  return JSON.stringify([
    ...lines,
    { offset: Date.now() - connection.startedAt, from: 'server', text: words },
  ]);
}

function describeTls(connection: IncomingConnection): string | null {
  const cipher = connection.tlsOptions;
  return cipher === false ? null : `${cipher.version} ${cipher.standardName}`;
}

/** The reverse-path with its domain as A-labels; kept as it is when the domain is not a name. */
function cleanSender(address: string): string {
  return readMailbox(address)?.address ?? address;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `the SMTP port ${where} is taken by another program; stop that program or choose another port with --smtp HOST:PORT`;
    case 'EACCES':
      return `this user may not listen on ${where}; choose a port above 1023 with --smtp HOST:PORT, or give Mailward the right to use low ports`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host}; choose one of its own, or 0.0.0.0 for all, with --smtp HOST:PORT`;
    default:
      return `cannot listen on ${where}: ${error.message}`;
  }
}
