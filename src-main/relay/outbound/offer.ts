// Offers one message to one destination, over a connection that was kept or a new one.
import type { DueMessage } from '../spool/spool.ts';
import { NotNow, type Destinations, type Turn } from './destinations.ts';
import type { Tried } from './outcome.ts';
import { DestinationFailed, type Answer, type Session } from './session.ts';

/**
 * Refusals on one connection before it is closed: Postfix answers everything a second late after ten (`smtpd_soft_error_limit`),
 * and other servers do alike.
 */
const MOST_REFUSED = 4;

/** Replies that may be about the connection's past and not about this message: worth a fresh connection. */
const OUT_OF_STEP = new Set([421, 503]);

/** Sends the message over a kept connection or a new one. Throws `NotNow` when there is none to be had at present. */
export async function offer(
  message: DueMessage,
  turn: Turn,
  destinations: Destinations,
  content: () => Buffer | AsyncIterable<Uint8Array>,
): Promise<Tried> {
  for (let fresh = false; ; fresh = true) {
    let session: Session;
    try {
      session = await destinations.open(turn, fresh);
    } catch (error) {
      if (error instanceof NotNow) throw error;
      return { transcript: null, session: null, answers: null, failure: error as Error };
    }
    const kept = session.sent > 0;
    try {
      const answers = await session.send({
        sender: message.sender,
        recipients: message.recipients.map((recipient) => recipient.address),
        size: message.size,
        body8bit: message.body8bit,
        smtpUtf8: message.smtpUtf8,
        content: content(),
      });
      if (kept && answers.some(({ reply }) => OUT_OF_STEP.has(reply.code))) {
        session.close();
        continue;
      }
      const transcript = session.transcript;
      void giveBack(session, answers, destinations);
      return { transcript, session, answers, failure: null };
    } catch (error) {
      session.close();
      // A kept connection that the server ended meanwhile says nothing about the server.
      if (kept && error instanceof DestinationFailed) continue;
      // Told to come back later, in so many words: that is no failure, the server is there.
      if (error instanceof DestinationFailed && error.reply.code !== 421) destinations.failed(turn);
      return { transcript: session.transcript, session, answers: null, failure: error as Error };
    }
  }
}

/** Gives a connection back for the next message, if it is still good for one. */
async function giveBack(
  session: Session,
  answers: readonly Answer[],
  destinations: Destinations,
): Promise<void> {
  const refused = answers.filter(({ reply }) => reply.code < 200 || reply.code >= 300).length;
  session.refused += refused;
  if (session.refused >= MOST_REFUSED) {
    session.close();
    return;
  }
  if (refused > 0) await session.reset();
  destinations.release(session);
}
