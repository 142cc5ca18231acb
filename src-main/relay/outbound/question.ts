// A transaction that stops at RCPT: would the server take mail for this address?
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Reply } from '../../../shared/message.ts';
import { isNotHome, saysEither } from './home.ts';
import { noReply, parseReply } from './reply.ts';
import type { Answer } from './session.ts';

/** What nodemailer keeps to itself: it has no call for a transaction without a message. */
interface Inside {
  _sendCommand: (words: string) => void;
  _responseActions: ((reply: string) => void)[];
  _supportedExtensions: string[];
}

/** Says MAIL with the null sender, and RCPT; never DATA. Null when the connection ended before the answer. */
export async function askFor(recipient: string, smtp: SMTPConnection): Promise<Answer | null> {
  if (/[\r\n<>]/.test(recipient)) throw new Error('not an address that can be asked for');
  const utf8 = /[^\x20-\x7e]/.test(recipient);
  const { _supportedExtensions } = smtp as unknown as Inside;
  if (utf8 && !_supportedExtensions.includes('SMTPUTF8'))
    return { stage: 'mail', reply: noReply('the server does not offer SMTPUTF8') };
  const mail = await command(smtp, `MAIL FROM:<>${utf8 ? ' SMTPUTF8' : ''}`);
  if (mail && (mail.code < 200 || mail.code >= 300)) return { reply: mail, stage: 'mail' };
  const reply = mail && (await command(smtp, `RCPT TO:<${recipient}>`));
  return reply && toldApart({ reply, stage: 'rcpt' }, recipient, smtp);
}

/** Asks once more where a refusal may be the recipient's or the domain's; the transaction must be open. */
export async function toldApart(answer: Answer, recipient: string, smtp: SMTPConnection): Promise<Answer> {
  if (answer.stage !== 'rcpt' || !saysEither(answer.reply)) return answer;
  const notHome = await isNotHome(recipient, (postmaster) => command(smtp, `RCPT TO:<${postmaster}>`));
  return { ...answer, notHome };
}

async function command(smtp: SMTPConnection, words: string): Promise<Reply | null> {
  return new Promise<Reply | null>((resolve) => {
    if (smtp.destroyed) {
      resolve(null);
      return;
    }
    const end = () => resolve(null);
    const inside = smtp as unknown as Inside;
    smtp.once('end', end);
    inside._responseActions.push((raw) => {
      smtp.removeListener('end', end);
      resolve(parseReply(raw));
    });
    inside._sendCommand(words);
  });
}
