// One incoming SMTP connection. Commands come in order, and replies say what happened.
//
// - Paths and parameters are read as RFC 5321 §4.1 and RFC 6531 write them (command.ts, path.ts).
// - Only CRLF ends a command, only CRLF.CRLF the data; a lone CR or LF in a message refuses it (input.ts, data-reader.ts).
// - Each reply has the enhanced code that says what happened (RFC 2034), but the greeting and the answers to EHLO and HELO.
// - What a client may cost in time, errors and commands is bounded (conversation.ts, patience.ts).
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Reply } from '../../../shared/message.ts';
import { readMail, readRcpt, reply } from './command.ts';
import {
  Conversation,
  type ConversationLimits,
  type ConversationOptions,
  type Done,
} from './conversation.ts';
import { HeaderScan } from './header-scan.ts';
import { MessageIntake, tooLarge } from './message-intake.ts';
import { isPostmaster, routesOn, type Path } from './path.ts';

/** Takes one message's content as it arrives. */
export interface MessageSink {
  /** A promise holds back the client until the piece is stored. */
  write: (content: Buffer) => Promise<void> | undefined;
  /** The end of data: answers the reply to give. Never rejects. */
  end: (eightBit: boolean) => Promise<Reply>;
  /** The connection broke, or the message was refused: forget what was written. */
  abort: () => void;
}

export interface IncomingSession {
  readonly id: string;
  readonly remoteAddress: string;
  /** What the client calls itself; empty before EHLO or HELO. */
  hostNameAppearsAs: string;
  /** `sender` is null outside a transaction. */
  envelope: { sender: string | null; recipients: string[]; smtpUtf8: boolean };
}

/** The reply that refuses a recipient; null: it is welcome. */
export type Answer = (refusal: Reply | null) => void;

/** What the listener does with a connection. */
export interface ConnectionHandlers {
  /** @param size octets as declared, if they were. Answers the reply that refuses the sender. */
  mailFrom: (address: string, size: number | null, session: string) => Reply | null;
  rcptTo: (address: string, session: string, answer: Answer) => void;
  /** What STARTTLS is done with; null: it is not offered. */
  certificate: () => SecureContext | null;
  stopping: () => boolean;
  /** How long this client waits for its greeting, ms. */
  greetingDelay: (connection: IncomingConnection) => number;
  /** The reply that turns a new connection away; null lets it in. */
  turnAway: (connection: IncomingConnection) => Reply | null;
  startMessage: (connection: IncomingConnection) => MessageSink;
  /** A recipient was refused for what it is, before any policy was asked. */
  refused: (connection: IncomingConnection, address: string, reply: Reply) => void;
  /** Whether an IP address is the one that the client reached us at, as we or the world see it. */
  isOurAddress: (address: string, localAddress: string) => boolean;
  /** Whether no server that mail could go on to takes addresses beyond ASCII, as far as is known. */
  lacksSmtpUtf8: () => boolean;
  /** The domain that `RCPT TO:<postmaster>` is for; null when none is protected. */
  postmasterDomain: () => string | null;
  /** The transaction was given up (RSET, EHLO, STARTTLS). */
  abandoned: (connection: IncomingConnection) => void;
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
  readonly session: IncomingSession;
  openingCommand: 'EHLO' | 'HELO' | '' = '';
  /** Lines of the transcript that belong to the connection and not to one message. */
  transcriptHead = 0;
  /** The message's header section has octets beyond ASCII; known when the message is complete. */
  headerInternational = false;
  /** Set by the listener: writes a message that was refused for its form into the log. */
  refusedMessage: ((reply: Reply) => void) | null = null;
  readonly #handlers: ConnectionHandlers;
  readonly #limits: ConnectionLimits;
  readonly #isOldDevice: boolean;
  #intake: MessageIntake | null = null;
  readonly #recipients = new Set<string>();

  constructor(
    socket: Socket,
    options: ConversationOptions & { limits: ConnectionLimits },
    handlers: ConnectionHandlers,
  ) {
    super(socket, options);
    this.session = {
      id: options.id,
      remoteAddress: options.remoteAddress,
      hostNameAppearsAs: '',
      envelope: emptyEnvelope(),
    };
    this.#handlers = handlers;
    this.#limits = options.limits;
    this.#isOldDevice = options.isOldDevice === true;
  }

  protected override greetingDelay(): number {
    return this.#handlers.greetingDelay(this);
  }

  protected override turnAway(): Reply | null {
    return this.#handlers.turnAway(this);
  }

  protected override talkedTooSoon(): void {
    this.#handlers.earlyTalker();
  }

  protected override left(): void {
    this.#handlers.left(this);
  }

  protected override get stopping(): boolean {
    return this.#handlers.stopping();
  }

  /** The client asked for the message to be handled as RFC 6531 says. */
  get wantsSmtpUtf8(): boolean {
    return this.session.envelope.smtpUtf8;
  }

