// Why a delivery failed: the one list of causes, and what each means in words an admin can use.
import { z } from 'zod';

/** Causes of a refused or deferred delivery. `other` is an answer we could read but not place. */
export const causeSchema = z.enum([
  'relay-denied',
  'user-unknown',
  'mailbox-full',
  'rate-limited',
  'greylisted',
  'blocklisted',
  'content-rejected',
  'message-too-large',
  'sender-rejected',
  'tls-required',
  'auth-required',
  'auth-failed',
  'server-busy',
  'loop',
  'ptr-missing',
  'connection-failed',
  'other',
]);
export type Cause = z.infer<typeof causeSchema>;

interface CauseWords {
  /** At most three words, for the broken leg of the mail-flow picture. */
  short: string;
  /** The end of a sentence that starts with "Your server …". */
  server: string;
}

/** Words for each cause. The subject is always the office's server, never the reader. */
export const causeWords: Readonly<Record<Cause, CauseWords>> = {
  'relay-denied': { short: 'domain not accepted', server: 'says it does not accept mail for this domain' },
  'user-unknown': { short: 'unknown recipient', server: 'does not know the recipient' },
  'mailbox-full': { short: 'mailbox full', server: 'says the mailbox is full' },
  'rate-limited': { short: 'sending limit', server: 'asks us to send more slowly' },
  greylisted: { short: 'asked to wait', server: 'asks us to try again later (greylisting)' },
  blocklisted: { short: 'Mailward blocklisted', server: 'refuses our address because of a blocklist' },
  'content-rejected': { short: 'content refused', server: 'refuses the content of the message' },
  'message-too-large': { short: 'message too large', server: 'says the message is too large' },
  'sender-rejected': { short: 'sender refused', server: 'refuses the sender' },
  'tls-required': { short: 'encryption problem', server: 'and Mailward cannot agree on encryption (TLS)' },
  'auth-required': { short: 'login required', server: 'requires a user name and password first' },
  'auth-failed': { short: 'login refused', server: 'refused the user name or password' },
  'server-busy': { short: 'server in trouble', server: 'reports a temporary problem of its own' },
  loop: { short: 'mail loop', server: 'says the message is going round in circles' },
  'ptr-missing': {
    short: 'no reverse DNS',
    server: 'refuses us because our address has no name in DNS (PTR)',
  },
  'connection-failed': { short: 'cannot be reached', server: 'does not answer' },
  other: { short: 'refused', server: 'refused the message' },
};
