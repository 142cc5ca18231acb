// The mail server software, or the service in its place, that an office's mail goes to, as Mailward tells it apart.
import { z } from 'zod';

/** By the names that settings and commands use; `serverSoftwareNames` has what people read. */
export const serverSoftwareSchema = z.enum([
  'postfix',
  'exim',
  'sendmail',
  'opensmtpd',
  'qmail',
  'exchange',
  'microsoft365',
  'google-workspace',
  'cpanel',
  'plesk',
  'zimbra',
  'hmailserver',
  'mdaemon',
  'mailenable',
  'kerio',
  'mailcow',
  'mail-in-a-box',
  'other',
]);
export type ServerSoftware = z.infer<typeof serverSoftwareSchema>;

export const serverSoftwareNames: Readonly<Record<ServerSoftware, string>> = {
  postfix: 'Postfix',
  exim: 'Exim',
  sendmail: 'Sendmail',
  opensmtpd: 'OpenSMTPD',
  qmail: 'qmail',
  exchange: 'Microsoft Exchange Server',
  microsoft365: 'Microsoft 365',
  'google-workspace': 'Google Workspace',
  cpanel: 'cPanel',
  plesk: 'Plesk',
  zimbra: 'Zimbra',
  hmailserver: 'hMailServer',
  mdaemon: 'MDaemon',
  mailenable: 'MailEnable',
  kerio: 'Kerio Connect',
  mailcow: 'mailcow',
  'mail-in-a-box': 'Mail-in-a-Box',
  other: 'other software',
};

/** What the server seems to run, and how sure that is; the admin has the last word (the profile's `software`). */
export const softwareGuessSchema = z.object({
  software: serverSoftwareSchema,
  /** `certain`: two independent signs agree, or one that nothing else has; `likely`: one good sign; `possible`: a hint. */
  confidence: z.enum(['certain', 'likely', 'possible']),
  /** What shows it, in sentences. */
  because: z.array(z.string()),
});
export type SoftwareGuess = z.infer<typeof softwareGuessSchema>;
