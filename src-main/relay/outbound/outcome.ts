// From what a server answered to what is written down: each recipient's fate, and the attempt.
import type { Attempt, TranscriptLine, Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { recipientKey } from '../mail/mailbox.ts';
import type { RecipientAnswer } from '../policy/learned.ts';
import type { DueMessage, RecipientOutcome } from '../spool/spool.ts';
import type { Transcript } from '../smtp/transcript.ts';
import type { Blame, DestinationState } from './destinations.ts';
import { isAboutServer, meaningOf, noReply, type ReplyConsequence } from '../smtp/reply-meaning.ts';
import { pauseAfter } from './retry-schedule.ts';
import { DestinationFailed, type RecipientReply, type Session, type DeliveryStage } from '../smtp/session.ts';
import { asksForLess } from '../smtp/throttle.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** Soonest next attempt of a message that waits for its server and not for a time of its own, ms. */
const SOON_MS = 1_000;
/** Said of a message that alone breaks the connection. */
const ALONE = ' (the server takes other messages)';

/** What came of sending a message. Whoever has no answer has `failure`. */
export interface AttemptResult {
  session: Session | null;
  transcript: Transcript | null;
  /** What was said over connections before the last. */
  earlier: readonly TranscriptLine[];
  /** By recipient; null when nobody was answered. */
  answers: readonly (RecipientReply | undefined)[] | null;
  /** Null when everybody was answered. */
  failure: Error | null;
  /** Whose doing the failure is, where the connection ended over the message; else null. */
  blame: Blame | null;
}

/** What an attempt says of one recipient. */
export interface RecipientResult {
  meaning: ReplyConsequence;
  reply: Reply;
  stage: DeliveryStage;
  attempts: number;
  /** Waits by the message's own schedule, whatever the server does: it may have arrived, or it alone breaks the connection. */
  alone?: boolean;
}

/** What an attempt says, recipient by recipient. */
export function readingsOf(
  message: DueMessage,
  { answers, failure, blame }: AttemptResult,
): RecipientResult[] {
  return message.recipients.map(({ attempts }, index) => {
    const answer = answers?.[index];
    if (answer) {
      const meaning: ReplyConsequence =
        answer.notHome === true
          ? { outcome: 'deferred', cause: 'relay-denied', about: 'server' }
          : meaningOf(answer.reply, answer.stage);
      // An alias that the server has forgotten says nothing about the domain: it takes the postmaster's mail.
      if (answer.notHome === false && meaning.cause === 'relay-denied')
        return { ...answer, meaning: { ...meaning, about: 'recipient' }, attempts, alone: true };
      return { ...answer, meaning, attempts };
    }
    // The destination failed, or our own side did: whatever was said, it was not said about this message.
    const known = failure instanceof DestinationFailed;
    const reply = known ? failure.reply : noReply(failure?.message ?? 'no answer');
    const stage = known ? failure.stage : 'connect';
    if (known && blame !== null) {
      // It was reached, and answered others: that it does not answer can be said only when nobody gets an answer any more.
      const cause = blame === 'server' ? 'connection-failed' : null;
      const words = blame === 'message' ? noReply(`${reply.text}${ALONE}`) : reply;
      const alone = blame === 'message' || failure.manner === 'lost';
      return { meaning: { outcome: 'deferred', cause }, reply: words, stage, attempts, alone };
    }
    const cause = known ? (meaningOf(reply, stage).cause ?? 'other') : 'other';
    return { meaning: { outcome: 'deferred', cause }, reply, stage, attempts };
  });
}

/** Whether the server refused every recipient for good, for a reason that is the server's: no message will do better. */
export function refusesAll(readings: readonly RecipientResult[]): boolean {
  return readings.every(({ meaning, reply }) => reply.code >= 500 && isAboutServer(meaning));
}

export interface Circumstances {
  /** UTC ms, as all times here. */
  now: number;
  startedAt: number;
  delivery: Settings['delivery'];
  /** Whether mail is given up when it has waited too long: not while the clock may be wrong. */
  givesUp: boolean;
  /** When the destination may be tried again, if it was the destination that failed; else null. */
  pausedUntil: number | null;
}

/** What is written of each recipient. */
export function outcomesOf(
  message: DueMessage,
  readings: readonly RecipientResult[],
  { now, delivery, givesUp, pausedUntil }: Circumstances,
): RecipientOutcome[] {
  return message.recipients.map((recipient, index): RecipientOutcome => {
    const reading = readings[index];
    const meaning: ReplyConsequence = reading?.meaning ?? { outcome: 'deferred', cause: 'other' };
    const { position, waySince } = recipient;
    const base = { position, waySince, cause: meaning.cause, reply: reading?.reply ?? null };
    const ended = { ...base, nextAt: null, counted: true };
    if (meaning.outcome === 'delivered') return { ...ended, state: 'delivered' };
    if (meaning.outcome === 'refused') return { ...ended, state: 'refused' };
    const isTooOld = now - recipient.queuedSince > delivery.expireDays * DAY_MS;
    if (isTooOld && givesUp) return { ...ended, state: 'expired' };
    const waiting = { ...base, state: 'queued' as const };
    const pause = pauseAfter(recipient.deferrals + 1, delivery.retrySeconds, Math.random);
    if (reading?.alone === true)
      return { ...waiting, nextAt: Math.max(pausedUntil ?? 0, now + pause), counted: true };
    // It is the server that is waited for: the message's own schedule is not used up by that.
    if (pausedUntil !== null)
      return { ...waiting, nextAt: Math.max(pausedUntil, now + SOON_MS), counted: false };
    if (reading && asksForLess(reading.reply, meaning, reading.attempts))
      return { ...waiting, nextAt: now + SOON_MS, counted: false };
    return { ...waiting, nextAt: now + pause, counted: true };
  });
}

/** The attempt as the message log keeps it. */
export function attemptRow(
  message: DueMessage,
  readings: readonly RecipientResult[],
  { session, transcript, earlier, failure }: AttemptResult,
  place: DestinationState,
  { now, startedAt }: Circumstances,
  keepTranscript: boolean,
) {
  const results: Attempt['results'] = message.recipients.map((recipient, index) => ({
    recipient: recipient.address,
    outcome: readings[index]?.meaning.outcome ?? 'deferred',
    cause: readings[index]?.meaning.cause ?? null,
    reply: readings[index]?.reply ?? null,
  }));
  const words = failure instanceof DestinationFailed ? failure.transcript : transcript;
  return {
    startedAt,
    endedAt: now,
    host: place.destination.host,
    port: place.destination.port,
    address: session?.address ?? null,
    tls: session?.tls ?? null,
    results: JSON.stringify(results),
    transcript: keepTranscript ? JSON.stringify([...earlier, ...(words?.lines ?? [])]) : '[]',
  };
}

/** What was said of each recipient by itself: a refusal of the message is nobody's in particular, unless there is only one. */
export function wordsOf(message: DueMessage, { answers }: AttemptResult, domain: string): RecipientAnswer[] {
  const words: RecipientAnswer[] = [];
  for (const [index, answer] of (answers ?? []).entries()) {
    const recipient = message.recipients[index];
    if (!answer) continue;
    const { reply, stage, notHome } = answer;
    const telling = stage === 'rcpt' || reply.code < 300 || message.recipients.length === 1;
    if (recipient && telling && notHome !== true)
      words.push({ key: recipientKey({ address: recipient.address, domain }), reply, stage });
  }
  return words;
}
