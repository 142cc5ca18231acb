// One outgoing SMTP connection to a destination: nodemailer's, with its words kept and its errors read per recipient.
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import { Transcript } from '../transcript.ts';
import type { AddressBook } from './addresses.ts';
import { connectTo } from './connect.ts';
import { saysEither } from './home.ts';
import { cannotTake, declaring, type International } from './international.ts';
import { askFor, toldApart } from './question.ts';
import { noReply, parseReply } from './reply.ts';

export type Stage = 'connect' | 'starttls' | 'mail' | 'rcpt' | 'message';

/** The destination could not be used at all; says nothing about the message. */
export class DestinationFailed extends Error {
  readonly reply: Reply;
  readonly stage: Stage;
  readonly transcript: Transcript;
  constructor(words: string, reply: Reply | null, stage: Stage, transcript: Transcript) {
    super(words);
    this.reply = reply ?? noReply(words);
    this.stage = stage;
    this.transcript = transcript;
  }
}

export interface SessionOptions {
  /** Our own name, for EHLO. */
  hostname: string;
  /** For all addresses of the destination together. */
  connectSeconds: number;
  replySeconds: number;
  addresses: AddressBook;
}

export interface Letter extends International {
  size: number;
  body8bit: boolean;
  content: Buffer | AsyncIterable<Uint8Array>;
}

/** What nodemailer tells of an error. */
interface WireError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  response?: string | undefined;
}

/** What the server said to each recipient, in the order of the letter's recipients. */
export interface Answer {
  reply: Reply;
  stage: Stage;
  /** The words would also do for a recipient that does not exist, but it is the domain that the server refuses (home.ts). */
  notHome?: boolean;
}

export class Session {
  readonly destination: Destination;
  readonly address: string | null;
  readonly tls: string | null;
  transcript: Transcript;
  /** Messages sent over this connection so far. */
  sent = 0;
  /** Recipients refused or put off over this connection so far. */
  refused = 0;
  readonly #smtp: SMTPConnection;
  readonly #wire: Wire;
  #ended = false;

  private constructor(destination: Destination, smtp: SMTPConnection, wire: Wire) {
    this.destination = destination;
    this.#smtp = smtp;
    this.#wire = wire;
    this.transcript = wire.transcript;
    const socket = smtp._socket;
    this.address = socket ? (socket.remoteAddress ?? null) : null;
    this.tls = describeTls(socket);
    smtp.on('error', () => {
      this.#ended = true;
    });
    smtp.on('end', () => {
      this.#ended = true;
    });
  }

  /** Connects, greets, and secures as the destination's TLS policy says. Throws `DestinationFailed`. */
  static async open(destination: Destination, options: SessionOptions): Promise<Session> {
    try {
      return await Session.#open(destination, options, destination.tls, new Transcript(Date.now()));
    } catch (error) {
      // Opportunistic means that mail goes in clear rather than not at all, also when the server offers TLS it cannot do.
      if (
        destination.tls === 'opportunistic' &&
        error instanceof DestinationFailed &&
        error.stage === 'starttls'
      ) {
        error.transcript.add('note', `${error.message}; trying again without encryption`);
        return Session.#open(destination, options, 'none', error.transcript);
      }
      throw error;
    }
  }

