// The journal of a domain: what was seen to be other than before, in the order of time, and who did it.
import { z } from 'zod';

/** What changed. `before` and `after` of an entry are in the words that `shared/journal-words.ts` explains for each. */
export const journalKindSchema = z.enum([
  // In DNS and at the registry.
  'mx',
  'name-servers',
  'serial',
  'ds',
  'registrar',
  'registration-end',
  'registration-state',
  // At the office's server. The subject is its host name (`mail.example.com IPv6` for its IPv6 addresses) or address; of `replies` the
  // question, and whom it was put to (`delivery`; `relay-denied 192.0.2.1`); empty of `server-state`, which is the domain's as a whole.
  'addresses',
  'banner',
  'software',
  'certificate',
  'replies',
  'server-state',
  // Here.
  'added',
  'removed',
  'route',
  'mode',
  'way-back',
  'first-mail',
  'mx-change',
  'profile',
  'contacts',
  'settings',
]);
export type JournalKind = z.infer<typeof journalKindSchema>;

/** Who made a change. Nobody here makes those of `world`: they were seen. */
export const actorSchema = z.object({
  who: z.enum(['admin', 'mailward', 'world']),
  /** How an admin reached Mailward; null where that is not known, or it was no admin. */
  via: z.enum(['command', 'browser', 'window']).nullable().default(null),
  /** The system's user of the command line, or what the browser calls itself; empty: not known. */
  name: z.string().max(200).default(''),
  /** Where the connection came from; empty: this machine, or not known. */
  address: z.string().max(64).default(''),
});
export type Actor = z.infer<typeof actorSchema>;

/** What shows a change: a check that was run, the mail itself, or what somebody did here. */
export const journalSourceSchema = z.enum(['check', 'traffic', 'action']);
export type JournalSource = z.infer<typeof journalSourceSchema>;

export const journalEntrySchema = z.object({
  /** Ids grow with the order in which changes were seen. */
  id: z.number().int(),
  /** When it was seen or done, UTC ms. */
  at: z.number().int(),
  /** Empty: it is of all domains (a setting). */
  domain: z.string(),
  kind: journalKindSchema,
  /** Which of several things changed: a host, a setting's key; empty when there is only one. */
  subject: z.string(),
  /** Null: there was nothing before, or nothing is there now. */
  before: z.string().nullable(),
  after: z.string().nullable(),
  by: actorSchema,
  source: journalSourceSchema,
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;
