// The SMTP listener: where mail enters. It decides who may send to whom; what is accepted goes on in acceptance.ts.
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import type { Clock } from '../../clock/clock.ts';
import ipaddr from 'ipaddr.js';
import type { Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { ListenerState } from '../../../shared/overview.ts';
import type { Settings } from '../../../shared/settings.ts';
import { isPostmaster, recipientKey, readMailbox, type Mailbox } from '../mail/mailbox.ts';
import type { Directory } from '../policy/directory.ts';
import type { Screening } from '../policy/filters/screening.ts';
import type { IncomingBounces } from '../policy/incoming-bounces.ts';
import type { RecipientPolicy } from '../policy/recipients.ts';
import type { StorageWatch } from '../../storage/watch.ts';
import type { Spool } from '../spool/spool.ts';
import { Acceptance, BROKEN, FULL } from './acceptance.ts';
import { KnownClients } from './known-clients.ts';
import { Certificate } from './certificate.ts';
import { SmtpServer } from './server.ts';
import type { Transaction } from './transaction.ts';

const beyondAscii = /[^\x20-\x7e]/;

export interface ListenerOptions {
  clock: Clock;
  settings: () => Settings;
  directory: Directory;
  recipients: RecipientPolicy;
  bounces: IncomingBounces;
  spool: Spool;
  screening: Screening;
  /** Whether there is a place for a message at all. */
  storage: StorageWatch;
  /** Whether every server of a domain's route is known not to take addresses beyond ASCII (RFC 6531). */
  lacksSmtpUtf8: (domain: Domain) => boolean;
  events: Publisher<RelayEvents>;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: SmtpServer;
  readonly #acceptance: Acceptance;
  readonly #knownClients = new KnownClients();
  readonly #state: ListenerState;
  #certificate: Certificate | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { clock } = options;
    this.#acceptance = new Acceptance({
      ...options,
      acceptedFrom: (address) => this.#knownClients.sentMail(address, clock.steady()),
    });
    const { smtp } = options.settings();
    const door = { open: 0, silent: 0, turnedAway: 0, earlyTalkers: 0 };
    this.#state = { host: smtp.host, port: smtp.port, listening: false, problem: null, door };
    this.#server = new SmtpServer(
      smtp,
      {
        visit: (address) => options.screening.visit(address),
        mailFrom: (transaction) => this.#mail(transaction),
        rcptTo: (transaction, address) => this.#rcpt(transaction, address),
        startMessage: (transaction, connection) => this.#acceptance.begin(connection, transaction),
        ended: (transaction, outcome, connection) => {
          // What was refused besides a message is logged with the message.
          if (outcome === 'abandoned') this.#acceptance.logRefusals(connection, transaction);
        },
        greetingDelay: (address) => this.#knownClients.greetingDelay(address, clock.steady()),
        isOurAddress: (address, localAddress) => {
          const canonical = (one: string) => (ipaddr.isValid(one) ? ipaddr.process(one).toString() : one);
          const { relayAddresses } = options.settings().probes;
          return [localAddress, ...relayAddresses].map(canonical).includes(canonical(address));
        },
        lacksSmtpUtf8: () => {
          const domains = options.directory.all();
          return domains.length > 0 && domains.every((domain) => options.lacksSmtpUtf8(domain));
        },
        postmasterDomain: () => options.directory.all()[0]?.name ?? null,
      },
      options,
    );
  }

  get state(): ListenerState {
    this.#state.problem = this.#certificate?.problem(this.#options.clock.now()) ?? null;
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
    await this.#server.close();
  }

  #useCertificate(): void {
    const { smtp } = this.#options.settings();
    if (smtp.tlsCertificate === '') return;
    const show = () => {
      this.#server.useCertificate(this.#certificate?.context ?? null);
      this.#options.events.emit('doorState', null);
    };
    this.#certificate = new Certificate(
      { certificate: smtp.tlsCertificate, key: smtp.tlsKey === '' ? smtp.tlsCertificate : smtp.tlsKey },
      show,
      this.#options,
    );
    show();
  }

  #mail({ size, visit }: Transaction): Reply | null {
    const place = this.#options.storage.takes(size ?? 0);
    if (place !== 'yes') return place === 'full' ? FULL : BROKEN;
    return visit.begin();
  }

  #rcpt(transaction: Transaction, address: string): Reply | null | Promise<Reply | null> {
    const mailbox = readMailbox(address);
    const domain = mailbox ? this.#options.directory.get(mailbox.domain) : undefined;
    if (!mailbox || !domain) {
      const text = `<${address}>: relay access denied`;
      return this.#refuse(transaction, address, { code: 550, enhanced: '5.7.1', text });
    }
    if (
      (beyondAscii.test(mailbox.address) || beyondAscii.test(transaction.sender)) &&
      this.#options.lacksSmtpUtf8(domain)
    ) {
      return this.#refuse(transaction, address, {
        code: 550,
        enhanced: '5.6.7',
        text: `<${address}>: the server of this domain does not take addresses beyond ASCII (SMTPUTF8)`,
      });
    }
    const settle = (refusal: Reply | null) => refusal && this.#refuse(transaction, address, refusal);
    const judged = this.#judge(transaction, mailbox, domain);
    if (!(judged instanceof Promise)) return settle(judged);
    return judged.then(settle, (error: unknown) => {
      // Whatever went wrong on our side, the recipient is not to blame.
      this.#options.events.emit('fault', {
        part: 'door',
        domain: domain.name,
        what: 'a recipient could not be judged',
        error,
      });
      return null;
    });
  }

  /** Notes a refusal for the log, and answers it: later, to a client that has had many. */
  #refuse({ refusals, visit }: Transaction, address: string, reply: Reply): Reply | Promise<Reply> {
    refusals.add(address, reply);
    const delay = visit.refusalDelay();
    if (delay === 0) return reply;
    return new Promise((resolve) => {
      this.#options.clock.after(delay, () => resolve(reply)).unref();
    });
  }

  /** First what the client itself shows, so that a spammer's question does not reach the office's server. */
  #judge({ visit }: Transaction, mailbox: Mailbox, domain: Domain): Reply | null | Promise<Reply | null> {
    const { recipients } = this.#options;
    // Whoever is refused must be able to say so to somebody (RFC 5321 §4.5.1).
    const ofClient = isPostmaster(recipientKey(mailbox)) ? null : visit.recipient();
    return ofClient instanceof Promise
      ? ofClient.then((refusal) => refusal ?? recipients.judge(mailbox, domain))
      : (ofClient ?? recipients.judge(mailbox, domain));
  }
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