  static async #open(
    destination: Destination,
    options: SessionOptions,
    policy: Destination['tls'],
    transcript: Transcript,
  ): Promise<Session> {
    let socket;
    try {
      socket = await connectTo(destination, options.addresses, options.connectSeconds * 1000, transcript);
    } catch (error) {
      transcript.add('note', (error as Error).message);
      throw new DestinationFailed(explain(error as WireError, destination), null, 'connect', transcript);
    }
    const wire = new Wire(transcript);
    const smtp = new SMTPConnection({
      connection: socket,
      host: destination.host,
      port: destination.port,
      secure: false,
      name: destination.helo ?? options.hostname,
      ignoreTLS: policy === 'none',
      requireTLS: policy === 'require' || policy === 'verify',
      tls: { rejectUnauthorized: policy === 'verify', minVersion: 'TLSv1.2' },
      // The connection stands; this is the time until the greeting and TLS are done.
      connectionTimeout: options.replySeconds * 1000,
      greetingTimeout: options.replySeconds * 1000,
      socketTimeout: options.replySeconds * 1000,
      allowInternalNetworkInterfaces: true,
      transactionLog: true,
      logger: wire,
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (error: WireError) => {
        // What OpenSSL or the certificate check objects to comes as an error of the socket, while TLS is being set up.
        const stage: Stage = error.code === 'ETLS' || smtp.upgrading ? 'starttls' : 'connect';
        transcript.add('note', error.message);
        smtp.close();
        reject(
          new DestinationFailed(
            explain(error, destination),
            error.response ? parseReply(error.response) : null,
            stage,
            transcript,
          ),
        );
      };
      smtp.once('error', fail);
      smtp.connect((error) => {
        if (error) fail(error);
        else {
          smtp.removeListener('error', fail);
          resolve();
        }
      });
    });
    return new Session(destination, smtp, wire);
  }

  /** How long the server took over the first RCPT of the last message, ms; null when it did not answer one. */
  get rcptTook(): number | null {
    return this.#wire.rcptTook;
  }

  get usable(): boolean {
    return !this.#ended && !this.#smtp.destroyed;
  }

  /** Starts the transcript of the next message on this connection. */
  startTranscript(): void {
    this.transcript = new Transcript(Date.now());
    this.transcript.add(
      'note',
      `over the connection to ${this.address ?? this.destination.host} that was open already`,
    );
    this.#wire.transcript = this.transcript;
  }

  /**
   * Sends one message. Answers for each recipient; throws `DestinationFailed` when the connection broke before the
   * server took the message. (Broken after the last octet, the message may have arrived: it is tried again, because
   * twice is better than never.)
   */
  async send(letter: Letter): Promise<Answer[]> {
    const refused = cannotTake(letter, this.#smtp);
    if (refused.size > 0) this.transcript.add('note', 'the server does not offer SMTPUTF8');
    const recipients = letter.recipients.filter((recipient) => !refused.has(recipient));
    const rest = { ...letter, recipients };
    const sent = recipients.length > 0 ? declaring(rest, this.#smtp, () => this.#transmit(rest)) : [];
    const answers = await this.#toldApart(await sent, recipients);
    if (refused.size === 0) return answers;
    return letter.recipients.map((recipient): Answer => {
      const reply = refused.get(recipient);
      const said = reply ? undefined : answers.shift();
      return said ?? { reply: reply ?? noReply('no answer'), stage: 'mail' };
    });
  }

  /** Only when all recipients were refused is the transaction still open, and the question worth asking. */
  async #toldApart(answers: Answer[], recipients: string[]): Promise<Answer[]> {
    const [first] = answers;
    const [recipient] = recipients;
    if (!first || !recipient || answers.some(({ reply }) => !saysEither(reply)) || !this.usable)
      return answers;
    const { notHome = false } = await toldApart(first, recipient, this.#smtp);
    return answers.map((answer) => ({ ...answer, notHome }));
  }

  async #transmit(letter: Letter): Promise<Answer[]> {
    this.sent++;
    const content = Buffer.isBuffer(letter.content)
      ? letter.content
      : Readable.from(letter.content, { objectMode: false });
    return new Promise<Answer[]>((resolve, reject) => {
      this.#smtp.send(
        { from: letter.sender, to: letter.recipients, size: letter.size, use8BitMime: letter.body8bit },
        content,
        (error, info) => {
          const refused = new Map<string, Answer>();
          for (const one of (error ?? info).rejectedErrors ?? []) {
            if (one.recipient && one.response)
              refused.set(one.recipient, { reply: parseReply(one.response), stage: 'rcpt' });
          }
          const all = (rest: Answer) => letter.recipients.map((address) => refused.get(address) ?? rest);
          if (!error) {
            resolve(all({ reply: parseReply(info.response), stage: 'message' }));
            return;
          }
          if (Buffer.isBuffer(content) ? false : !content.destroyed) (content as Readable).destroy();
          const response = error.response;
          if (refused.size === letter.recipients.length)
            resolve(all({ reply: noReply(error.message), stage: 'rcpt' }));
          else if (response && error.code !== 'ECONNECTION') {
            resolve(
              all({ reply: parseReply(response), stage: error.command === 'MAIL FROM' ? 'mail' : 'message' }),
            );
          } else if (error.code === 'EMESSAGE' && error.command === 'MAIL FROM') {
            resolve(
              all({
                reply: {
                  code: 552,
                  enhanced: '5.3.4',
                  text: 'the message is larger than the server announced to accept',
                },
                stage: 'mail',
              }),
            );
          } else if (error.code === 'ESTREAM') {
            // Our own side failed in the middle of the data; only closing keeps the server from taking half a message.
            this.#smtp.close();
            reject(error);
          } else {
            this.transcript.add('note', error.message);
            reject(
              new DestinationFailed(
                explain(error, this.destination),
                response ? parseReply(response) : null,
                'message',
                this.transcript,
              ),
            );
          }
        },
      );
    });
  }

  /**
   * Asks whether the server would take mail for an address, and goes no further (question.ts). The transaction is left
   * open: `reset` ends it. Throws `DestinationFailed` when the connection breaks.
   */
  async ask(recipient: string): Promise<Answer> {
    const answer = this.usable ? await askFor(recipient, this.#smtp) : null;
    if (answer) return answer;
    const words = 'the connection ended before the answer';
    throw new DestinationFailed(words, null, 'rcpt', this.transcript);
  }

  /**
   * Ends a transaction that the server did not take, so that the connection can carry the next message. Without it a
   * server answers the next MAIL with "503 nested MAIL command", a refusal that is not about that message at all.
   */
  async reset(): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => resolve();
      this.#smtp.once('end', end);
      this.#smtp.reset((error) => {
        this.#smtp.removeListener('end', end);
        if (error) this.#ended = true;
        resolve();
      });
    });
  }

  close(): void {
    this.#ended = true;
    if (this.#smtp.destroyed) return;
    // A server that answers QUIT with nonsense, or not at all, must not take the process down.
    this.#smtp.on('error', () => this.#smtp.close());
    this.#smtp.quit();
  }
}

