// Opens the conversation with a server: connected, greeted, and secured as the destination's policy says, by other means where one fails.
import { isIP, type Socket } from 'node:net';
import type { Destination } from '../../../shared/domain.ts';
import { smtpName } from '../../../shared/names.ts';
import type { Clock, Timer } from '../../clock/clock.ts';
import { chainOf, mismatch } from '../../tls/dane.ts';
import type { AddressBook } from './address-book.ts';
import { connectTo } from './connect.ts';
import type { DaneRequirement, SecureResolver } from './dane.ts';
import { DestinationFailed, type FailureKind, explain, explainReply } from './destination-failed.ts';
import { Dialogue, isTimeout } from './dialogue.ts';
import type { Extensions } from './ehlo.ts';
import { sayEhlo, isSecured, nextOpening, spare, type FailOpening, type Opening } from './opening.ts';
import type { Quirks } from './quirks.ts';
import { parseReply } from './reply-meaning.ts';
import { demandFor, policyUnder } from './tls-requirement.ts';
import { Transcript } from './transcript.ts';

export interface OpeningOptions {
  clock: Clock;
  /** Our own name, for EHLO. */
  hostname: string;
  /** For all addresses of the destination together. */
  connectSeconds: number;
  replySeconds: number;
  addresses: AddressBook;
  /** Asks what DNSSEC vouches for; null when there is no resolver that could. */
  secure: SecureResolver | null;
  /** What is remembered of servers; when left out, nothing is. */
  quirks?: Quirks;
}

/** From STARTTLS to the end of the handshake, ms. Real ones take a few round trips, at the door as on the way out. */
const HANDSHAKE_MS = 30_000;

/** Ready for the first message. */
export interface OpenDialogue {
  dialogue: Dialogue;
  extensions: Extensions;
}

/** Connects, greets, and secures as the destination's TLS policy says. Throws `DestinationFailed`. */
export async function openDialogue(destination: Destination, options: OpeningOptions): Promise<OpenDialogue> {
  const transcript = new Transcript(options.clock);
  const demand = await demandFor(destination, options.secure, transcript, options.clock);
  const opening: Opening = { policy: policyUnder(demand, destination.tls), greeting: 'EHLO' };
  if (options.quirks) spare(destination, options.quirks, opening, transcript);
  const spared = opening.greeting === 'HELO';
  for (let words = transcript; ; ) {
    try {
      const opened = await tryToOpen(destination, options, opening, demand, words);
      if (opening.greeting === 'HELO' && !spared) options.quirks?.note(destination, 'ehlo');
      if (opened.extensions.smtpUtf8) options.quirks?.forget(destination, 'no-smtputf8');
      else options.quirks?.note(destination, 'no-smtputf8');
      return opened;
    } catch (error) {
      if (!(error instanceof DestinationFailed)) throw error;
      const instead = nextOpening(opening, error);
      if (!instead) throw error;
      words = error.transcript;
      words.add('note', `${error.message}; trying again ${instead.words}`);
      if (error.manner === 'tls-hung') options.quirks?.note(destination, 'tls');
      Object.assign(opening, instead.opening);
    }
  }
}

async function tryToOpen(
  destination: Destination,
  options: OpeningOptions,
  opening: Opening,
  demand: DaneRequirement,
  transcript: Transcript,
): Promise<OpenDialogue> {
  let socket: Socket;
  try {
    socket = await connectTo(
      destination,
      options.addresses,
      options.connectSeconds * 1000,
      transcript,
      options.clock,
    );
  } catch (error) {
    transcript.add('note', (error as Error).message);
    throw new DestinationFailed(explain(error as Error, destination), null, 'connect', transcript);
  }
  transcript.add('note', `connected to ${socket.remoteAddress ?? destination.host}`);
  const patience = options.replySeconds * 1000;
  const { clock } = options;
  const dialogue = new Dialogue(socket, transcript, patience, clock);
  // A server that sends an octet now and then is not silent: this bounds all that comes before the first message.
  const timer = clock.deadline(patience, () =>
    dialogue.end(
      Object.assign(new Error(`not ready after ${options.replySeconds} s`), { code: 'ETIMEDOUT' }),
    ),
  );
  const failed: FailOpening = (stage, words, reply = null, manner = null) => {
    const { ending } = dialogue;
    dialogue.end(new Error(words));
    const said = reply?.text ?? ending?.reply ?? null;
    const error = ending && reply === null ? ending.error : new Error(words);
    transcript.add('note', error.message);
    const why = explainReply(said, destination) ?? explain(error, destination);
    throw new DestinationFailed(why, said === null ? null : parseReply(said), stage, transcript, manner);
  };
  let handshake: Timer | null = null;
  try {
    const greeted = await dialogue.reply();
    if (greeted?.code !== 220) failed('connect', 'no greeting of a mail server', greeted);
    const name = smtpName(destination.helo ?? options.hostname);
    let extensions = await sayEhlo(dialogue, opening.greeting, name, failed);
    const { policy } = opening;
    const secured = isSecured(opening);
    if (policy !== 'none' && (secured || extensions.startTls)) {
      const limit = Math.min(HANDSHAKE_MS, patience);
      const stuck = new Error(`TLS was not ready in ${limit / 1000} s`);
      handshake = clock.deadline(limit, () => dialogue.end(stuck));
      const hung = (): FailureKind | null =>
        dialogue.ending?.error === stuck || isTimeout(dialogue.ending) ? 'tls-hung' : null;
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
        failed('starttls', 'the server does not do STARTTLS', refused, hung());
      if (demand.kind === 'match') {
        const wrong = mismatch(chainOf(dialogue.socket), demand.records, destination.host, clock.now());
        if (wrong !== null) failed('starttls', wrong);
      }
      // Where mail may go in clear, a server that is lost behind the handshake is no better than one that is lost in it.
      if (secured) handshake.cancel();
      // What was offered in clear may have been anybody's word (RFC 3207 §4.2).
      extensions = await sayEhlo(dialogue, 'EHLO', name, (_, words, reply) =>
        failed(secured || reply ? 'connect' : 'starttls', words, reply, hung()),
      );
    }
    return { dialogue, extensions };
  } finally {
    timer.cancel();
    handshake?.cancel();
  }
}
