// One outgoing SMTP connection to a destination: one message after another, once it is open (open-dialogue.ts).
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import { isGo, isPositive, type RawReply } from '../../../shared/replies/reply-lines.ts';
import { elapsed } from '../../clock/clock.ts';
import { Transcript } from './transcript.ts';
import { DestinationFailed, type DeliveryStage, explain, explainReply } from './destination-failed.ts';
import { hungUp, isTimeout, UNASKED, type Dialogue, type Ending, type ReplyOrNull } from './dialogue.ts';
import { Stuffing } from './dot-stuffing.ts';
import type { Extensions } from './ehlo.ts';
import { endOfLoop } from './end-of-loop.ts';
import { isNotHome, mayMeanDomain } from './mailbox-or-domain.ts';
import { openDialogue, type OpeningOptions } from './open-dialogue.ts';
import { noReply, parseReply } from './reply-meaning.ts';
import { cannotTake, needsSmtpUtf8, type Smtputf8Envelope } from './smtputf8.ts';

export { DestinationFailed, type DeliveryStage } from './destination-failed.ts';

export interface SessionOptions extends OpeningOptions {
  /** For the answer to a whole message; `MESSAGE_SECONDS` when left out, and never less than `replySeconds`. */
  messageSeconds?: number;
}

/** RFC 5321 §4.5.3.2.6: a server is busy with the whole message, and whoever gives up too early sends it twice. */
const MESSAGE_SECONDS = 600;
/** A message may take as long as it takes at this rate, octets a second: what one may come in at, by the settings' default. */
const SLOWEST = 100;
export interface OutgoingMessage extends Smtputf8Envelope {
  size: number;
  body8bit: boolean;
  content: Buffer | AsyncIterable<Uint8Array>;
}

/** What the server said to each recipient, in the order of the letter's recipients. */
export interface RecipientReply {
  reply: Reply;
  stage: DeliveryStage;
  /** Asked because the words may be meant of one recipient or of the domain: whether it is the domain that the server refuses (mailbox-or-domain.ts). */
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
  /** Whether the last message's commands were said together. */
  pipelined = false;
  /** How long the server took over the first RCPT of the last message, ms; null when it did not answer one. */
  rcptTook: number | null = null;
  readonly #dialogue: Dialogue;
  readonly #extensions: Extensions;
  readonly #options: SessionOptions;
  /** It put something that is no reply into its greeting or its answer to EHLO: what does so once may do so anywhere. */
  readonly #rambles: boolean;
  /** Between DATA and the reply to the message: whatever is sent now is content. */
  #inContent = false;

  private constructor(
    destination: Destination,
    dialogue: Dialogue,
    extensions: Extensions,
    options: SessionOptions,
  ) {
    this.destination = destination;
    this.#dialogue = dialogue;
    this.#extensions = extensions;
    this.#options = options;
    this.#rambles = dialogue.untidy;
    dialogue.understood();
    this.address = dialogue.socket.remoteAddress ?? null;
    this.tls = describeTls(dialogue.socket);
  }

  /** Connects, greets, and secures as the destination's TLS policy says. Throws `DestinationFailed`. */
  static async open(destination: Destination, options: SessionOptions): Promise<Session> {
    const { dialogue, extensions } = await openDialogue(destination, options);
    return new Session(destination, dialogue, extensions, options);
  }

  get transcript(): Transcript {
    return this.#dialogue.transcript;
  }

  get usable(): boolean {
    return this.#dialogue.ending === null && !this.#inContent && !this.#dialogue.untidy;
  }

