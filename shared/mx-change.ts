// A change of a domain's MX records that an admin makes and Mailward watches: to Mailward, or back to what was there before.
import { z } from 'zod';
import { mxRecord, mxSet } from './facts/form.ts';
import { mxServerViewSchema } from './facts/mx-propagation.ts';
import { mxFormSchema } from './providers.ts';

/** `in`: the MX records are to name Mailward; `back`: they are to be as the way back has them. */
export const changeDirectionSchema = z.enum(['in', 'back']);
export type ChangeDirection = z.infer<typeof changeDirectionSchema>;

/**
 * How far it is. `to-do`: no name server has the new records; `partly`: some have; `spreading`: all have, and others may still keep the old
 * ones; `done`: nobody can have them any more.
 */
export const changeStageSchema = z.enum(['to-do', 'partly', 'spreading', 'done']);
export type ChangeStage = z.infer<typeof changeStageSchema>;

export const mxChangeSchema = z.object({
  domain: z.string(),
  direction: changeDirectionSchema,
  /** When it was begun, UTC ms. */
  startedAt: z.number().int(),
  /** The records that are to be there. */
  wanted: mxSet,
  /** Those that were there when it was begun, and how long they may be kept, s; null: not known. */
  before: mxSet.nullable(),
  beforeTtl: z.number().int().nullable(),
  stage: changeStageSchema,
  /** When it was last looked at, UTC ms; null: not yet. */
  lookedAt: z.number().int().nullable(),
  /** Why the last look showed nothing; empty: it did. */
  trouble: z.string(),
  /** Who had which records at the last look that showed anything. */
  items: z.array(mxServerViewSchema),
  /** When all name servers were first seen to have the new records, UTC ms; null: not yet. */
  sinceAll: z.number().int().nullable(),
  /** By when everybody must have them, UTC ms; null: that cannot be said yet. */
  until: z.number().int().nullable(),
  /** Null: it is not over. */
  doneAt: z.number().int().nullable(),
});
export type MxChange = z.infer<typeof mxChangeSchema>;

/** Mail that has come to Mailward since the name servers have the new records: whoever sent it still had the old ones. */
export const stillComesSchema = z.object({
  messages: z.number().int(),
  /** How many different hosts delivered it. */
  senders: z.number().int(),
  /** UTC ms; null: none came. */
  lastAt: z.number().int().nullable(),
});
export type StillComes = z.infer<typeof stillComesSchema>;

/** What an admin is to do at the DNS host, before it is begun. */
export const changePlanSchema = z.object({
  direction: changeDirectionSchema,
  /** Records to take out and to put in; null: what is there now could not be read. */
  remove: z.array(mxRecord).nullable(),
  add: z.array(mxRecord),
  /** Seconds. */
  ttl: z.number().int(),
  /** Who hosts the domain's DNS, and the words of its form; null: not known. */
  host: z
    .object({
      name: z.string(),
      support: z.url().nullable(),
      form: mxFormSchema.omit({ source: true }).nullable(),
    })
    .nullable(),
  /** What should be known first; sentences. */
  warnings: z.array(z.string()),
});
export type ChangePlan = z.infer<typeof changePlanSchema>;
