// One incoming SMTP connection: smtp-server's, with what it gets wrong mended here and nowhere else.
//
// - Only CRLF.CRLF ends the data; a lone CR or LF in a message refuses it (the library passes both on).
// - Dot-stuffing is undone in linear time (the library spends a turn of the event loop on each stuffed line).
// - Unknown MAIL and RCPT parameters get 555 5.5.4 (the library accepts them; RFC 5321 §4.1.1.11).
// - Enhanced status codes say what happened (the library derives them from the basic code).
// - Commands that are jokes (WIZ, SHELL, KILL) are not there.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { SMTPServer, SMTPServerSession } from 'smtp-server';
import type { Reply } from '../../../shared/message.ts';
import { Transcript } from '../transcript.ts';
import { DataReader } from './data-reader.ts';

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
  startMessage: (connection: IncomingConnection) => MessageSink;
  closed: (connection: IncomingConnection) => void;
}

/** Twice the size limit: past that a client that ignores SIZE is cut off instead of listened to. */
const PATIENCE_WITH_OVERSIZE = 2;

type Next = (error?: Error | null) => void;

/** The parser of commands is the library's; message data is read by `DataReader`. */
class Input extends SMTPStream {
  #reader: DataReader | null = null;
  #onData: ((reader: DataReader, content: Buffer, ended: boolean) => Promise<void> | undefined) | null = null;

  readMessage(
    onData: (reader: DataReader, content: Buffer, ended: boolean) => Promise<void> | undefined,
  ): void {
    this._dataMode = true;
    this.#reader = new DataReader();
    this.#onData = onData;
  }

  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: Next): void {
    if (!this._dataMode || this.isClosed || !this.#reader || !this.#onData) {
      super._write(chunk, encoding, next);
      return;
    }
    const reader = this.#reader;
    const { content, rest } = reader.read(chunk);
    const taken = this.#onData(reader, content, rest !== null);
    const goOn = () => {
      if (rest === null) {
        next();
        return;
      }
      this._dataMode = false;
      this._remainder = '';
      this.#reader = null;
      this.#onData = null;
      this._write(rest, 'buffer', next);
    };
    if (taken) taken.then(goOn, next);
    else goOn();
  }
}

const MAIL_PARAMETERS = new Set(['SIZE', 'BODY', 'SMTPUTF8']);
const ABSENT_COMMANDS = new Set(['WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD', 'AUTH']);

export class IncomingConnection extends SMTPConnection {
  readonly startedAt = Date.now();
  readonly transcript = new Transcript(this.startedAt);
  /** Lines of the transcript that belong to the connection and not to one message. */
  transcriptHead = 0;
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
  readonly #handlers: ConnectionHandlers;
  #sink: MessageSink | null = null;

  constructor(
    server: SMTPServer,
    socket: Socket | TLSSocket,
    options: SMTPConnectionOptions | undefined,
    handlers: ConnectionHandlers,
  ) {
    super(server, socket, options);
    this.#handlers = handlers;
  }

  /** The library makes everybody wait 100 ms for the greeting; here only strangers do. */
  override init(): void {
    this._setListeners(() => {
      const { maxClients } = this._server.options;
      if (maxClients && this._server.connections.size > maxClients) {
        this.send(421, `4.3.2 ${this.name} has too many connections now, try again later`, false);
        return;
      }
      const delay = this.#handlers.greetingDelay(this);
      if (delay === 0) this.connectionReady();
      else setTimeout(() => this.connectionReady(), delay).unref();
    });
  }

  override _createParser(): SMTPStream {
    const parser = new Input({ maxCommandLength: 4096 });
    parser.oncommand = (command, callback) => {
      const words = command.toString('utf8');
      this.transcript.add('client', words);
      this._onCommand(command, callback);
    };
    parser.on('error', (error: Error) => this.send(421, `4.5.0 ${error.message}`));
    return parser;
  }

