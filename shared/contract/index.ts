// The contract: every call and subscription that a user interface or the command line may make.
// The engine implements it once (src-main/engine/router.ts); hosts carry it over WebSocket or MessagePort without knowing what it says.
import { eventIterator, oc } from '@orpc/contract';
import type { ContractRouterClient } from '@orpc/contract';
import { z } from 'zod';
import { causeSchema } from '../cause.ts';
import { routeSchema } from '../domain.ts';
import { messageDetailSchema, messageStateSchema, messageSummarySchema } from '../message.ts';
import { domainNameSchema } from '../names.ts';
import { overviewSchema } from '../overview.ts';
import { settingsSchema } from '../settings.ts';
import { changesContract } from './changes.ts';
import { checksContract } from './checks.ts';
import { contactsContract } from './contacts.ts';
import { domainsContract } from './domains.ts';
import { journalContract } from './journal.ts';
import { recipientsContract } from './recipients.ts';

/** Errors that a caller can act on. Each message is a full sentence that says what to do. */
const errors = {
  NOT_FOUND: { status: 404 },
  CONFLICT: { status: 409 },
  REFUSED: { status: 422 },
} as const;
const call = oc.errors(errors);

const messageId = z.string().min(1).max(20);

/** Which messages an action is for: named ones, or all of a domain's that wait (queued, held or failed). */
export const selectionSchema = z.union([
  z.object({ ids: z.array(messageId).min(1).max(10_000) }),
  z.object({ domain: domainNameSchema, states: z.array(messageStateSchema).min(1) }),
]);
export type Selection = z.infer<typeof selectionSchema>;

/** Which messages of the log are meant: those that fit all that is given. */
export const logFilterSchema = z.object({
  states: z.array(messageStateSchema).min(1).optional(),
  domain: domainNameSchema.optional(),
  cause: causeSchema.optional(),
  /** Words, or beginnings of words, of sender, recipients, subject, last reply and cause (shared/search.ts). */
  text: z.string().max(200).optional(),
  /** UTC ms: received at `from` or later, and before `to`. */
  from: z.number().int().min(0).optional(),
  to: z.number().int().min(0).optional(),
});
export type LogFilter = z.infer<typeof logFilterSchema>;

const affected = z.object({
  /** Messages changed. Those no longer in a state the action applies to are left alone. */
  count: z.number().int(),
});

export const contract = {
  system: {
    info: call.output(
      z.object({
        version: z.string(),
        host: z.enum(['service', 'desktop']),
        dataDir: z.string(),
        startedAt: z.number().int(),
        smtp: z.object({ host: z.string(), port: z.number().int() }).nullable(),
        /** True when started as the demonstration with a pretend office. */
        demo: z.boolean(),
      }),
    ),
  },
  live: {
    /** The present overview at once, then again when it changes, twice a second at most. */
    overview: call.output(eventIterator(overviewSchema)),
    /**
     * Messages as they change, in batches four times a second at most; a row replaces the one with its id.
     * `skipped` counts rows left out because the viewer or the wire was too slow: the mail never waits for a viewer.
     */
    traffic: call.output(
      eventIterator(z.object({ rows: z.array(messageSummarySchema), skipped: z.number().int() })),
    ),
  },
  domains: domainsContract,
  changes: changesContract,
  messages: {
    /** Newest first. `before` is the id of the last row of the page before. */
    list: call
      .input(
        z.object({
          ...logFilterSchema.shape,
          before: messageId.optional(),
          limit: z.number().int().min(1).max(500).default(100),
          /** All recipients of each message, not the first three. */
          everyRecipient: z.boolean().default(false),
        }),
      )
      .output(z.object({ rows: z.array(messageSummarySchema), more: z.boolean() })),
    get: call.input(z.object({ id: messageId })).output(messageDetailSchema),
    /** The message as it would be delivered, as an `.eml` file. NOT_FOUND once the content is gone. */
    export: call.input(z.object({ id: messageId })).output(z.file()),
    /** Every stored message of a selection as `.eml` files in one `.zip`; REFUSED when larger than 256 MiB. */
    exportAll: call.input(selectionSchema).output(z.file()),
  },
  queue: {
    /** Tries again now, whatever the next attempt's time was; also brings refused and expired mail back. */
    retry: call.input(selectionSchema).output(affected),
    hold: call.input(selectionSchema).output(affected),
    /** Also ends a reroute: the mail takes the domain's route again. */
    release: call.input(selectionSchema).output(affected),
    /** Sends mail to another server than the domain's: tried there by the retry schedule until that server takes or refuses it, or told otherwise. */
    reroute: call
      .input(
        z.object({
          selection: selectionSchema,
          route: routeSchema,
          reason: z.string().max(500).default(''),
        }),
      )
      .output(affected),
    /** Cannot be undone: the content is removed, the log entry stays. */
    delete: call.input(selectionSchema).output(affected),
  },
  recipients: recipientsContract,
  checks: checksContract,
  journal: journalContract,
  contacts: contactsContract,
  settings: {
    get: call.output(settingsSchema),
    /**
     * Replaces the settings; refused as a whole when a value is wrong, and when they are not as the caller knew them (`before`). Says
     * which changes need a restart.
     */
    set: call
      .input(z.object({ settings: settingsSchema, before: settingsSchema }))
      .output(z.object({ settings: settingsSchema, restartFor: z.array(z.string()) })),
  },
};

export type Contract = typeof contract;
/** What a caller holds: the same shape, every call a promise. */
export type Client = ContractRouterClient<Contract>;
