// One incoming SMTP connection. Commands come in order, and replies say what happened.
//
// - Paths and parameters are read as RFC 5321 §4.1 and RFC 6531 write them (command.ts, path.ts).
// - Only CRLF ends a command, only CRLF.CRLF the data; a lone CR or LF in a message refuses it (line-splitter.ts, data-reader.ts).
// - Each reply has the enhanced code that says what happened (RFC 2034), but the greeting and the answers to EHLO and HELO.
// - What a client may cost in time, errors and commands is bounded (conversation.ts, client-timeouts.ts).
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Reply } from '../../../shared/message.ts';
import type { ClientScreening } from '../policy/filters/screening.ts';
import { readMail, readRcpt, reply, type MailCommand } from './command.ts';
import {
  Conversation,
  type ConversationLimits,
  type ConversationOptions,
  type Done,
} from './conversation.ts';
import { HeaderScan } from './header-scan.ts';
import { MessageIntake, tooLarge } from './message-intake.ts';
import { isPostmaster, routesOn, type Path } from './path.ts';
import { Transaction, type MessageSink, type TransactionOutcome } from './transaction.ts';

/** What a connection asks and tells: the listener (listener.ts) answers for mail, the server (server.ts) for the connection. */
export interface ConnectionHandlers {
  /** The filters' side of a connection from this address; asked once, when the client is let in. */
  visit: (remoteAddress: string) => ClientScreening;
  /** The reply that keeps a transaction from beginning; null lets it begin. */
  mailFrom: (transaction: Transaction) => Reply | null | Promise<Reply | null>;
  /** The reply that refuses a recipient; null: it is welcome. */
  rcptTo: (transaction: Transaction, address: string) => Reply | null | Promise<Reply | null>;
  startMessage: (transaction: Transaction, connection: IncomingConnection) => MessageSink;
  /** Called once for each transaction that began. */
  ended: (transaction: Transaction, outcome: TransactionOutcome, connection: IncomingConnection) => void;
  /** What STARTTLS is done with; null: it is not offered. */
  certificate: () => SecureContext | null;
  stopping: () => boolean;
  /** How long this client waits for its greeting, ms. */
  greetingDelay: (remoteAddress: string) => number;
  /** The reply that turns a new connection away; null lets it in. */
  turnAway: (connection: IncomingConnection) => Reply | null;
  /** Whether an IP address is the one that the client reached us at, as we or the world see it. */
  isOurAddress: (address: string, localAddress: string) => boolean;
  /** Whether no server that mail could go on to takes addresses beyond ASCII, as far as is known. */
  lacksSmtpUtf8: () => boolean;
  /** The domain that `RCPT TO:<postmaster>` is for; null when none is protected. */
  postmasterDomain: () => string | null;
  earlyTalker: () => void;
  /** We have said our last word to it. */
  left: (connection: IncomingConnection) => void;
  closed: (connection: IncomingConnection) => void;
}

/** What a connection may cost. */
export interface ConnectionLimits extends ConversationLimits {
  maxReceived: number;
  maxRecipients: number;
  /** Octets. */
  maxMessageBytes: number;
}

/** RFC 5321 §3.5.3, in its own words. */
const CANNOT_VRFY = 'Cannot VRFY user, but will accept message and attempt delivery';

/** Commands that RFCs define and that we do not have: 502, where a word that nobody knows gets 500. */
const NOT_IMPLEMENTED = new Set([
  'EXPN',
  'TURN',
  'ETRN',
  'ATRN',
  'BDAT',
  'SEND',
  'SOML',
  'SAML',
  'AUTH',
  'BURL',
  'STARTTLS',
  'XCLIENT',
  'XFORWARD',
]);