  /** Texts that begin with an enhanced code keep it; the library would put its own in front. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const first = Array.isArray(data) ? data[0] : data;
    const own = typeof first === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(first);
    const enhanced = own ? '' : this._getEnhancedStatusCode(code, context);
    const lines = Array.isArray(data) ? data : [data ?? ''];
    lines.forEach((line, index) => {
      const mark = index < lines.length - 1 ? '-' : ' ';
      this.transcript.add('server', `${code}${mark}${enhanced ? `${enhanced} ` : ''}${line}`);
    });
    super.send(code, data, own ? false : context);
  }

  override handler_EHLO(command: Buffer, callback: () => void): void {
    super.handler_EHLO(command, callback);
    this.transcriptHead = this.transcript.lines.length;
  }

  override handler_HELO(command: Buffer, callback: () => void): void {
    super.handler_HELO(command, callback);
    this.transcriptHead = this.transcript.lines.length;
  }

  override _isSupported(command: string): boolean {
    return !ABSENT_COMMANDS.has(command) && super._isSupported(command);
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    const unknown = unknownParameter(this._parseAddressCommand('mail from', command), MAIL_PARAMETERS);
    if (unknown !== null) {
      this.send(555, `5.5.4 Unsupported MAIL parameter ${unknown}`);
      callback();
      return;
    }
    super.handler_MAIL(command, callback);
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    const unknown = unknownParameter(this._parseAddressCommand('rcpt to', command), new Set());
    if (unknown !== null) {
      this.send(555, `5.5.4 Unsupported RCPT parameter ${unknown}`);
      callback();
      return;
    }
    super.handler_RCPT(command, callback);
  }

  override handler_VRFY(_command: Buffer, callback: () => void): void {
    this.send(252, '2.5.2 Send some mail, and see');
    callback();
  }

  override handler_HELP(_command: Buffer, callback: () => void): void {
    this.send(214, '2.0.0 HELO EHLO MAIL RCPT DATA RSET NOOP QUIT');
    callback();
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    if (!this.session.envelope.rcptTo.length) {
      this.send(503, '5.5.1 Need RCPT command');
      callback();
      return;
    }
    if (command.toString().trim().toUpperCase() !== 'DATA') {
      this.send(501, '5.5.4 DATA takes no parameters');
      callback();
      return;
    }
    const parser = this._parser;
    if (!(parser instanceof Input)) {
      callback();
      return;
    }
    const limit = Number(this._server.options.size);
    const sink = this.#handlers.startMessage(this);
    this.#sink = sink;
    let received = 0;
    let dropped = false;
    parser.readMessage((reader, content, ended) => {
      received += content.length;
      if ((received > limit || reader.bareLineEnd) && !dropped) {
        dropped = true;
        sink.abort();
      }
      if (received > limit * PATIENCE_WITH_OVERSIZE && !ended) {
        this.#sink = null;
        this.send(552, tooLarge(limit));
        this.close();
        return undefined;
      }
      if (!ended) return dropped ? undefined : sink.write(content);
      return this.#finish(sink, reader, content, received, limit, dropped);
    });
    this.send(354, 'End data with <CR><LF>.<CR><LF>');
    callback();
  }

  async #finish(
    sink: MessageSink,
    reader: DataReader,
    last: Buffer,
    received: number,
    limit: number,
    dropped: boolean,
  ): Promise<void> {
    this.transcript.add('note', `${received} octets of message`);
    // The idle timer must not cut a client off while its message is being stored.
    this._handlerPending = true;
    let reply: Reply;
    if (received > limit) reply = { code: 552, enhanced: '5.3.4', text: tooLarge(limit).slice(6) };
    else if (reader.bareLineEnd) {
      reply = {
        code: 550,
        enhanced: '5.6.0',
        text: 'Message contains a bare CR or LF; lines end with CRLF (RFC 5321 2.3.8)',
      };
    } else {
      await sink.write(last);
      reply = await sink.end(reader.eightBit);
    }
    this.#sink = null;
    this._handlerPending = false;
    if (dropped) this.refusedMessage?.(reply);
    this.send(reply.code, `${reply.enhanced ?? ''} ${reply.text}`.trim());
    this.transcript.keepFirst(this.transcriptHead);
    this._transactionCounter++;
    this._unrecognizedCommands = 0;
    this._resetSession();
  }

  /** Set by the listener: writes a message that was refused for its form into the log. */
  refusedMessage: ((reply: Reply) => void) | null = null;

  override _onClose(): void {
    const first = !this._closed;
    this.#sink?.abort();
    this.#sink = null;
    super._onClose();
    if (first) this.#handlers.closed(this);
  }
}

function tooLarge(limit: number): string {
  return `5.3.4 Message is larger than ${limit} octets`;
}

function unknownParameter(parsed: false | { args: unknown }, known: ReadonlySet<string>): string | null {
  if (!parsed || !parsed.args || typeof parsed.args !== 'object') return null;
  return Object.keys(parsed.args).find((name) => !known.has(name)) ?? null;
}
