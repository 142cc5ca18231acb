// Offers one message to one destination, over a connection that was kept or a new one.
//
// What happens when things fail, so that nobody gets a message twice who need not:
// - A kept connection turns out dead, or its server out of step with what it was told: the message goes over a fresh one, at once,
//   but only to those recipients who have no answer yet.
// - A server answers commands that come together in a way that leaves open whose answer is whose: nothing was sent and nobody is
//   refused; it is offered once more over a fresh connection, a command at a time.
// - The connection ends after the whole message, before the answer: it may have arrived. It is not offered again here.
import type { TranscriptLine } from '../../../shared/message.ts';
import type { DueMessage } from '../spool/spool.ts';
import { NoConnectionNow, type Blame, type Destinations, type Permit } from './destinations.ts';
import type { AttemptResult } from './outcome.ts';
import { meaningOf } from '../smtp/reply-meaning.ts';
import { DestinationFailed, type RecipientReply, type Session } from '../smtp/session.ts';

/**
 * Refusals on one connection before it is closed: Postfix answers everything a second late after ten (`smtpd_soft_error_limit`),
 * and other servers do alike.
 */
const MOST_REFUSED = 4;

/**
 * A reply that may be about the connection's past, or about commands that came together, and not about this message. "421 4.7.26 …
 * unauthenticated" ends the connection and is about this message all the same: another connection will not help.
 */
function isOutOfStep({ reply, stage }: RecipientReply, kept: boolean, together: boolean): boolean {
  if (reply.code === 503) return kept || together;
  if (reply.code !== 421 || !kept) return false;
  const { about } = meaningOf(reply, stage);
  return about !== 'message' && about !== 'recipient';
}

const AGAIN: TranscriptLine = {
  offset: 0,
  from: 'note',
  text: 'once more over a fresh connection, for those who have no answer yet',
};

/** Sends the message over a kept connection or a new one. Throws `NoConnectionNow` when there is none to be had at present. */
export async function offer(
  message: DueMessage,
  permit: Permit,
  destinations: Destinations,
  content: () => Buffer | AsyncIterable<Uint8Array>,
): Promise<AttemptResult> {
  const answers = new Answers(message.recipients.length);
  /** What was said over connections before the last, where it matters for what became of the message. */
  const earlier: TranscriptLine[] = [];
  let last: Session | null = null;
  let fresh = false;
  let singly = false;
  for (;;) {
    let session: Session;
    try {
      session = await destinations.open(permit, fresh);
    } catch (error) {
      // Who has an answer keeps it, and the others have to do with the one that made a fresh connection worth while.
      if (error instanceof NoConnectionNow && !answers.some) throw error;
      if (error instanceof NoConnectionNow) answers.settle();
      const failure = answers.open.length > 0 ? (error as Error) : null;
      const transcript = last?.transcript ?? null;
      return { earlier, transcript, session: last, answers: answers.all, failure, blame: null };
    }
    last = session;
    const kept = session.sent > 0;
    const open = answers.open;
    try {
      const said = await session.send({
        sender: message.sender,
        recipients: open.map((index) => message.recipients[index]?.address ?? ''),
        size: message.size,
        body8bit: message.body8bit,
        smtpUtf8: message.smtpUtf8,
        content: content(),
      });
      const together = session.pipelined && !singly;
      answers.take(open, said, (answer) => !isOutOfStep(answer, kept, together));
      if (answers.open.length > 0) {
        if (!kept) session.distrustPipelining();
        singly ||= !kept;
        earlier.push(...session.transcript.lines, AGAIN);
        destinations.drop(session);
        fresh = true;
        continue;
      }
      destinations.answered(permit, message.id);
      void giveBack(session, said, destinations);
      const { transcript } = session;
      return { earlier, transcript, session, answers: answers.all, failure: null, blame: null };
    } catch (error) {
      destinations.drop(session);
      const manner = error instanceof DestinationFailed ? error.manner : null;
      if (error instanceof DestinationFailed) answers.take(open, error.answers);
      // A kept connection that the server ended meanwhile says nothing about the server.
      const again = kept ? manner !== null && manner !== 'lost' : manner === 'out-of-step' && !singly;
      if (again) {
        singly ||= manner === 'out-of-step';
        if (singly || answers.some) earlier.push(...session.transcript.lines, AGAIN);
        fresh = true;
        continue;
      }
      return {
        earlier,
        transcript: session.transcript,
        session,
        answers: answers.all,
        failure: error as Error,
        blame: blameFor(error as Error, message, permit, destinations),
      };
    }
  }
}

/** Told to come back later, in so many words, is no failure: the server is there. */
function blameFor(
  error: Error,
  { id }: DueMessage,
  permit: Permit,
  destinations: Destinations,
): Blame | null {
  if (!(error instanceof DestinationFailed) || error.reply.code === 421) return null;
  return destinations.broke(permit, id, error.manner === 'lost');
}

/** What was said to each recipient so far, over one connection or several. */
class Answers {
  readonly #said: (RecipientReply | undefined)[];
  /** Answers that were worth asking again. */
  readonly #doubtful = new Map<number, RecipientReply>();

  constructor(recipients: number) {
    this.#said = new Array<RecipientReply | undefined>(recipients).fill(undefined);
  }

  /** Those who have no answer yet. */
  get open(): number[] {
    return this.#said.flatMap((answer, index) => (answer ? [] : [index]));
  }

  get some(): boolean {
    return this.#said.some((answer) => answer !== undefined);
  }

  /** Null when nobody has one. */
  get all(): readonly (RecipientReply | undefined)[] | null {
    return this.some ? this.#said : null;
  }

  take(
    recipients: readonly number[],
    answers: readonly (RecipientReply | undefined)[],
    isSure: (answer: RecipientReply) => boolean = () => true,
  ): void {
    for (const [at, index] of recipients.entries()) {
      const answer = answers[at];
      if (answer && isSure(answer)) this.#said[index] ??= answer;
      else if (answer) this.#doubtful.set(index, answer);
    }
  }

  /** Nobody can be asked again: a doubtful answer is better than none. */
  settle(): void {
    for (const [index, answer] of this.#doubtful) this.#said[index] ??= answer;
  }
}

/** Gives a connection back for the next message, if it is still good for one. */
async function giveBack(
  session: Session,
  answers: readonly RecipientReply[],
  destinations: Destinations,
): Promise<void> {
  const refused = answers.filter(({ reply }) => reply.code < 200 || reply.code >= 300).length;
  session.refused += refused;
  if (session.refused >= MOST_REFUSED) {
    destinations.drop(session);
    return;
  }
  if (refused > 0) await session.reset();
  destinations.release(session);
}
