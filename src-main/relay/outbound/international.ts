// Mail beyond ASCII on its way out (RFC 6531): which recipients a server without SMTPUTF8 cannot be given, and the flag.
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Reply } from '../../../shared/message.ts';

export interface International {
  sender: string;
  recipients: string[];
  /** The header has UTF-8, and its sender declared it. */
  smtpUtf8: boolean;
}

/** What nodemailer keeps to itself: it knows of SMTPUTF8 for addresses only, not for headers. */
interface Inside {
  _supportedExtensions: string[];
  _sendCommand?: (words: string) => void;
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
export function cannotTake(letter: International, smtp: SMTPConnection): Map<string, Reply> {
  const whole = letter.smtpUtf8 || beyondAscii.test(letter.sender);
  const refused = letter.recipients.filter((recipient) => whole || beyondAscii.test(recipient));
  if (refused.length === 0 || knows(smtp)) return new Map();
  return new Map(refused.map((recipient) => [recipient, REFUSED]));
}

/** Runs `send`, which says MAIL before it returns, with SMTPUTF8 added where only the header needs it. */
export function declaring<T>(letter: International, smtp: SMTPConnection, send: () => T): T {
  const byLibrary = beyondAscii.test(letter.sender) || letter.recipients.some((one) => beyondAscii.test(one));
  if (!letter.smtpUtf8 || byLibrary || !knows(smtp)) return send();
  const inside = smtp as unknown as Inside;
  const usual = inside._sendCommand?.bind(smtp);
  inside._sendCommand = (words) => usual?.(words.startsWith('MAIL FROM:') ? `${words} SMTPUTF8` : words);
  try {
    return send();
  } finally {
    // Uncovers the method of the class again.
    delete inside._sendCommand;
  }
}

function knows(smtp: SMTPConnection): boolean {
  return (smtp as unknown as Inside)._supportedExtensions.includes('SMTPUTF8');
}
