// How a session is begun with a server: in clear or not, with EHLO or HELO, and what is tried instead when that does not work.
import type { Destination, TlsPolicy } from '../../../shared/domain.ts';
import type { Transcript } from './transcript.ts';
import type { DestinationFailed, FailureKind, DeliveryStage } from './destination-failed.ts';
import { hungUp, type Dialogue, type ReplyOrNull } from './dialogue.ts';
import { readEhlo, type Extensions } from './ehlo.ts';
import type { Quirks } from './quirks.ts';
import { isPositive } from '../../../shared/replies/reply-lines.ts';

/** Ends the attempt to open a session. */
export type FailOpening = (
  stage: DeliveryStage,
  words: string,
  reply?: ReplyOrNull,
  manner?: FailureKind | null,
) => never;

/** What a session is begun with. */
export interface Opening {
  policy: Exclude<TlsPolicy, 'dane'>;
  greeting: 'EHLO' | 'HELO';
}

export function isSecured({ policy }: Opening): boolean {
  return policy === 'require' || policy === 'verify';
}

/** Spares a server what it was found to bear badly, where the policy does not ask for it. */
export function spare(
  destination: Destination,
  quirks: Quirks,
  opening: Opening,
  transcript: Transcript,
): void {
  if (isSecured(opening)) return;
  const until = (time: number) => `until ${new Date(time).toISOString().slice(11, 16)} UTC`;
  const tls = opening.policy === 'opportunistic' ? quirks.until(destination, 'tls') : null;
  if (tls !== null) {
    opening.policy = 'none';
    transcript.add(
      'note',
      `a TLS handshake with this server did not end: no encryption is asked for ${until(tls)}`,
    );
  }
  const ehlo = quirks.until(destination, 'ehlo');
  if (ehlo !== null) {
    opening.greeting = 'HELO';
    transcript.add('note', `this server hung up on EHLO and took HELO: it is greeted so ${until(ehlo)}`);
  }
}

/** How to try again at once, over a new connection, after a session could not be opened; null when that is no use. */
export function nextOpening(
  opening: Opening,
  { stage, manner }: DestinationFailed,
): { opening: Partial<Opening>; words: string } | null {
  // Opportunistic means that mail goes in clear rather than not at all, also when the server offers TLS it cannot do.
  if (opening.policy === 'opportunistic' && stage === 'starttls')
    return { opening: { policy: 'none' }, words: 'without encryption' };
  // A server that knows only HELO knows nothing of STARTTLS.
  if (manner === 'hung-up-on-ehlo' && opening.greeting === 'EHLO' && !isSecured(opening))
    return { opening: { greeting: 'HELO' }, words: 'with HELO' };
  return null;
}

/** EHLO, and HELO for a server that does not know it. */
export async function sayEhlo(
  dialogue: Dialogue,
  greeting: Opening['greeting'],
  name: string,
  failed: FailOpening,
): Promise<Extensions> {
  if (greeting === 'EHLO') {
    const said = await dialogue.command(`EHLO ${name}`);
    if (said === null)
      return failed('connect', 'no answer to EHLO', null, hungUp(dialogue.ending) ? 'hung-up-on-ehlo' : null);
    if (dialogue.ending) return failed('connect', 'no answer to EHLO', said);
    if (isPositive(said)) return readEhlo(said.text);
  }
  const plain = await dialogue.command(`HELO ${name}`);
  if (plain !== null && isPositive(plain)) return readEhlo('');
  // After an EHLO that it did not understand a server may want nothing more of this connection.
  const confused = plain === null ? hungUp(dialogue.ending) : plain.code >= 500 && plain.code <= 504;
  return failed('connect', 'HELO refused', plain, greeting === 'EHLO' && confused ? 'hung-up-on-ehlo' : null);
}