  /** Starts the transcript of the next message on this connection. */
  startTranscript(): void {
    const transcript = new Transcript(this.#options.clock);
    transcript.add(
      'note',
      `over the connection to ${this.address ?? this.destination.host} that was open already`,
    );
    this.#dialogue.transcript = transcript;
  }

  /**
   * Sends one message. Answers for each recipient; throws `DestinationFailed` when the conversation broke or got out of step. Broken
   * after the last octet (`lost`) the message may have arrived, whatever becomes of it then.
   */
  async send(letter: OutgoingMessage): Promise<RecipientReply[]> {
    const refused = cannotTake(letter, this.#extensions.smtpUtf8);
    if (refused.size === 0) return this.#transmit(letter);
    this.transcript.add('note', 'the server does not offer SMTPUTF8');
    const recipients = letter.recipients.filter((recipient) => !refused.has(recipient));
    const all = (answers: readonly (RecipientReply | undefined)[]) => {
      let next = 0;
      return letter.recipients.map((recipient): RecipientReply | undefined => {
        const reply = refused.get(recipient);
        return reply ? { reply, stage: 'mail' } : answers[next++];
      });
    };
    try {
      const answers = recipients.length > 0 ? await this.#transmit({ ...letter, recipients }) : [];
      return all(answers).map((answer) => answer ?? { reply: noReply('no answer'), stage: 'mail' });
    } catch (error) {
      if (!(error instanceof DestinationFailed)) throw error;
      const { message, reply, stage, transcript, manner, answers } = error;
      throw new DestinationFailed(message, reply, stage, transcript, manner, all(answers));
    }
  }

  async #transmit(letter: OutgoingMessage): Promise<RecipientReply[]> {
    this.sent++;
    this.rcptTook = null;
    const all = (answer: RecipientReply) => letter.recipients.map(() => answer);
    const { maxSize } = this.#extensions;
    if (maxSize > 0 && letter.size > maxSize) return all({ reply: TOO_LARGE, stage: 'mail' });

    const envelope = await this.#envelope(letter);
    if (envelope.mail) return all({ reply: envelope.mail, stage: 'mail' });
    const { refused, data } = envelope;
    const others = (answer: RecipientReply) =>
      letter.recipients.map((_, index) => refused.get(index) ?? answer);
    if (refused.size === letter.recipients.length)
      return this.#toldApart(others({ reply: noReply('refused'), stage: 'rcpt' }), letter.recipients);
    if (!data || !isTaken(data))
      return others({ reply: data ? parseReply(data.text) : noReply('no answer'), stage: 'message' });

    const said = await this.#deliver(letter, (why) => {
      // Refused recipients were refused: only the others have to wait, or may have it.
      throw this.#broken(
        why,
        letter.recipients.map((_, index) => refused.get(index)),
      );
    });
    return others({ reply: parseReply(said.text), stage: 'message' });
  }

  /** The message itself, from the answer to DATA to the answer to its end. */
  async #deliver(letter: OutgoingMessage, failed: (manner: 'broke' | 'lost') => never): Promise<RawReply> {
    const dialogue = this.#dialogue;
    // Asked for before it can come: a server may refuse in the middle of the content.
    let early: ReplyOrNull | undefined;
    const { replySeconds, messageSeconds = MESSAGE_SECONDS } = this.#options;
    const wait = (seconds: number) =>
      dialogue.waitAtMost(seconds * 1000, (seconds + letter.size / SLOWEST) * 1000);
    wait(replySeconds);
    const answered = dialogue.reply().then((said) => (early = said));
    this.#inContent = true;
    const end = { written: false, left: false };
    await this.#content(letter, end, () => early !== undefined);
    // The last of it may still be on its way out.
    if (end.written) wait(Math.max(messageSeconds, replySeconds));
    const said = await answered;
    if (!end.written) {
      // Before its end no message is taken: a yes is the answer to something else.
      const unasked = dialogue.ending?.error.code === UNASKED;
      if (said ? isPositive(said) || isGo(said) : unasked) throw this.#outOfStep(said);
      if (said === null) return failed('broke');
      dialogue.end(new Error('the server refused the message before its end'));
      return said;
    }
    if (said === null) return failed(end.left ? 'lost' : 'broke');
    // What looked like the answer to DATA was not: nobody's answer is sure, and the message is where it is.
    if (isGo(said)) {
      this.distrustPipelining();
      dialogue.end(new Error(`out of step: "${oneLine(said)}"`));
      throw this.#broken('lost');
    }
    if (said.doubt === 'always') {
      dialogue.end(new Error(`yes and no in one answer (${oneLine(said)})`));
      return failed('lost');
    }
    this.#inContent = false;
    dialogue.waitAtMost(replySeconds * 1000);
    return said;
  }

  /** MAIL, RCPT and DATA, together if the server allows it (RFC 2920). */
  async #envelope(
    letter: OutgoingMessage,
  ): Promise<{ mail: Reply } | { mail: null; refused: Map<number, RecipientReply>; data: ReplyOrNull }> {
    const dialogue = this.#dialogue;
    const mail = this.#mailCommand(letter);
    const rcpt = letter.recipients.map((recipient) => `RCPT TO:<${path(recipient)}>`);
    const together = this.#mayPipeline ? dialogue.say([mail, ...rcpt, 'DATA']) : null;
    const many = together !== null;
    this.pipelined = many;
    const { clock } = this.#options;
    let saidAt = clock.steady();

    const toMail = this.#heard(await (together?.[0] ?? dialogue.command(mail)), { many, mayLeave: true });
    const mailRefused = !isPositive(toMail);
    // A server that refuses the sender and hangs up has said enough.
    const isParting = (answer: ReplyOrNull) =>
      answer === null ? !isTimeout(dialogue.ending) : answer.code === 421;
    if (mailRefused && !together) return { mail: parseReply(toMail.text) };
    if (together) saidAt = Math.max(saidAt, clock.steady());

    const refused = new Map<number, RecipientReply>();
    for (const [index, line] of rcpt.entries()) {
      if (!together && index === 0) saidAt = clock.steady();
      const answer = await (together?.[index + 1] ?? dialogue.command(line));
      if (mailRefused && isParting(answer)) return { mail: parseReply(toMail.text) };
      const said = this.#heard(answer, { many });
      if (index === 0) this.rcptTook = elapsed(clock, saidAt);
      if (!isPositive(said)) refused.set(index, { reply: parseReply(said.text), stage: 'rcpt' });
    }
    const nobody = mailRefused || refused.size === rcpt.length;
    if (!together) {
      if (nobody) return { mail: null, refused, data: null };
      const data = this.#heard(await dialogue.command('DATA'), { many, isData: true });
      // Some servers say 250 for 354.
      if (!isTaken(data)) await this.#makeSure(toMail, refused, data, rcpt.length);
      return { mail: null, refused, data };
    }
    const answer = (await together[rcpt.length + 1]) ?? null;
    if (mailRefused && isParting(answer)) return { mail: parseReply(toMail.text) };
    const data = this.#heard(answer, { many, isData: true });
    if (isGo(data)) {
      // A 354 in its place: each reply is to the command that it seems to be to.
      if (mailRefused) dialogue.end(new Error('the server takes a message whose sender it refused'));
      else if (nobody && dialogue.untidy) dialogue.end(new Error('the server takes a message for nobody'));
      // It takes a message for nobody: an empty one ends that (RFC 2920 §3.1).
      else if (nobody) await dialogue.command('.');
    } else if (isPositive(data)) throw this.#outOfStep(data);
    else await this.#makeSure(toMail, refused, data, rcpt.length);
    return mailRefused ? { mail: parseReply(toMail.text) } : { mail: null, refused, data };
  }

  get #mayPipeline(): boolean {
    const { pipelining } = this.destination;
    if (!this.#extensions.pipelining || pipelining === false || this.#rambles) return false;
    return (this.#options.quirks?.until(this.destination, 'pipelining') ?? null) === null;
  }

  /**
   * No 354 shows that the replies are in step: with one too many or too few among them somebody is refused with another's answer. Where
   * somebody is to be refused for good and another was not refused, RSET tells: its answer must be a yes, and the next.
   */
  async #makeSure(
    toMail: RawReply,
    refused: Map<number, RecipientReply>,
    data: RawReply,
    recipients: number,
  ): Promise<void> {
    const isFinal = (code: number) => code >= 500;
    const final =
      isFinal(toMail.code) ||
      isFinal(data.code) ||
      [...refused.values()].some(({ reply }) => isFinal(reply.code));
    if (!final || refused.size === recipients) return;
    const said = await this.#dialogue.command('RSET');
    // Whoever hangs up now had nothing more to say.
    const fits = said === null ? hungUp(this.#dialogue.ending) : isPositive(said) || said.code === 421;
    if (!fits) throw this.#outOfStep(said);
  }

  #mailCommand(letter: OutgoingMessage): string {
    const extensions = this.#extensions;
    const parameters = [
      ...(extensions.smtpUtf8 && needsSmtpUtf8(letter) ? ['SMTPUTF8'] : []),
      ...(extensions.eightBit && letter.body8bit ? ['BODY=8BITMIME'] : []),
      ...(extensions.size && letter.size > 0 ? [`SIZE=${letter.size}`] : []),
    ];
    return [`MAIL FROM:<${path(letter.sender)}>`, ...parameters].join(' ');
  }

  /** @param end told when the end of the message was written, and when it left this process. @param answered whether an answer is there already. */
  async #content(
    { content, size }: OutgoingMessage,
    end: { written: boolean; left: boolean },
    answered: () => boolean,
  ): Promise<void> {
    const dialogue = this.#dialogue;
    const stuffing = new Stuffing();
    const finish = (piece: Buffer) => {
      if (answered() || dialogue.ending) return;
      const parts = stuffing.piece(piece, true);
      end.written = true;
      for (const [index, part] of parts.entries())
        void dialogue.write(part, index === parts.length - 1 ? () => (end.left = true) : undefined);
      this.transcript.add('note', `${size} octets of message`);
    };
    if (Buffer.isBuffer(content)) {
      // From its last octet until its answer is read nobody knows whose the message is: a crash then sends it twice.
      await endOfLoop();
      finish(content);
      return;
    }
    try {
      for await (const piece of content) {
        const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
        for (const part of stuffing.piece(octets, false)) await dialogue.write(part);
        if (dialogue.ending || answered()) return;
      }
    } catch (error) {
      // Our own side failed in the middle of the data; only hanging up keeps the server from taking half a message.
      dialogue.end(error as Error);
      throw error;
    }
    finish(Buffer.alloc(0));
  }

  /** A reply, or `DestinationFailed` when there is none, the server is leaving, or it does not fit what was said. */
  #heard(
    said: ReplyOrNull,
    { many, mayLeave = false, isData = false }: { many: boolean; mayLeave?: boolean; isData?: boolean },
  ): RawReply {
    if (said === null || (!mayLeave && said.code === 421)) {
      const { ending } = this.#dialogue;
      // One reply too many, or silence although replies are due: some servers hear only the first of several commands.
      if (ending?.error.code === UNASKED || (many && !mayLeave && isTimeout(ending)))
        throw this.#outOfStep(said);
      throw this.#broken('broke');
    }
    const fits = said.doubt === 'none' || (said.doubt === 'among-many' && !many);
    if (!fits || (isGo(said) && !isData)) throw this.#outOfStep(said);
    if (said.untidy && many) this.distrustPipelining();
    return said;
  }

  /** The server may not bear commands that come together: it is told one at a time from now on. */
  distrustPipelining(): void {
    this.#options.quirks?.note(this.destination, 'pipelining');
  }

  /** Nobody can say whose answer is whose: nothing more is said. */
  #outOfStep(said: ReplyOrNull): DestinationFailed {
    const { host, port } = this.destination;
    const what = said === null ? 'no answer' : `"${oneLine(said)}"`;
    const words = `${host} port ${port} answered out of step (${what}): nobody can say whose answer that is`;
    this.transcript.add('note', `out of step: ${what}`);
    this.distrustPipelining();
    this.#dialogue.end(new Error(words));
    return new DestinationFailed(words, null, 'message', this.transcript, 'out-of-step');
  }

  #broken(
    manner: 'broke' | 'lost',
    answers: readonly (RecipientReply | undefined)[] = [],
  ): DestinationFailed {
    const ending: Ending = this.#dialogue.ending ?? { error: new Error('no answer'), reply: null };
    this.transcript.add('note', ending.error.message);
    const words = explainReply(ending.reply, this.destination) ?? explain(ending.error, this.destination);
    const reply = ending.reply === null ? null : parseReply(ending.reply);
    if (manner === 'broke') {
      const where = reply === null ? `${words} in the middle of a message` : words;
      return new DestinationFailed(where, reply, 'message', this.transcript, manner, answers);
    }
    const lost = `${words} after it was given the whole message: it may have arrived`;
    this.transcript.add('note', 'no answer to the whole message: it may have arrived, and may arrive again');
    return new DestinationFailed(lost, null, 'message', this.transcript, manner, answers);
  }

  /**
   * Asks whether the server would take mail for an address, and goes no further: MAIL with the null sender, RCPT, never
   * DATA. The transaction is left open: `reset` ends it. Throws `DestinationFailed` when the connection breaks.
   */
  async ask(recipient: string): Promise<RecipientReply> {
    const utf8 = needsSmtpUtf8({ sender: '', recipients: [recipient], smtpUtf8: false });
    if (utf8 && !this.#extensions.smtpUtf8)
      return { stage: 'mail', reply: noReply('the server does not offer SMTPUTF8') };
    const mail = await this.#dialogue.command(`MAIL FROM:<>${utf8 ? ' SMTPUTF8' : ''}`);
    if (mail !== null && !isPositive(mail)) return { reply: parseReply(mail.text), stage: 'mail' };
    const rcpt = mail === null ? null : await this.#dialogue.command(`RCPT TO:<${path(recipient)}>`);
    if (rcpt !== null) {
      if (rcpt.doubt === 'always' || isGo(rcpt)) throw this.#outOfStep(rcpt);
      const [answer] = await this.#toldApart([{ reply: parseReply(rcpt.text), stage: 'rcpt' }], [recipient]);
      if (answer) return answer;
    }
    const words = 'the connection ended before the answer';
    throw new DestinationFailed(words, null, 'rcpt', this.transcript);
  }

  /** Asks once more where all are refused in words that may be meant of the domain; the transaction is open. */
  async #toldApart(answers: RecipientReply[], recipients: readonly string[]): Promise<RecipientReply[]> {
    const ofDomain = ({ stage, reply }: RecipientReply) => stage === 'rcpt' && mayMeanDomain(reply);
    const first = answers.findIndex(ofDomain);
    const [answer, address] = [answers[first], recipients[first]];
    if (answer === undefined || address === undefined) return answers;
    const notHome = await isNotHome({ address, reply: answer.reply }, async (postmaster) => {
      const said = await this.#dialogue.command(`RCPT TO:<${path(postmaster)}>`);
      return said === null ? null : parseReply(said.text);
    });
    if (notHome === undefined) return answers;
    return answers.map((one) => (ofDomain(one) ? { ...one, notHome } : one));
  }

  /**
   * Ends a transaction that the server did not take, so that the connection can carry the next message. Without it a
   * server answers the next MAIL with "503 nested MAIL command", a refusal that is not about that message at all.
   */
  async reset(): Promise<void> {
    const said = await this.#dialogue.command('RSET');
    if (said !== null && !isPositive(said)) this.close();
  }

  /** Ends the conversation where it is; whoever waits for answers is told why there are none. */
  abandon(why: string): void {
    this.#dialogue.end(new Error(why));
  }

  close(): void {
    if (this.#inContent) this.#dialogue.end(new Error('given up in the middle of a message'));
    else this.#dialogue.quit();
  }
}

/** An address in a command. Ingress lets no other in; what ends a path may not be smuggled into one. */
function path(address: string): string {
  if (/[\r\n<>]/.test(address))
    throw new Error(`not an address that can be sent: ${JSON.stringify(address)}`);
  return address;
}

function oneLine({ text }: RawReply): string {
  return text.split('\n').join(' ');
}

function isTaken(reply: RawReply): boolean {
  return isGo(reply) || isPositive(reply);
}

function describeTls(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  return `${socket.getProtocol() ?? 'TLS'} ${socket.getCipher().standardName}`.trim();
}
