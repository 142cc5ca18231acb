// Checks as they run and as they are kept: what a caller follows live, and what the history of a domain says.
import { z } from 'zod';
import { healthSchema } from './state.ts';
import { evidenceSchema, findingSchema, findingStateSchema, severitySchema } from './finding.ts';

const time = z.number().int();

/** A check that is asked now. Times in UTC ms. */
export const askedCheckSchema = z.object({
  name: z.string(),
  title: z.string(),
  question: z.string(),
  leg: z.string(),
  startedAt: time,
  /** What it has not said by then, it could not check. */
  deadlineAt: time,
});
export type AskedCheck = z.infer<typeof askedCheckSchema>;

/** What is known of a domain by its checks. */
export const domainHealthSchema = z.object({
  state: healthSchema,
  /** One sentence, with the domain's name in it. */
  sentence: z.string(),
  /** The same where the name stands beside it. */
  brief: z.string(),
  /** How many checks found a problem, or what only wants attention, could not be completed, passed, do not apply, and were not run. */
  checks: z.object({
    problem: z.number().int(),
    attention: z.number().int(),
    unknown: z.number().int(),
    ok: z.number().int(),
    idle: z.number().int(),
    notRun: z.number().int(),
  }),
});
export type DomainHealth = z.infer<typeof domainHealthSchema>;

/** Since when a finding has been so, as far as earlier runs tell. */
export const sinceSchema = z.object({
  subject: z.string(),
  code: z.string(),
  state: findingStateSchema,
  since: time,
  /** When it was last found so. */
  lastAt: time,
});
export type SinceFound = z.infer<typeof sinceSchema>;

/** What happens in a run, in the order in which it happens. Whoever joins late is told from the beginning. */
export const checkEventSchema = z.discriminatedUnion('kind', [
  /** Another run for the domain is under way; this one begins when it has ended. */
  z.object({ kind: z.literal('waiting') }),
  z.object({ kind: z.literal('started'), at: time, domain: z.string(), checks: z.array(askedCheckSchema) }),
  z.object({ kind: z.literal('finding'), finding: findingSchema }),
  /** The check has said all it will say, and it is kept. */
  z.object({ kind: z.literal('done'), check: z.string(), at: time, since: z.array(sinceSchema) }),
  z.object({
    kind: z.literal('ended'),
    at: time,
    tookMs: z.number().int(),
    /** What all checks together say of the domain; null where only one was asked for: its own finding is the answer. */
    health: domainHealthSchema.nullable(),
  }),
]);
export type CheckEvent = z.infer<typeof checkEventSchema>;

/** A finding of a check's latest run, with what earlier runs add. */
export const keptFindingSchema = findingSchema.extend({
  /** Since when it has been so: over runs that could not check, but not over one that found otherwise. */
  since: time,
  /** How many runs found it so. */
  runs: z.number().int(),
});
export type KeptFinding = z.infer<typeof keptFindingSchema>;

/** What the latest run of each check found about a domain. */
export const latestSchema = z.object({
  checks: z.array(z.object({ name: z.string(), at: time, tookMs: z.number().int() })),
  findings: z.array(keptFindingSchema),
  /** What they mean together. */
  health: domainHealthSchema,
  /** Whether checks are being asked for it at this moment. */
  running: z.boolean(),
});
export type LatestFindings = z.infer<typeof latestSchema>;

/** Most points of a chart: more are drawn slowly and seen by nobody. */
export const MOST_POINTS = 300;

/** One run, or the worst of several where there are more than a chart can show. */
export const historyPointSchema = z.object({
  at: time,
  state: findingStateSchema,
  severity: severitySchema.nullable(),
  code: z.string(),
  subject: z.string(),
  tookMs: z.number().int(),
  /** Runs that this point stands for. */
  runs: z.number().int(),
});
export type HistoryPoint = z.infer<typeof historyPointSchema>;

/** A time in which a check found the same. */
export const periodSchema = z.object({
  subject: z.string(),
  code: z.string(),
  state: findingStateSchema,
  severity: severitySchema.nullable(),
  since: time,
  lastAt: time,
  runs: z.number().int(),
  /** As it was found first. */
  summary: z.string(),
  evidence: z.array(evidenceSchema),
});
export type Period = z.infer<typeof periodSchema>;

export const historySchema = z.object({
  /** Oldest first, `MOST_POINTS` at most. */
  points: z.array(historyPointSchema),
  /** Newest first, a hundred at most. */
  periods: z.array(periodSchema),
});
export type History = z.infer<typeof historySchema>;
