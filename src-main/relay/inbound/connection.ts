// One incoming SMTP connection. smtp-server gives the socket, TLS and the session; every command and every word is ours.
//
// - Paths and parameters are read as RFC 5321 §4.1 and RFC 6531 write them (command.ts, path.ts).
// - Only CRLF ends a command, only CRLF.CRLF the data; a lone CR or LF in a message refuses it (input.ts, data-reader.ts).
// - Each reply has the enhanced code that says what happened (RFC 2034), but the greeting and the answers to EHLO and HELO.
// - What a client may cost in time, errors and commands is bounded (conversation.ts, patience.ts).
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPServer, SMTPServerAddress, SMTPServerSession } from 'smtp-server';
import type { Reply } from '../../../shared/message.ts';
import { readMail, readRcpt, reply } from './command.ts';
import { Conversation, type ConversationLimits, type Done } from './conversation.ts';
import { HeaderScan } from './header-scan.ts';
import { Input } from './input.ts';
import { MessageIntake, tooLarge } from './message-intake.ts';
import { routesOn } from './path.ts';

/** Takes one message's content as it arrives. */
export interface MessageSink {
  /** A promise holds back the client until the piece is stored. */
  write: (content: Buffer) => Promise<void> | undefined;
  /** The end of data: answers the reply to give. Never rejects. */
  end: (eightBit: boolean) => Promise<Reply>;
  /** The connection broke, or the message was refused: forget what was written. */
  abort: () => void;
}

/** What the listener does with a connection. */
export interface ConnectionHandlers {
  /** How long this client waits for its greeting, ms. */
  greetingDelay: (connection: IncomingConnection) => number;
  /** The reply that turns a new connection away; null lets it in. */
  turnAway: (connection: IncomingConnection) => Reply | null;
  startMessage: (connection: IncomingConnection) => MessageSink;
  /** A recipient was refused for what it is, before any policy was asked. */
  refused: (connection: IncomingConnection, address: string, reply: Reply) => void;
  /** The domain that `RCPT TO:<postmaster>` is for; null when none is protected. */
  postmasterDomain: () => string | null;
  /** The transaction was given up (RSET, EHLO, STARTTLS). */
  abandoned: (connection: IncomingConnection) => void;
  earlyTalker: () => void;
  closed: (connection: IncomingConnection) => void;
}

