// One outgoing SMTP connection to a destination: opened and secured as its policy says, then one message after another.
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Destination, TlsPolicy } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import { saysEither } from '../../../shared/replies/wire.ts';
import { elapsed } from '../elapsed.ts';
import { Transcript } from '../transcript.ts';
import type { AddressBook } from './addresses.ts';
import { connectTo } from './connect.ts';
import { chainOf, mismatch } from '../../tls/dane.ts';
import type { Demand, SecureResolver } from './dane.ts';
import { demandFor, policyUnder } from './demand.ts';
import { DestinationFailed, type Stage } from './destination-failed.ts';
import { Dialogue, type Ending, type Said } from './dialogue.ts';
import { readHello, type Offer } from './hello.ts';
import { isNotHome } from './home.ts';
import { explain, explainReply } from './explain.ts';
import { cannotTake, needsSmtpUtf8, type International } from './international.ts';
import { noReply, parseReply } from './reply.ts';
import { Stuffing } from './stuffing.ts';
import { turnEnd } from './turn-end.ts';

export { DestinationFailed, type Stage } from './destination-failed.ts';

export interface SessionOptions {
  /** Our own name, for EHLO. */
  hostname: string;
  /** For all addresses of the destination together. */
  connectSeconds: number;
  replySeconds: number;
  addresses: AddressBook;
  /** Asks what DNSSEC vouches for; null when there is no resolver that could. */
  secure: SecureResolver | null;
}

export interface Letter extends International {
  size: number;
  body8bit: boolean;
  content: Buffer | AsyncIterable<Uint8Array>;
}

/** What the server said to each recipient, in the order of the letter's recipients. */
export interface Answer {
  reply: Reply;
  stage: Stage;
  /** The words would also do for a recipient that does not exist, but it is the domain that the server refuses (home.ts). */
  notHome?: boolean;
}

const TOO_LARGE: Reply = {
  code: 552,
  enhanced: '5.3.4',
  text: 'the message is larger than the server announced to accept',
};

export class Session {
  readonly destination: Destination;
  readonly address: string | null;
  readonly tls: string | null;
  /** Messages sent over this connection so far. */
  sent = 0;
  /** Recipients refused or put off over this connection so far. */
  refused = 0;
  /** How long the server took over the first RCPT of the last message, ms; null when it did not answer one. */
  rcptTook: number | null = null;
  readonly #dialogue: Dialogue;
  readonly #offer: Offer;
  /** Between DATA and the reply to the message: whatever is sent now is content. */
  #inContent = false;

  private constructor(destination: Destination, dialogue: Dialogue, offer: Offer) {
    this.destination = destination;
    this.#dialogue = dialogue;
    this.#offer = offer;
    this.address = dialogue.socket.remoteAddress ?? null;
    this.tls = describeTls(dialogue.socket);
  }

  /** Connects, greets, and secures as the destination's TLS policy says. Throws `DestinationFailed`. */
  static async open(destination: Destination, options: SessionOptions): Promise<Session> {
    const transcript = new Transcript(Date.now());
    const demand = await demandFor(destination, options.secure, transcript);
    const policy = policyUnder(demand, destination.tls);
    try {
      return await Session.#open(destination, options, policy, demand, transcript);
    } catch (error) {
      // Opportunistic means that mail goes in clear rather than not at all, also when the server offers TLS it cannot do.
      if (policy === 'opportunistic' && error instanceof DestinationFailed && error.stage === 'starttls') {
        error.transcript.add('note', `${error.message}; trying again without encryption`);
        return Session.#open(destination, options, 'none', demand, error.transcript);
      }
      throw error;
    }
  }

