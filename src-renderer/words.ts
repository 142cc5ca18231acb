// The words on screen for states, modes and policies: one word per thing, as in the rest of the project.
import { type Cause, causeWords } from '../shared/cause.ts';
import type { ModeName, Profile, SupportPart, TlsPolicy } from '../shared/domain.ts';
import type { MessageState, Reply } from '../shared/message.ts';
import type { HealthState } from '../shared/state.ts';

export const healthWords: Readonly<Record<HealthState, string>> = {
  ok: 'OK',
  attention: 'needs attention',
  problem: 'problem',
  'could-not-check': 'could not check',
  'not-applicable': 'not applicable',
};

export const stateWords: Readonly<Record<MessageState, string>> = {
  queued: 'waiting',
  held: 'held',
  quarantined: 'quarantined',
  delivered: 'delivered',
  refused: 'refused',
  expired: 'expired',
  deleted: 'deleted',
  rejected: 'rejected',
};

/** What each state means, for the reader who meets it first. */
export const stateMeanings: Readonly<Record<MessageState, string>> = {
  queued: 'It is safe here and waiting for its next attempt.',
  held: 'It is safe here and held: by hand until you release it, or with all mail of its domain.',
  quarantined: 'A filter stopped it on arrival. It is kept here until you release or delete it.',
  delivered: 'Your server accepted it.',
  refused: 'Your server refused it for good. The content is still here.',
  expired: 'It could not be delivered in time, and Mailward has stopped trying. The content is still here.',
  deleted: 'An administrator deleted it. Only this entry is left.',
  rejected: 'Mailward rejected it on arrival and told the sending server. Nothing was stored.',
};

/** The shape and colour of a message's state: a first wait is ordinary, a second one wants attention. */
export function stateHealth(state: MessageState, attempts: number): HealthState {
  switch (state) {
    case 'delivered':
      return 'ok';
    case 'queued':
      return attempts === 0 ? 'not-applicable' : 'attention';
    case 'held':
    case 'quarantined':
      return 'attention';
    case 'refused':
    case 'expired':
      return 'problem';
    case 'deleted':
    case 'rejected':
      return 'not-applicable';
  }
}

export const modeWords: Readonly<Record<ModeName, string>> = {
  deliver: 'Deliver',
  hold: 'Hold',
  reroute: 'Reroute',
};

/** What is done when a domain gets a mode: in a menu, on a button, as a dialog's title. */
export function modeDeed(mode: 'hold' | 'reroute', name: string): string {
  return mode === 'hold' ? `Hold mail for ${name}` : `Reroute mail for ${name}`;
}

export const tlsWords: Readonly<Record<TlsPolicy, string>> = {
  opportunistic: 'Encrypt when offered',
  require: 'Always encrypt',
  verify: 'Always encrypt, and check the certificate',
  dane: 'As DANE requires',
  none: 'Never encrypt',
};

export const hostingWords: Readonly<Record<NonNullable<Profile['hosting']>, string>> = {
  owned: 'The office runs it itself',
  hosted: 'A vendor runs it',
};

export const supportPartWords: Readonly<Record<SupportPart, string>> = {
  vendor: 'Server vendor',
  dnsHost: 'DNS host',
  registrar: 'Registrar',
  internetProvider: 'Internet provider',
};

/** "Your server does not answer." */
export function causeSentence(cause: Cause, whose: 'Your' | 'The other' = 'Your'): string {
  return `${whose} server ${causeWords[cause].server}.`;
}

/** A reply on one line: `550 5.1.1 no such user`. */
export function replyLine(reply: Reply): string {
  if (reply.code === 0) return reply.text === '' ? 'no answer' : reply.text;
  return [String(reply.code), reply.enhanced, reply.text].filter(Boolean).join(' ');
}

/** What to tell the reader about an error that came from a call. The contract's messages are full sentences already. */
export function errorWords(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  return 'Something went wrong, and no reason was given. Try again; if it keeps happening, look in Mailward’s log.';
}
