// What pictures are drawn from: the facts of certain findings, said once for the check that gives them and the screen that reads them.
import { z } from 'zod';

const time = z.number();

const mxSchema = z.object({ preference: z.number(), exchange: z.string() });
/** A set of MX records; empty for a set of none. */
const mxSet = z.array(mxSchema);

const serverViewSchema = z.object({
  name: z.string().nullable(),
  address: z.string(),
  kind: z.enum(['authoritative', 'resolver']),
  /** Where a public resolver is, in words. */
  place: z.string(),
  state: z.enum(['agrees', 'differs', 'silent', 'failed']),
  /** Null: it gave none. */
  mx: mxSet.nullable(),
  /** Until when it may go on with the old set, UTC ms. */
  until: time.nullable(),
});
export type ServerView = z.infer<typeof serverViewSchema>;

/** Of `mx-propagation`. */
export const propagationFacts = z.object({
  mx: mxSet,
  /** By when all must agree, UTC ms; null: all do, or nobody can say. */
  until: time.nullable(),
  /** What was there before a change. */
  before: z.object({ mx: mxSet, ttl: z.number().nullable() }).nullable(),
  items: z.array(serverViewSchema),
});
export type PropagationFacts = z.infer<typeof propagationFacts>;

/** Of `registration`. */
export const registrationFacts = z.object({
  registered: z.string(),
  /** UTC ms; null: nobody says. */
  expiresAt: time.nullable(),
  registrar: z.string().nullable(),
  statuses: z.array(z.string()),
  /** Who says until when; null: nobody does. */
  source: z.enum(['registry', 'by-hand']).nullable(),
});
export type RegistrationFacts = z.infer<typeof registrationFacts>;

const hopSchema = z.object({
  number: z.number(),
  /** Null: nobody answered there. */
  address: z.string().nullable(),
  /** Round trip, ms. */
  ms: z.number().nullable(),
});

/** Of `path`; the finding's subject is the address. */
export const pathFacts = z.object({
  host: z.string(),
  hops: z.array(hopSchema),
  arrives: z.boolean(),
  traceArrives: z.boolean(),
  tool: z.string().nullable(),
  /** What a connection to the server took, ms; null: there was none. */
  tcpMs: z.number().nullable(),
});
export type PathFacts = z.infer<typeof pathFacts>;

/** What one blocklist says of one entry. */
const listAnswerSchema = z.object({
  zone: z.string(),
  name: z.string(),
  /** Null: whether it is listed is open. */
  listed: z.boolean().nullable(),
  /** Why it is listed, in words that follow "because"; or why it is open; null: it is not listed. */
  means: z.string().nullable(),
  codes: z.array(z.string()),
  /** The list's own words. */
  text: z.string(),
  /** An address on the web, or words. */
  removal: z.string(),
  policy: z.string(),
  /** 3: many refuse mail for it, 1: few do. */
  weight: z.number(),
});
export type ListAnswer = z.infer<typeof listAnswerSchema>;

/** Of `blocklists`: what all lists say of the one that the finding's subject names. */
export const blocklistFacts = z.object({
  whose: z.enum(['relay', 'server', 'domain']),
  kind: z.enum(['ipv4', 'ipv6', 'domain']),
  lists: z.array(listAnswerSchema),
});
export type BlocklistFacts = z.infer<typeof blocklistFacts>;