export class IncomingConnection extends Conversation {
  /** What the client calls itself; empty before EHLO or HELO. */
  helo = '';
  openingCommand: 'EHLO' | 'HELO' | '' = '';
  /** Lines of the transcript that belong to the connection and not to one message. */
  transcriptHead = 0;
  readonly #handlers: ConnectionHandlers;
  readonly #limits: ConnectionLimits;
  readonly #isOldDevice: boolean;
  #visit: ClientScreening | null = null;
  /** From MAIL to its end; null between transactions. */
  #transaction: Transaction | null = null;
  readonly #ended = (transaction: Transaction, outcome: TransactionOutcome): void => {
    this.#transaction = null;
    this.#handlers.ended(transaction, outcome, this);
  };

  constructor(
    socket: Socket,
    options: ConversationOptions & { limits: ConnectionLimits },
    handlers: ConnectionHandlers,
  ) {
    super(socket, options);
    this.#handlers = handlers;
    this.#limits = options.limits;
    this.#isOldDevice = options.isOldDevice === true;
  }

  protected override greetingDelay(): number {
    // Asked for now, so that the filters have found out about the client by the time it names a recipient.
    this.#visiting();
    return this.#handlers.greetingDelay(this.remoteAddress);
  }

  protected override turnAway(): Reply | null {
    return this.#handlers.turnAway(this);
  }

  protected override talkedTooSoon(): void {
    this.#handlers.earlyTalker();
  }

  protected override left(): void {
    this.#transaction?.abandon();
    this.#handlers.left(this);
  }

  protected override get stopping(): boolean {
    return this.#handlers.stopping();
  }

  #visiting(): ClientScreening {
    this.#visit ??= this.#handlers.visit(this.remoteAddress);
    return this.#visit;
  }

  /** Between MAIL and the reply to the message. */
  get inTransaction(): boolean {
    return this.#transaction !== null;
  }

  protected override command(line: string, done: Done): void {
    const space = line.indexOf(' ');
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
    const rest = space < 0 ? '' : line.slice(space + 1);
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        this.#hello(verb, rest.trim(), done);
        break;
      case 'MAIL':
        this.#mail(rest, done);
        break;
      case 'RCPT':
        this.#rcpt(rest, done);
        break;
      case 'DATA':
        this.#data(rest, done);
        break;
      case 'RSET':
        if (this.bare(verb, rest, done)) {
          this.#transaction?.abandon();
          this.idle(reply(250, '2.0.0', 'OK'), done);
        }
        break;
      case 'NOOP':
        this.idle(reply(250, '2.0.0', 'OK'), done);
        break;
      case 'QUIT':
        if (this.bare(verb, rest, done)) {
          this.say(reply(221, '2.0.0', 'Bye'));
          this.part();
        }
        break;
      case 'VRFY':
        if (rest === '') this.wrong(reply(501, '5.5.4', 'Syntax: VRFY address'), done);
        else this.idle(reply(252, '2.5.2', CANNOT_VRFY), done);
        break;
      case 'HELP':
        this.idle(reply(214, '2.0.0', 'EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP STARTTLS'), done);
        break;
      case 'STARTTLS':
        if (this.#handlers.certificate()) this.#startTls(rest, done);
        else this.wrong(reply(502, '5.5.1', 'STARTTLS is not available'), done);
        break;
      default:
        if (NOT_IMPLEMENTED.has(verb)) this.wrong(reply(502, '5.5.1', `${verb} not implemented`), done);
        else if (/ HTTP\/\d\.\d$/.test(line))
          this.say(reply(421, '4.7.0', 'Not an SMTP command, closing connection'));
        else this.wrong(reply(500, '5.5.2', 'Command not recognized'), done);
    }
  }

  #hello(verb: 'EHLO' | 'HELO', name: string, done: Done): void {
    if (!/^[\x21-\x7e]{1,255}$/.test(name)) {
      this.wrong(reply(501, null, `Syntax: ${verb} hostname`), done);
      return;
    }
    this.openingCommand = verb;
    this.#transaction?.abandon();
    this.helo = name.toLowerCase();
    const greeting = reply(250, null, `${this.name} greets you`);
    if (verb === 'HELO') this.say(greeting);
    else {
      const startTls = !this.secure && this.#handlers.certificate() ? ['STARTTLS'] : [];
      // Who is told so writes to addresses in ASCII, where there are any, or tells its user at once.
      const utf8 = this.#handlers.lacksSmtpUtf8() ? [] : ['SMTPUTF8'];
      const size = `SIZE ${this.#limits.maxMessageBytes}`;
      this.say(
        greeting,
        ...['PIPELINING', size, '8BITMIME', ...utf8, 'ENHANCEDSTATUSCODES', ...startTls, 'HELP'],
      );
    }
    this.transcriptHead = this.transcript.lines.length;
    this.idleCommands++;
    done();
  }

  #startTls(rest: string, done: Done): void {
    if (this.secure) this.wrong(reply(503, '5.5.1', 'TLS is already active'), done);
    else if (this.bare('STARTTLS', rest, done)) {
      const context = this.#handlers.certificate();
      if (!context) return;
      this.say(reply(220, '2.0.0', 'Ready to start TLS'));
      this.upgrade(context, () => {
        // All that was said in clear is forgotten (RFC 3207 §4.2).
        this.#transaction?.abandon();
        this.openingCommand = '';
        this.helo = '';
      });
    }
  }

  #mail(rest: string, done: Done): void {
    if (this.helo === '') this.wrong(reply(503, '5.5.1', 'Send EHLO first'), done);
    else if (this.#transaction !== null) this.wrong(reply(503, '5.5.1', 'Sender already specified'), done);
    else {
      const command = readMail(rest, this.#isOldDevice);
      const limit = this.#limits.maxMessageBytes;
      if ('code' in command) this.wrong(command, done);
      else if (command.size !== null && command.size > limit) {
        this.say(reply(552, '5.3.4', tooLarge(limit)));
        done();
      } else this.#begin(command, done);
    }
  }

  #begin(command: MailCommand, done: Done): void {
    const transaction = new Transaction(command, this.#visiting(), this.#ended);
    this.whenAnswered(
      this.#handlers.mailFrom(transaction),
      (words) => {
        if (!words) this.#transaction = transaction;
        this.say(words ?? reply(250, '2.1.0', 'Sender OK'));
      },
      done,
    );
  }

  #rcpt(rest: string, done: Done): void {
    const transaction = this.#transaction;
    if (transaction === null) {
      const missing = this.helo === '' ? 'Send EHLO first' : 'Need MAIL command first';
      this.wrong(reply(503, '5.5.1', missing), done);
      return;
    }
    const path = readRcpt(rest, transaction.smtpUtf8, this.#isOldDevice);
    if ('code' in path) {
      this.wrong(path, done);
      return;
    }
    if (routesOn(path.local)) {
      const words = reply(
        550,
        '5.7.1',
        `<${path.address}>: relay access denied, the address names a way through us`,
      );
      transaction.refusals.add(path.address, words);
      this.say(words);
      done();
      return;
    }
    const home = this.#isOurPostmaster(path) ? this.#handlers.postmasterDomain() : null;
    const address = home === null ? path.address : `postmaster@${home}`;
    const { recipients } = transaction;
    if (!recipients.has(address) && recipients.size >= this.#limits.maxRecipients) {
      this.say(reply(452, '4.5.3', 'Too many recipients, send the rest in another transaction'));
      done();
      return;
    }
    this.whenAnswered(
      this.#handlers.rcptTo(transaction, address),
      (refusal) => {
        if (!refusal) recipients.add(address);
        this.say(refusal ?? reply(250, '2.1.5', 'Recipient OK'));
      },
      done,
    );
  }

  /** `<postmaster>`, or that of this very address: `<postmaster@[192.0.2.1]>` (RFC 5321 §4.5.1). */
  #isOurPostmaster({ address, local }: Path): boolean {
    if (!address.includes('@')) return true;
    const literal = /@\[(?:ipv6:)?([^\]]+)\]$/i.exec(address)?.[1];
    return (
      literal !== undefined && isPostmaster(local) && this.#handlers.isOurAddress(literal, this.localAddress)
    );
  }

  #data(rest: string, done: Done): void {
    const transaction = this.#transaction;
    if (!this.bare('DATA', rest, done)) return;
    if (transaction === null) this.wrong(reply(503, '5.5.1', 'Need MAIL and RCPT commands first'), done);
    else if (transaction.recipients.size === 0) this.wrong(reply(554, '5.5.1', 'No valid recipients'), done);
    else {
      const sink = this.#handlers.startMessage(transaction, this);
      transaction.sink = sink;
      const scan = new HeaderScan(this.name);
      const limits = { size: this.#limits.maxMessageBytes, received: this.#limits.maxReceived };
      const intake = new MessageIntake(sink, scan, limits, (words) => {
        sink.refuse(words, scan.international);
        transaction.answered(words);
        this.say(words);
        this.close();
      });
      this.timeouts.messageBegins(this.clock.steady());
      this.lines.readMessage((reader, content, ended) => {
        this.timeouts.received(content.length, this.clock.steady());
        if (!ended) {
          const taken = intake.take(reader, content);
          return taken && this.waitFor(taken);
        }
        transaction.complete();
        return this.waitFor(this.#finish(transaction, sink, intake, intake.end(reader, content)));
      });
      this.say(reply(354, null, 'End data with <CR><LF>.<CR><LF>'));
      done();
    }
  }

  async #finish(
    transaction: Transaction,
    sink: MessageSink,
    intake: MessageIntake,
    outcome: Promise<{ reply: Reply; refused: boolean }>,
  ): Promise<void> {
    this.transcript.add('note', `${intake.received} octets of message`);
    try {
      const { reply: words, refused } = await outcome;
      if (refused) sink.refuse(words, intake.scan.international);
      transaction.answered(words);
      this.say(words);
      this.transcript.keepFirst(this.transcriptHead);
      if (words.code < 300) {
        this.errors = 0;
        this.idleCommands = 0;
      }
      this.timeouts.messageEnds(this.clock.steady());
    } catch (error) {
      transaction.fail();
      throw error;
    }
  }

  /** The connection's end is the end of what was begun on it. */
  protected override closed(): void {
    this.#transaction?.abandon();
    this.#handlers.closed(this);
  }
}