  /** Between MAIL and the reply to the message. */
  get inTransaction(): boolean {
    return this.session.envelope.sender !== null;
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
          this.#forget();
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
    this.#forget();
    this.session.hostNameAppearsAs = name.toLowerCase();
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
        this.#forget();
        this.openingCommand = '';
        this.session.hostNameAppearsAs = '';
      });
    }
  }

  #mail(rest: string, done: Done): void {
    const { envelope } = this.session;
    if (this.session.hostNameAppearsAs === '') this.wrong(reply(503, '5.5.1', 'Send EHLO first'), done);
    else if (envelope.sender !== null) this.wrong(reply(503, '5.5.1', 'Sender already specified'), done);
    else {
      const command = readMail(rest, this.#isOldDevice);
      const limit = this.#limits.maxMessageBytes;
      if ('code' in command) this.wrong(command, done);
      else if (command.size !== null && command.size > limit) {
        this.say(reply(552, '5.3.4', tooLarge(limit)));
        done();
      } else {
        const { address } = command.path;
        const refusal = this.#handlers.mailFrom(address, command.size, this.session.id);
        if (refusal) this.say(refusal);
        else {
          envelope.sender = address;
          envelope.smtpUtf8 = command.smtpUtf8;
          this.say(reply(250, '2.1.0', 'Sender OK'));
        }
        done();
      }
    }
  }

  #rcpt(rest: string, done: Done): void {
    const { envelope } = this.session;
    if (envelope.sender === null) {
      this.wrong(
        reply(
          503,
          '5.5.1',
          this.session.hostNameAppearsAs !== '' ? 'Need MAIL command first' : 'Send EHLO first',
        ),
        done,
      );
      return;
    }
    const path = readRcpt(rest, envelope.smtpUtf8, this.#isOldDevice);
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
      this.#handlers.refused(this, path.address, words);
      this.say(words);
      done();
      return;
    }
    const home = this.#isOurPostmaster(path) ? this.#handlers.postmasterDomain() : null;
    const address = home === null ? path.address : `postmaster@${home}`;
    const known = this.#recipients.has(address);
    if (!known && envelope.recipients.length >= this.#limits.maxRecipients) {
      this.say(reply(452, '4.5.3', 'Too many recipients, send the rest in another transaction'));
      done();
      return;
    }
    this.#handlers.rcptTo(address, this.session.id, (refusal) => {
      if (refusal) this.say(refusal);
      else {
        if (!known) {
          this.#recipients.add(address);
          envelope.recipients.push(address);
        }
        this.say(reply(250, '2.1.5', 'Recipient OK'));
      }
      done();
    });
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
    const { envelope } = this.session;
    if (!this.bare('DATA', rest, done)) return;
    if (envelope.sender === null) this.wrong(reply(503, '5.5.1', 'Need MAIL and RCPT commands first'), done);
    else if (envelope.recipients.length === 0) this.wrong(reply(554, '5.5.1', 'No valid recipients'), done);
    else {
      const intake = new MessageIntake(
        this.#handlers.startMessage(this),
        new HeaderScan(this.name),
        { size: this.#limits.maxMessageBytes, received: this.#limits.maxReceived },
        (words) => {
          this.refusedMessage?.(words);
          this.say(words);
          this.close();
        },
      );
      this.#intake = intake;
      this.patience.messageBegins(this.clock.steady());
      this.input.readMessage((reader, content, ended) => {
        this.patience.received(content.length, this.clock.steady());
        const taken = ended
          ? this.#finish(intake, intake.end(reader, content))
          : intake.take(reader, content);
        return taken && this.waitFor(taken);
      });
      this.say(reply(354, null, 'End data with <CR><LF>.<CR><LF>'));
      done();
    }
  }

  async #finish(intake: MessageIntake, outcome: Promise<{ reply: Reply; refused: boolean }>): Promise<void> {
    this.transcript.add('note', `${intake.received} octets of message`);
    this.headerInternational = intake.scan.international;
    const { reply: words, refused } = await outcome;
    this.#intake = null;
    if (refused) this.refusedMessage?.(words);
    this.say(words);
    this.transcript.keepFirst(this.transcriptHead);
    if (words.code < 300) {
      this.errors = 0;
      this.idleCommands = 0;
    }
    this.patience.messageEnds(this.clock.steady());
    this.#reset();
  }

  /** The transaction is over without a message; refusals in it must still be logged. */
  #forget(): void {
    this.#handlers.abandoned(this);
    this.#reset();
  }

  #reset(): void {
    this.session.envelope = emptyEnvelope();
    this.#recipients.clear();
  }

  protected override closed(): void {
    this.#intake?.abort();
    this.#intake = null;
    this.#handlers.closed(this);
  }
}

function emptyEnvelope(): IncomingSession['envelope'] {
  return { sender: null, recipients: [], smtpUtf8: false };
}
