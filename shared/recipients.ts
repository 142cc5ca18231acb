// Learned recipients and bounces as they are shown: entries, counts, and what a report to the sender came to.
import { z } from 'zod';
import { domainNameSchema } from './names.ts';
import { replySchema } from './reply.ts';

/**
 * What is known against or for a recipient. `listed`: refused without asking the office's server; `failing`: it has failed,
 * not often enough to be listed; `allowed`: an admin said that it is never to be listed.
 */
export const recipientEntryStateSchema = z.enum(['listed', 'failing', 'allowed']);
export type RecipientEntryState = z.infer<typeof recipientEntryStateSchema>;

export const recipientEntrySchema = z.object({
  address: z.string(),
  domain: z.string(),
  state: recipientEntryStateSchema,
  /** Failures that count now: those within the window. */
  failures: z.number().int(),
  /** UTC ms; null when none counts any more. */
  lastFailureAt: z.number().int().nullable(),
  lastReply: replySchema.nullable(),
  /** When it was listed or allowed (UTC ms); null while `failing`. */
  since: z.number().int().nullable(),
  /** When a listing ends (UTC ms); null for others. */
  until: z.number().int().nullable(),
  /** `learned` from failures, or put there by an `admin`; null while `failing`. */
  origin: z.enum(['learned', 'admin']).nullable(),
});
export type RecipientEntry = z.infer<typeof recipientEntrySchema>;

/** One domain's recipients in figures. Those "since" something count from the engine's start. */
export const recipientsOverviewSchema = z.object({
  domain: domainNameSchema,
  listed: z.number().int(),
  failing: z.number().int(),
  allowed: z.number().int(),
  /** RCPT commands refused because the recipient is listed, since the start. */
  refused: z.number().int(),
  /** Why nothing is learned now; null while learning. */
  paused: z.string().nullable(),
  callout: z.object({
    /** `selective`: the server says at RCPT whom it knows; `takes-all`: it takes every address there; `unknown`: not found out. */
    server: z.enum(['selective', 'takes-all', 'unknown']),
    asked: z.number().int(),
    /** Refused because the server does not know the recipient, asked or remembered. */
    unknown: z.number().int(),
    /** Accepted because no clear answer came in time. */
    unclear: z.number().int(),
  }),
  /** Bounces for mail to this domain: sent, and not sent because the sender is not known to be real; from the log. */
  bounces: z.object({ sent: z.number().int(), suppressed: z.number().int() }),
  /** Incoming bounces of mail that the domain did not send, as far as can be told, since the start. */
  backscatter: z.object({
    lastHour: z.number().int(),
    foreign: z.number().int(),
    rejected: z.number().int(),
    flood: z.boolean(),
  }),
});
export type RecipientsOverview = z.infer<typeof recipientsOverviewSchema>;

/** Why a sender was not told, or why it could be. */
export const bounceReasonSchema = z.enum([
  'own-domain',
  'spf',
  'dkim',
  'not-authentic',
  'automatic',
  'no-address',
  'switched-off',
]);
export type BounceReason = z.infer<typeof bounceReasonSchema>;

/** What became of telling the sender. `due`: further refusals are waited for. */
export const bounceSchema = z.object({
  state: z.enum(['due', 'sent', 'suppressed']),
  /** UTC ms. */
  at: z.number().int(),
  reason: bounceReasonSchema.nullable(),
  /** The bounce's own message id, once sent. */
  bounceId: z.string().nullable(),
});
export type Bounce = z.infer<typeof bounceSchema>;
