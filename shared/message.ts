// A message in the log: its envelope, each recipient's fate, each attempt, and the words both servers said.
import { z } from 'zod';
import { causeSchema } from './cause.ts';
import { routeSchema } from './domain.ts';
import { holderOfMailSchema, holdSchema } from './holding.ts';
import { replySchema } from './reply.ts';
import { bounceSchema } from './recipients.ts';
import { filterNameSchema, filterResultSchema } from './filters.ts';

export { replySchema, type Reply } from './reply.ts';

/**
 * What has become of one recipient.
 * `queued`: waiting for its next attempt; `held`: stored, until what holds it ends (shared/holding.ts); `quarantined`: stored because a filter found fault with it, until told; `delivered`: the office's server took it;
 * `refused`: the office's server refused it for good; `expired`: given up after the time set;
 * `deleted`: by an admin; `rejected`: Mailward said no at the door, nothing was stored.
 */
export const recipientStateSchema = z.enum([
  'queued',
  'held',
  'quarantined',
  'delivered',
  'refused',
  'expired',
  'deleted',
  'rejected',
]);
export type RecipientState = z.infer<typeof recipientStateSchema>;

/** Servers other than the domain's, to which an admin sent a message. The recipient is `held` as far as the domain is concerned. */
export const rerouteSchema = z.object({
  route: routeSchema,
  /** Why, in the admin's words; empty when nobody said. */
  reason: z.string().max(500),
  /** UTC ms. */
  since: z.number().int(),
  nextAttemptAt: z.number().int(),
  /** There. */
  attempts: z.number().int(),
});
export type Reroute = z.infer<typeof rerouteSchema>;

export const recipientSchema = z.object({
  address: z.string(),
  domain: z.string(),
  state: recipientStateSchema,
  /** When the next attempt is due (UTC ms); null when none is planned. */
  nextAttemptAt: z.number().int().nullable(),
  attempts: z.number().int(),
  cause: causeSchema.nullable(),
  lastReply: replySchema.nullable(),
  /** Null unless it is being rerouted. */
  reroute: rerouteSchema.nullable(),
  /** While it is held. */
  hold: holdSchema.optional(),
});
export type Recipient = z.infer<typeof recipientSchema>;

/** One line of a dialogue. `note` lines are Mailward's own words ("connected to 192.0.2.1:25", "412 octets of message"). */
export const transcriptLineSchema = z.object({
  /** Milliseconds since the dialogue began. */
  offset: z.number().int(),
  from: z.enum(['client', 'server', 'note']),
  text: z.string(),
});
export type TranscriptLine = z.infer<typeof transcriptLineSchema>;

/** One try to deliver to one destination. */
export const attemptSchema = z.object({
  id: z.string(),
  /** UTC ms. */
  startedAt: z.number().int(),
  endedAt: z.number().int(),
  host: z.string(),
  port: z.number().int(),
  /** The address connected to; null when none could be. */
  address: z.string().nullable(),
  /** Protocol and cipher, e.g. `TLSv1.3 TLS_AES_256_GCM_SHA384`; null when the dialogue was in clear. */
  tls: z.string().nullable(),
  results: z.array(
    z.object({
      recipient: z.string(),
      outcome: z.enum(['delivered', 'deferred', 'refused']),
      cause: causeSchema.nullable(),
      reply: replySchema.nullable(),
    }),
  ),
  transcript: z.array(transcriptLineSchema),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** A message's state in one word: that of its recipient who needs most attention. */
export const messageStateSchema = recipientStateSchema;
export type MessageState = z.infer<typeof messageStateSchema>;

/** One row of the traffic list or the queue. */
export const messageSummarySchema = z.object({
  id: z.string(),
  /** UTC ms. */
  receivedAt: z.number().int(),
  /** Reverse-path without angle brackets; empty for the null sender. */
  sender: z.string(),
  /** At most three; `recipientCount` has the number. */
  recipients: z.array(z.string()),
  recipientCount: z.number().int(),
  domains: z.array(z.string()),
  /** Octets as received; 0 when refused before DATA. */
  size: z.number().int(),
  /** Decoded; empty when there was none. */
  subject: z.string(),
  clientAddress: z.string(),
  state: messageStateSchema,
  attempts: z.number().int(),
  nextAttemptAt: z.number().int().nullable(),
  cause: causeSchema.nullable(),
  lastReply: replySchema.nullable(),
  /** The filters that put it into quarantine, while it is there. */
  faults: z.array(filterNameSchema).optional(),
  /** Who holds it, while it is held. */
  heldBy: holderOfMailSchema.optional(),
  /** `HOST:PORT` of the first server that it is being sent to instead of the domain's, while it is. */
  via: z.string().optional(),
});
export type MessageSummary = z.infer<typeof messageSummarySchema>;

/** One message's page. */
export const messageDetailSchema = messageSummarySchema.extend({
  helo: z.string(),
  /** Protocol and cipher of the incoming connection; null when in clear. */
  tls: z.string().nullable(),
  /** The reply Mailward gave at the end. */
  reply: replySchema,
  allRecipients: z.array(recipientSchema),
  /** What the sending server and Mailward said to each other. */
  incoming: z.array(transcriptLineSchema),
  attemptList: z.array(attemptSchema),
  /** What the filters on the way in found; empty for clients that are exempt. */
  filters: z.array(filterResultSchema),
  /** The header section as received, at most 64 KiB; empty once the content is gone. */
  header: z.string(),
  /** What became of telling the sender; null while nothing of it failed. */
  bounce: bounceSchema.nullable(),
  /** Whether the content is still stored, so that it can be exported or sent again. */
  hasContent: z.boolean(),
});
export type MessageDetail = z.infer<typeof messageDetailSchema>;

const urgency: readonly RecipientState[] = [
  'refused',
  'expired',
  'quarantined',
  'held',
  'queued',
  'deleted',
  'delivered',
  // Refused at the door: the sender knows, and it says nothing of the recipients that were taken.
  'rejected',
];

/** The state that stands for all recipients of a message: the one that needs most attention. */
export function overallState(states: Iterable<RecipientState>): MessageState {
  let best = urgency.length - 1;
  for (const state of states) best = Math.min(best, urgency.indexOf(state));
  return urgency[best] ?? 'delivered';
}