  static async #open(
    destination: Destination,
    options: SessionOptions,
    policy: Exclude<TlsPolicy, 'dane'>,
    demand: Demand,
    transcript: Transcript,
  ): Promise<Session> {
    let socket: Socket;
    try {
      socket = await connectTo(destination, options.addresses, options.connectSeconds * 1000, transcript);
    } catch (error) {
      transcript.add('note', (error as Error).message);
      throw new DestinationFailed(explain(error as Error, destination), null, 'connect', transcript);
    }
    transcript.add('note', `connected to ${socket.remoteAddress ?? destination.host}`);
    const patience = options.replySeconds * 1000;
    const dialogue = new Dialogue(socket, transcript, patience);
    // A server that sends an octet now and then is not silent: this bounds all that comes before the first message.
    const timer = setTimeout(() => {
      dialogue.end(
        Object.assign(new Error(`not ready after ${options.replySeconds} s`), { code: 'ETIMEDOUT' }),
      );
    }, patience);
    const failed = (stage: Stage, words: string, reply: Said = null): never => {
      const { ending } = dialogue;
      dialogue.end(new Error(words));
      const said = reply ?? ending?.reply ?? null;
      const error = ending && reply === null ? ending.error : new Error(words);
      transcript.add('note', error.message);
      const why = explainReply(said, destination) ?? explain(error, destination);
      throw new DestinationFailed(why, said === null ? null : parseReply(said), stage, transcript);
    };
    try {
      const greeting = await dialogue.reply();
      if (greeting?.startsWith('220') !== true) failed('connect', 'no greeting of a mail server', greeting);
      const name = destination.helo ?? options.hostname;
      let offer = await hello(dialogue, name, failed);
      const secured = policy === 'require' || policy === 'verify';
      if (policy !== 'none' && (secured || offer.startTls)) {
        const refused = await dialogue.startTls(
          {
            host: destination.host,
            ...(isIP(destination.host) === 0 ? { servername: destination.host } : {}),
            rejectUnauthorized: policy === 'verify',
            minVersion: 'TLSv1.2',
          },
          patience,
        );
        if (refused !== null || dialogue.ending)
          failed('starttls', 'the server does not do STARTTLS', refused);
        if (demand.kind === 'match') {
          const wrong = mismatch(chainOf(dialogue.socket), demand.records, destination.host, Date.now());
          if (wrong !== null) failed('starttls', wrong);
        }
        // What was offered in clear may have been anybody's word (RFC 3207 §4.2).
        offer = await hello(dialogue, name, failed);
      }
      return new Session(destination, dialogue, offer);
    } finally {
      clearTimeout(timer);
    }
  }

  get transcript(): Transcript {
    return this.#dialogue.transcript;
  }

  get usable(): boolean {
    return this.#dialogue.ending === null && !this.#inContent;
  }

  /** Starts the transcript of the next message on this connection. */
  startTranscript(): void {
    const transcript = new Transcript(Date.now());
    transcript.add(
      'note',
      `over the connection to ${this.address ?? this.destination.host} that was open already`,
    );
    this.#dialogue.transcript = transcript;
  }

  /**
   * Sends one message. Answers for each recipient; throws `DestinationFailed` when the connection broke before the
   * server took the message. (Broken after the last octet, the message may have arrived: it is tried again, because
   * twice is better than never.)
   */
  async send(letter: Letter): Promise<Answer[]> {
    const refused = cannotTake(letter, this.#offer.smtpUtf8);
    if (refused.size === 0) return this.#transmit(letter);
    this.transcript.add('note', 'the server does not offer SMTPUTF8');
    const recipients = letter.recipients.filter((recipient) => !refused.has(recipient));
    const answers = recipients.length > 0 ? await this.#transmit({ ...letter, recipients }) : [];
    return letter.recipients.map((recipient): Answer => {
      const reply = refused.get(recipient);
      const said = reply ? undefined : answers.shift();
      return said ?? { reply: reply ?? noReply('no answer'), stage: 'mail' };
    });
  }

  async #transmit(letter: Letter): Promise<Answer[]> {
    this.sent++;
    this.rcptTook = null;
    const all = (answer: Answer) => letter.recipients.map(() => answer);
    const { maxSize } = this.#offer;
    if (maxSize > 0 && letter.size > maxSize) return all({ reply: TOO_LARGE, stage: 'mail' });

    const envelope = await this.#envelope(letter);
    if (envelope.mail) return all({ reply: envelope.mail, stage: 'mail' });
    const { refused, data } = envelope;
    const others = (answer: Answer) => letter.recipients.map((_, index) => refused.get(index) ?? answer);
    if (refused.size === letter.recipients.length)
      return this.#toldApart(others({ reply: noReply('refused'), stage: 'rcpt' }), letter.recipients);
    if (!isTaken(data)) return others({ reply: parseReply(data), stage: 'message' });

    // Asked for before it can come: a server may refuse in the middle of the content.
    const answered = this.#dialogue.reply();
    this.#inContent = true;
    await this.#content(letter);
    const said = await answered;
    if (said === null) throw this.#broken();
    this.#inContent = false;
    return others({ reply: parseReply(said), stage: 'message' });
  }

  /** MAIL, RCPT and DATA, together if the server allows it (RFC 2920). */
  async #envelope(
    letter: Letter,
  ): Promise<{ mail: Reply } | { mail: null; refused: Map<number, Answer>; data: string }> {
    const dialogue = this.#dialogue;
    const mail = this.#mailCommand(letter);
    const rcpt = letter.recipients.map((recipient) => `RCPT TO:<${path(recipient)}>`);
    const together = this.#offer.pipelining ? dialogue.say([mail, ...rcpt, 'DATA']) : null;
    let saidAt = Date.now();

    const toMail = this.#heard(await (together?.[0] ?? dialogue.command(mail)), true);
    const mailRefused = !isPositive(toMail);
    if (mailRefused && !together) return { mail: parseReply(toMail) };
    if (together) saidAt = Math.max(saidAt, Date.now());

    const refused = new Map<number, Answer>();
    for (const [index, line] of rcpt.entries()) {
      if (!together && index === 0) saidAt = Date.now();
      // A server that refuses the sender and hangs up has said enough.
      if (mailRefused && dialogue.ending) return { mail: parseReply(toMail) };
      const said = this.#heard(await (together?.[index + 1] ?? dialogue.command(line)));
      if (index === 0) this.rcptTook = elapsed(saidAt);
      if (!isPositive(said)) refused.set(index, { reply: parseReply(said), stage: 'rcpt' });
    }
    const nobody = mailRefused || refused.size === rcpt.length;
    if (!together && nobody) return { mail: null, refused, data: '' };
    const data = this.#heard(await (together?.[rcpt.length + 1] ?? dialogue.command('DATA')));
    if (nobody && isTaken(data)) {
      // It takes a message for nobody: an empty one ends that; after a refused sender nothing is sure any more.
      if (mailRefused) dialogue.end(new Error('the server takes a message whose sender it refused'));
      else await dialogue.command('.');
    }
    return mailRefused ? { mail: parseReply(toMail) } : { mail: null, refused, data };
  }

  #mailCommand(letter: Letter): string {
    const offer = this.#offer;
    const parameters = [
      ...(offer.smtpUtf8 && needsSmtpUtf8(letter) ? ['SMTPUTF8'] : []),
      ...(offer.eightBit && letter.body8bit ? ['BODY=8BITMIME'] : []),
      ...(offer.size && letter.size > 0 ? [`SIZE=${letter.size}`] : []),
    ];
    return [`MAIL FROM:<${path(letter.sender)}>`, ...parameters].join(' ');
  }

  async #content({ content, size }: Letter): Promise<void> {
    const stuffing = new Stuffing();
    if (Buffer.isBuffer(content)) {
      // From its last octet until its answer is read nobody knows whose the message is: a crash then sends it twice.
      await turnEnd();
      for (const part of stuffing.piece(content, true)) void this.#dialogue.write(part);
    } else {
      try {
        for await (const piece of content) {
          const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
          for (const part of stuffing.piece(octets, false)) await this.#dialogue.write(part);
          if (this.#dialogue.ending) return;
        }
      } catch (error) {
        // Our own side failed in the middle of the data; only hanging up keeps the server from taking half a message.
        this.#dialogue.end(error as Error);
        throw error;
      }
      for (const part of stuffing.piece(Buffer.alloc(0), true)) void this.#dialogue.write(part);
    }
    this.transcript.add('note', `${size} octets of message`);
  }

  /** A reply, or `DestinationFailed` when there is none, or the server is leaving. */
  #heard(said: Said, mayLeave = false): string {
    if (said === null || (!mayLeave && said.startsWith('421'))) throw this.#broken();
    return said;
  }

  #broken(): DestinationFailed {
    const ending: Ending = this.#dialogue.ending ?? { error: new Error('no answer'), reply: null };
    this.transcript.add('note', ending.error.message);
    const words = explainReply(ending.reply, this.destination) ?? explain(ending.error, this.destination);
    const reply = ending.reply === null ? null : parseReply(ending.reply);
    return new DestinationFailed(words, reply, 'message', this.transcript);
  }

  /**
   * Asks whether the server would take mail for an address, and goes no further: MAIL with the null sender, RCPT, never
   * DATA. The transaction is left open: `reset` ends it. Throws `DestinationFailed` when the connection breaks.
   */
  async ask(recipient: string): Promise<Answer> {
    const utf8 = needsSmtpUtf8({ sender: '', recipients: [recipient], smtpUtf8: false });
    if (utf8 && !this.#offer.smtpUtf8)
      return { stage: 'mail', reply: noReply('the server does not offer SMTPUTF8') };
    const mail = await this.#dialogue.command(`MAIL FROM:<>${utf8 ? ' SMTPUTF8' : ''}`);
    if (mail !== null && !isPositive(mail)) return { reply: parseReply(mail), stage: 'mail' };
    const rcpt = mail === null ? null : await this.#dialogue.command(`RCPT TO:<${path(recipient)}>`);
    if (rcpt !== null) {
      const [answer] = await this.#toldApart([{ reply: parseReply(rcpt), stage: 'rcpt' }], [recipient]);
      if (answer) return answer;
    }
    const words = 'the connection ended before the answer';
    throw new DestinationFailed(words, null, 'rcpt', this.transcript);
  }

  /** Asks once more where all are refused in words that may mean each of them or the domain; the transaction is open. */
  async #toldApart(answers: Answer[], recipients: readonly string[]): Promise<Answer[]> {
    const either = ({ stage, reply }: Answer) => stage === 'rcpt' && saysEither(reply);
    const first = recipients.find((_, index) => answers[index] !== undefined && either(answers[index]));
    if (first === undefined) return answers;
    const notHome = await isNotHome(first, async (postmaster) => {
      const said = await this.#dialogue.command(`RCPT TO:<${path(postmaster)}>`);
      return said === null ? null : parseReply(said);
    });
    return answers.map((answer) => (either(answer) ? { ...answer, notHome } : answer));
  }

  /**
   * Ends a transaction that the server did not take, so that the connection can carry the next message. Without it a
   * server answers the next MAIL with "503 nested MAIL command", a refusal that is not about that message at all.
   */
  async reset(): Promise<void> {
    const said = await this.#dialogue.command('RSET');
    if (said !== null && !isPositive(said)) this.close();
  }

  close(): void {
    if (this.#inContent) this.#dialogue.end(new Error('given up in the middle of a message'));
    else this.#dialogue.quit();
  }
}

/** EHLO, and HELO for a server that does not know it. */
async function hello(
  dialogue: Dialogue,
  name: string,
  failed: (stage: Stage, words: string, reply?: Said) => never,
): Promise<Offer> {
  const said = await dialogue.command(`EHLO ${name}`);
  if (said === null || dialogue.ending) return failed('connect', 'no answer to EHLO', said);
  if (isPositive(said)) return readHello(said);
  const plain = await dialogue.command(`HELO ${name}`);
  return plain !== null && isPositive(plain) ? readHello('') : failed('connect', 'HELO refused', plain);
}

/** An address in a command. Ingress lets no other in; what ends a path may not be smuggled into one. */
function path(address: string): string {
  if (/[\r\n<>]/.test(address))
    throw new Error(`not an address that can be sent: ${JSON.stringify(address)}`);
  return address;
}

function isPositive(reply: string): boolean {
  return reply.startsWith('2');
}

/** 354; some servers say 250. */
function isTaken(reply: string): boolean {
  return reply.startsWith('3') || reply.startsWith('2');
}

function describeTls(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  return `${socket.getProtocol() ?? 'TLS'} ${socket.getCipher().standardName}`.trim();
}
