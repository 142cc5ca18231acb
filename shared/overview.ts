// What the home screen and the tray show: one sentence, and the path of each domain's mail.
import { z } from 'zod';
import { causeSchema } from './cause.ts';
import { filterTroubleSchema } from './filters.ts';
import { modeSchema, routeSchema } from './domain.ts';
import { replySchema } from './message.ts';
import { healthSchema } from './state.ts';

/** Mail that waits. Sizes in octets, times in UTC ms. */
export const waitingSchema = z.object({
  count: z.number().int(),
  bytes: z.number().int(),
  oldestAt: z.number().int().nullable(),
});
export type Waiting = z.infer<typeof waitingSchema>;

/** Internet ▸ Mailward. */
export const inboundLegSchema = z.object({
  state: healthSchema,
  words: z.string(),
  /** Messages accepted and messages refused at the door, in the last 60 s. */
  acceptedPerMinute: z.number(),
  rejectedPerMinute: z.number(),
  lastAt: z.number().int().nullable(),
});

/** How fast the office's server may be sent mail, as learned; `drainsAt` only while mail waits. */
export const paceSchema = z.object({
  /** A minute; null where no limit is known. */
  messagesPerMinute: z.number().nullable(),
  recipientsPerMinute: z.number().nullable(),
  connectionsPerMinute: z.number().nullable(),
  /** The server refused for its limit's sake, and is tried with one message at a time. */
  stopped: z.boolean(),
  /** Connections at a time that it gets now. */
  connections: z.number().int(),
  /** When the mail that waits will be out at this rate (UTC ms); null when that cannot be said. */
  drainsAt: z.number().int().nullable(),
});
export type PaceOverview = z.infer<typeof paceSchema>;

/** Mailward ▸ the office's server. */
export const outboundLegSchema = z.object({
  state: healthSchema,
  /** Three words at most when broken, e.g. "cannot be reached". */
  words: z.string(),
  deliveredPerMinute: z.number(),
  lastDeliveredAt: z.number().int().nullable(),
  cause: causeSchema.nullable(),
  /** Since when it is broken (UTC ms); null when it is not. */
  since: z.number().int().nullable(),
  lastReply: replySchema.nullable(),
  pace: paceSchema.nullable(),
});

export const domainOverviewSchema = z.object({
  name: z.string(),
  mode: modeSchema,
  route: routeSchema,
  state: healthSchema,
  sentence: z.string(),
  /** When its first mail came through, UTC ms; null: none has yet, and whether any comes is not known. */
  liveSince: z.number().int().nullable(),
  inbound: inboundLegSchema,
  outbound: outboundLegSchema,
  /** Waiting for the next attempt. */
  queued: waitingSchema,
  /** Held until told. */
  held: waitingSchema,
  /** Of those held, how many are being rerouted: it is tried until it is taken or refused. */
  rerouted: z.number().int(),
  /** Stored because a filter found fault with it: spam most likely, but someone may miss it. */
  quarantined: waitingSchema,
  /** Refused for good or expired, content still kept: someone should look. */
  failed: waitingSchema,
});
export type DomainOverview = z.infer<typeof domainOverviewSchema>;
/** A domain's mail that is here, by what it waits for. */
export type WaitingMail = Pick<DomainOverview, 'queued' | 'held' | 'rerouted' | 'quarantined' | 'failed'>;

/** Messages in one minute, all domains together. */
export const minuteSchema = z.object({
  at: z.number().int(),
  accepted: z.number().int(),
  delivered: z.number().int(),
  deferred: z.number().int(),
  refused: z.number().int(),
  rejected: z.number().int(),
});
export type Minute = z.infer<typeof minuteSchema>;

export const listenerStateSchema = z.object({
  host: z.string(),
  port: z.number().int(),
  listening: z.boolean(),
  /** What is wrong and what to do, while it listens (its certificate) or when it does not; null when all is well. */
  problem: z.string().nullable(),
  /** Connections open now, and since the start: those that ended without a word, were turned away, or spoke too soon. */
  door: z.object({
    open: z.number().int(),
    silent: z.number().int(),
    turnedAway: z.number().int(),
    earlyTalkers: z.number().int(),
  }),
});
export type ListenerState = z.infer<typeof listenerStateSchema>;

/** Faults of Mailward's own since it was started: exceptions that nobody foresaw. Times in UTC ms. */
export const faultSchema = z.object({
  count: z.number().int(),
  since: z.number().int(),
  lastAt: z.number().int(),
  /** What the last one said of itself. */
  words: z.string(),
});
export type FaultSummary = z.infer<typeof faultSchema>;

/** What can keep mail from being stored, gravest first: with the files gone nothing else matters. */
export const storageTroubleKinds = [
  'files',
  'taken',
  'damaged',
  'ended',
  'read-only',
  'full',
  'low-space',
  'locked',
  'input-output',
  'no-answer',
] as const;

/** Why no mail can be stored. Mail that is sent meanwhile is refused for now (451 or 452), and stays with its senders. */
export const storageTroubleSchema = z.object({
  /**
   * `files`: the data folder or a file in it was removed, renamed, replaced or written over; `ended`: the thread that stores does
   * not run; `taken`: by another Mailward; `low-space`: only the reserve is left; `full`: that too is used up; `locked`: by another program; `no-answer`: the
   * disk hangs.
   */
  kind: z.enum(storageTroubleKinds),
  /** Goes on after "because": no capital, no full stop. */
  what: z.string(),
  /** What to do, in sentences. */
  remedy: z.string(),
  /** UTC ms. */
  since: z.number().int(),
});
export type StorageTrouble = z.infer<typeof storageTroubleSchema>;

export const storageStateSchema = z.object({
  state: healthSchema,
  /** The gravest; null when all is well. */
  trouble: storageTroubleSchema.nullable(),
});
export type StorageState = z.infer<typeof storageStateSchema>;

function nested(key: string): string {
  return key.split('.').reduceRight((inside, part) => `{"${part}": ${inside}}`, '…');
}

/** A key of the settings file that is no setting, so that what it says has no effect. */
export const unknownSettingSchema = z.object({
  /** Its path, e.g. `smtp.prot`. */
  key: z.string(),
  /** The setting that was meant most likely; null when none is near, as of one that a newer version has. */
  meant: z.string().nullable(),
});
export type UnknownSetting = z.infer<typeof unknownSettingSchema>;

export function unknownSettingWords({ key, meant }: UnknownSetting): string {
  if (key === meant) return `"${key}" in one word is not a setting; it is written as ${nested(key)}`;
  return `${key} is not a setting${meant === null ? '' : `; did you mean ${meant}?`}`;
}

export const overviewSchema = z.object({
  at: z.number().int(),
  state: healthSchema,
  /** The state in words: "Mail is flowing for all 3 domains". */
  sentence: z.string(),
  domains: z.array(domainOverviewSchema),
  /** The last 60 minutes, oldest first; the last one is still filling. */
  minutes: z.array(minuteSchema),
  listener: listenerStateSchema,
  /** Whether mail can be stored. */
  storage: storageStateSchema,
  /** Filters on the way in that do not work at present: mail goes on without them. */
  filterTroubles: z.array(filterTroubleSchema),
  /** Null as it should be. */
  fault: faultSchema.nullable(),
  /** In the order of the file; they are kept there, and pass for a newer version's. */
  unknownSettings: z.array(unknownSettingSchema),
  /** Why `settings.json` cannot be used as somebody left it: the next start would be refused. Null as it should be. */
  settingsTrouble: z.string().nullable(),
});
export type Overview = z.infer<typeof overviewSchema>;