/** Takes nodemailer's log calls and keeps the two that carry the dialogue. */
class Wire {
  transcript: Transcript;
  rcptTook: number | null = null;
  #rcptSentAt = 0;
  /** Replies since MAIL was sent; the first is to MAIL, the second to RCPT, also when they were sent together. */
  #replies = 0;
  #repliedAt = 0;
  constructor(transcript: Transcript) {
    this.transcript = transcript;
  }
  #watch(from: 'client' | 'server', words: string): void {
    const now = Date.now();
    if (from === 'server') {
      this.#replies++;
      if (this.#replies === 2 && this.#rcptSentAt > 0)
        this.rcptTook = now - Math.max(this.#rcptSentAt, this.#repliedAt);
      this.#repliedAt = now;
    } else if (words.startsWith('MAIL FROM')) {
      this.#replies = 0;
      this.#rcptSentAt = 0;
      this.rcptTook = null;
    } else if (words.startsWith('RCPT TO') && this.#rcptSentAt === 0) this.#rcptSentAt = now;
  }
  debug(entry: { tnx?: string }, words: string): void {
    if (entry.tnx === 'client' || entry.tnx === 'server') this.#watch(entry.tnx, words);
    if (entry.tnx === 'client') this.transcript.add('client', words);
    else if (entry.tnx === 'server')
      for (const line of words.split(/\r?\n/)) this.transcript.add('server', line);
  }
  info(entry: {
    tnx?: string;
    outByteCount?: number;
    remoteAddress?: string;
    remotePort?: number;
    cipher?: string;
  }): void {
    if (entry.tnx === 'message') this.transcript.add('note', `${entry.outByteCount ?? 0} octets of message`);
    else if (entry.tnx === 'network' && entry.remoteAddress)
      this.transcript.add('note', `connected to ${entry.remoteAddress}`);
  }
  trace(): void {
    // Nothing of the dialogue is logged at this level.
  }
  warn(): void {
    // Errors reach the caller as errors.
  }
  error(): void {
    // Errors reach the caller as errors.
  }
  fatal(): void {
    // Errors reach the caller as errors.
  }
}

function explain(error: WireError, destination: Destination): string {
  const where = `${destination.host} port ${destination.port}`;
  if (error.response) return `${where} answered: ${error.response.split(/\r?\n/)[0] ?? ''}`;
  const code = error.originalCode ?? error.code;
  switch (code) {
    case 'ECONNREFUSED':
      return `${where} refused the connection: nothing listens there`;
    case 'ETIMEDOUT':
      return `${where} did not answer in time`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no way to ${where}: the network says it cannot be reached`;
    case 'EADDRNOTAVAIL':
      return `cannot use the source address ${destination.sourceAddress ?? ''}: this machine does not have it`;
    case 'ENOTFOUND':
    case 'EDNS':
    case 'ENODATA':
    case 'ESERVFAIL':
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return `the name ${destination.host} could not be looked up (${error.message})`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${where} closed the connection without a word`;
    default:
      return `${where}: ${error.message}`;
  }
}

function describeTls(socket: unknown): string | null {
  const tls = socket as {
    encrypted?: boolean;
    getProtocol?: () => string | null;
    getCipher?: () => { standardName?: string };
  };
  if (!tls.encrypted || !tls.getProtocol || !tls.getCipher) return null;
  return `${tls.getProtocol() ?? 'TLS'} ${tls.getCipher().standardName ?? ''}`.trim();
}
