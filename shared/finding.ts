// A check's answer: what was asked of the world, and what came back. "Could not check" is never shown as failed.
import { z } from 'zod';

/** What a finding says. Only `problem` has a severity. */
export const findingStateSchema = z.enum(['ok', 'problem', 'could-not-check', 'not-applicable']);
export type FindingState = z.infer<typeof findingStateSchema>;

/** `urgent`: mail does not arrive, or is about to stop (red). `attention`: it works, but someone should look (amber). */
export const severitySchema = z.enum(['urgent', 'attention']);
export type Severity = z.infer<typeof severitySchema>;

/** One question and its exact answer, to be copied to whoever must act. */
export const evidenceSchema = z.object({
  /** What was asked, as an expert would type it: "MX example.com", "RCPT TO:<postmaster@example.com>". */
  asked: z.string(),
  /** Of whom: name and address, with the port where it matters: "ns1.example.com (192.0.2.1)". */
  of: z.string(),
  /** When the answer came, or was given up, UTC ms. */
  at: z.number().int(),
  /** The exact answer, or why there is none ("no answer within 2 s", "connection refused"). */
  answer: z.string(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** Where a check belongs: how the world finds the way in, Mailward itself, the way to the office's server, or how other servers judge the domain's mail. */
export const legSchema = z.enum(['inbound', 'here', 'outbound', 'judged']);
export type Leg = z.infer<typeof legSchema>;

export const areaSchema = z.enum([
  'dns',
  'registration',
  'server',
  'reputation',
  'authentication',
  'network',
]);
export type Area = z.infer<typeof areaSchema>;

export const findingSchema = z.object({
  /** The check's name: `mx`. */
  check: z.string(),
  /** What was found, one of the check's own list: `differs`; or `could-not-check`, `not-applicable`. */
  code: z.string(),
  /** Which of several things it is about (a server's address, a blocklist's zone); empty when there is only one. */
  subject: z.string(),
  state: findingStateSchema,
  severity: severitySchema.nullable(),
  /** One sentence for an admin who is not a mail expert. */
  summary: z.string(),
  evidence: z.array(evidenceSchema),
  /** What a picture or a diagnosis needs, by name: `expiresAt`, `hops`, `servers`. Times in UTC ms. */
  facts: z.record(z.string(), z.json()),
  /** UTC ms. */
  at: z.number().int(),
  /** From the check's start to this finding, ms. */
  tookMs: z.number().int(),
});
export type Finding = z.infer<typeof findingSchema>;

/** What a check may find under one code. */
export const outcomeSchema = z.object({
  state: findingStateSchema,
  severity: severitySchema.nullable(),
  /** One sentence for the manual: what it means that this was found. */
  means: z.string(),
});
export type CodeInfo = z.infer<typeof outcomeSchema>;

/** A check as it is listed: everything that is known before it runs. */
export const checkSchema = z.object({
  name: z.string(),
  /** What people read in place of the name; "OK" beside it makes sense. */
  title: z.string(),
  area: areaSchema,
  leg: legSchema,
  question: z.string(),
  needs: z.array(z.string()),
  deadlineMs: z.number().int(),
  /** Runs only when asked for by its name: it costs others something. */
  onRequest: z.boolean(),
  findings: z.record(z.string(), outcomeSchema),
});
export type CheckInfo = z.infer<typeof checkSchema>;

/** The facts of a check whose answers cannot be trusted, because of what another found. */
export const spoiledFactsSchema = z.object({ spoiledBy: z.string() });
export type SpoiledFacts = z.infer<typeof spoiledFactsSchema>;