/** What a connection may cost. */
export interface ConnectionLimits extends ConversationLimits {
  maxReceived: number;
}

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
  /** Lines of the transcript that belong to the connection and not to one message. */
  transcriptHead = 0;
  /** The message's header section has octets beyond ASCII; known when the message is complete. */
  headerInternational = false;
  /** Set by the listener: writes a message that was refused for its form into the log. */
  refusedMessage: ((reply: Reply) => void) | null = null;
  readonly #handlers: ConnectionHandlers;
  readonly #limits: ConnectionLimits;
  #intake: MessageIntake | null = null;

  constructor(
    server: SMTPServer,
    socket: Socket | TLSSocket,
    options: SMTPConnectionOptions | undefined,
    handlers: ConnectionHandlers,
    limits: ConnectionLimits,
  ) {
    super(server, socket, options, limits);
    this.#handlers = handlers;
    this.#limits = limits;
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

  /** The client asked for the message to be handled as RFC 6531 says. */
  get wantsSmtpUtf8(): boolean {
    return this.session.envelope.smtpUtf8 === true;
  }

  /** Between MAIL and the reply to the message. */
  get inTransaction(): boolean {
    // Before the greeting a session has no envelope yet, whatever its type says.
    const envelope = this.session.envelope as SMTPServerSession['envelope'] | undefined;
    return envelope !== undefined && envelope.mailFrom !== false;
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
          this._resetSession();
          this.idle(reply(250, '2.0.0', 'Forgotten'), done);
        }
        break;
      case 'NOOP':
        this.idle(reply(250, '2.0.0', 'Ok'), done);
        break;
      case 'QUIT':
        if (this.bare(verb, rest, done)) {
          this.say(reply(221, '2.0.0', 'Good bye'));
          this.close();
          done();
        }
        break;
      case 'VRFY':
        if (rest === '') this.wrong(reply(501, '5.5.4', 'Syntax: VRFY address'), done);
        else this.idle(reply(252, '2.1.5', 'Not told here; send mail, and RCPT will tell'), done);
        break;
      case 'HELP':
        this.idle(reply(214, '2.0.0', 'EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP STARTTLS'), done);
        break;
      case 'STARTTLS':
        if (this._isSupported('STARTTLS')) this.#startTls(rest, done);
        else this.wrong(reply(502, '5.5.1', 'STARTTLS is not available'), done);
        break;
      default:
        if (NOT_IMPLEMENTED.has(verb)) this.wrong(reply(502, '5.5.1', `${verb} is not implemented`), done);
        else if (/ HTTP\/\d\.\d$/.test(line))
          this.say(reply(421, '4.7.0', 'This is a mail server, good bye'));
        else this.wrong(reply(500, '5.5.2', 'No such command'), done);
    }
  }

  #hello(verb: 'EHLO' | 'HELO', name: string, done: Done): void {
    if (!/^[\x21-\x7e]{1,255}$/.test(name)) {
      this.wrong(reply(501, null, `Syntax: ${verb} your.host.name`), done);
      return;
    }
    this.openingCommand = verb;
    this.hostNameAppearsAs = name.toLowerCase();
    this._resetSession();
    const greeting = `${this.name} greets you`;
    if (verb === 'HELO') this.send(250, greeting, false);
    else {
      const startTls = !this.secure && this._isSupported('STARTTLS') ? ['STARTTLS'] : [];
      const size = `SIZE ${String(this._server.options.size)}`;
      this.send(
        250,
        [greeting, 'PIPELINING', size, '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', ...startTls, 'HELP'],
        false,
      );
    }
    this.transcriptHead = this.transcript.lines.length;
    this.idleCommands++;
    done();
  }

  #startTls(rest: string, done: Done): void {
    if (this.secure) this.wrong(reply(503, '5.5.1', 'The connection is encrypted already'), done);
    else if (this.bare('STARTTLS', rest, done)) {
      this.say(reply(220, '2.0.0', 'Go ahead'));
      this.patience.handshakeBegins(Date.now());
      this.upgrade(done);
    }
  }

  #mail(rest: string, done: Done): void {
    const { envelope } = this.session;
    if (!this.hostNameAppearsAs) this.wrong(reply(503, '5.5.1', 'Say EHLO first'), done);
    else if (envelope.mailFrom)
      this.wrong(reply(503, '5.5.1', 'A message is begun already; RSET forgets it'), done);
    else {
      const command = readMail(rest);
      const limit = Number(this._server.options.size);
      if ('code' in command) this.wrong(command, done);
      else if (command.size !== null && command.size > limit) {
        this.say(reply(552, '5.3.4', tooLarge(limit)));
        done();
      } else {
        const address: SMTPServerAddress = {
          address: command.path.address,
          args: command.size === null ? false : { SIZE: String(command.size) },
        };
        this._server.onMailFrom(address, this.session, (error) => {
          if (error) this.send(codeOf(error), error.message);
          else {
            envelope.mailFrom = address;
            envelope.bodyType = command.body;
            envelope.smtpUtf8 = command.smtpUtf8;
            this.say(reply(250, '2.1.0', 'Sender ok'));
          }
          done();
        });
      }
    }
  }

  #rcpt(rest: string, done: Done): void {
    const { envelope } = this.session;
    if (!envelope.mailFrom) {
      this.wrong(reply(503, '5.5.1', this.hostNameAppearsAs ? 'Say MAIL first' : 'Say EHLO first'), done);
      return;
    }
    const path = readRcpt(rest, envelope.smtpUtf8 === true);
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
    const bare = !path.address.includes('@');
    const home = bare ? this.#handlers.postmasterDomain() : null;
    const address: SMTPServerAddress = {
      address: home === null ? path.address : `postmaster@${home}`,
      args: false,
    };
    const known = this._rcptIndex.has(address.address);
    if (!known && envelope.rcptTo.length >= Number(this._server.options.maxRecipients)) {
      this.say(reply(452, '4.5.3', 'Too many recipients, send the others in another message'));
      done();
      return;
    }
    this._server.onRcptTo(address, this.session, (error) => {
      if (error) this.send(codeOf(error), error.message);
      else {
        if (!known) this._rcptIndex.set(address.address, envelope.rcptTo.push(address) - 1);
        this.say(reply(250, '2.1.5', 'Recipient ok'));
      }
      done();
    });
  }

  #data(rest: string, done: Done): void {
    const { envelope } = this.session;
    const parser = this._parser;
    if (!this.bare('DATA', rest, done)) return;
    if (!envelope.mailFrom) this.wrong(reply(503, '5.5.1', 'Say MAIL and RCPT first'), done);
    else if (envelope.rcptTo.length === 0) this.wrong(reply(554, '5.5.1', 'No recipient was accepted'), done);
    else if (parser instanceof Input) {
      const intake = new MessageIntake(
        this.#handlers.startMessage(this),
        new HeaderScan(this.name),
        { size: Number(this._server.options.size), received: this.#limits.maxReceived },
        (words) => {
          this.refusedMessage?.(words);
          this.say(words);
          this.close();
        },
      );
      this.#intake = intake;
      this.patience.messageBegins(Date.now());
      parser.readMessage((reader, content, ended) => {
        this.patience.received(content.length, Date.now());
        const taken = ended
          ? this.#finish(intake, intake.end(reader, content))
          : intake.take(reader, content);
        return taken && this.waitFor(taken);
      });
      this.send(354, 'End data with <CR><LF>.<CR><LF>', false);
      done();
    }
  }

  async #finish(intake: MessageIntake, outcome: Promise<{ reply: Reply; refused: boolean }>): Promise<void> {
    this.transcript.add('note', `${intake.received} octets of message`);
    this.headerInternational = intake.scan.international;
    this._handlerPending = true;
    const { reply: words, refused } = await outcome;
    this.#intake = null;
    if (refused) this.refusedMessage?.(words);
    this.say(words);
    this.transcript.keepFirst(this.transcriptHead);
    this._transactionCounter++;
    if (words.code < 300) {
      this.errors = 0;
      this.idleCommands = 0;
    }
    this.patience.messageEnds(Date.now());
    super._resetSession();
  }

  /** The library forgets the transaction here, whatever ended it; refusals in it must still be logged. */
  override _resetSession(): void {
    // The base class calls this while it is being made.
    if (this.session.envelope as unknown) this.#handlers.abandoned(this);
    super._resetSession();
  }

  override _onClose(): void {
    const first = !this._closed;
    this.#intake?.abort();
    this.#intake = null;
    super._onClose();
    if (first) this.#handlers.closed(this);
  }
}

function codeOf(error: Error & { responseCode?: number }): number {
  return error.responseCode ?? 550;
}
