// Mail beyond ASCII on its way out (RFC 6531): which recipients a server without SMTPUTF8 cannot be given, and when MAIL says it.
import type { Reply } from '../../../shared/message.ts';

export interface Smtputf8Envelope {
  sender: string;
  recipients: string[];
  /** The header has UTF-8, and its sender declared it. */
  smtpUtf8: boolean;
}

const REFUSED: Reply = {
  code: 550,
  enhanced: '5.6.7',
  text: 'The server does not take internationalized mail (SMTPUTF8), which this message needs (said by Mailward)',
};

const beyondAscii = /[^\x20-\x7e]/;

/**
 * The recipients whom the server cannot be given the message for, with the reply that says so. A message is never
 * rewritten for a server that knows less: that breaks signatures, and there is no ASCII form of a local part.
 */
export function cannotTake(letter: Smtputf8Envelope, offered: boolean): Map<string, Reply> {
  if (offered) return nobody;
  const whole = letter.smtpUtf8 || beyondAscii.test(letter.sender);
  const refused = letter.recipients.filter((recipient) => whole || beyondAscii.test(recipient));
  return new Map(refused.map((recipient) => [recipient, REFUSED]));
}

const nobody = new Map<string, Reply>();

/** Whether MAIL has to say SMTPUTF8. */
export function needsSmtpUtf8({ sender, recipients, smtpUtf8 }: Smtputf8Envelope): boolean {
  return smtpUtf8 || beyondAscii.test(sender) || recipients.some((one) => beyondAscii.test(one));
}
