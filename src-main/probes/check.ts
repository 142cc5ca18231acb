// What a check is: one question asked of the world, with everything that can be known of it before it is asked.
import type { Area, CheckInfo, Evidence, Finding, Leg, Outcome, Severity } from '../../shared/finding.ts';
import type { Target } from './target.ts';
import type { World } from './world.ts';

/** What a check says about one thing that it found; the runner adds the rest. */
export interface Found {
  /** Which of several things it is about (an address, a zone); left out when there is only one. */
  subject?: string;
  /** One sentence for an admin who is not a mail expert. */
  summary: string;
  evidence?: readonly Evidence[];
  facts?: Finding['facts'];
}

/** What a running check works with. `Code` is any key of its `findings`. */
export interface Asking<Code extends string = string> {
  target: Target;
  world: World;
  /** Ends at the check's deadline, or when nobody wants the answer any more; every wait must heed it. */
  signal: AbortSignal;
  /** Gives a finding; may be called as often as there are things to say. */
  report: (code: Code, found: Found) => void;
  /** Says of one subject among several that it could not be asked. When nothing at all can be, throw `CouldNotCheck`. */
  couldNotCheck: (found: Found) => void;
}

/** Thrown by a check that could not ask its question: the network, not the thing asked about, is in doubt. */
export class CouldNotCheck extends Error {
  readonly evidence: readonly Evidence[];
  constructor(summary: string, evidence: readonly Evidence[] = []) {
    super(summary);
    this.evidence = evidence;
  }
}

/** Thrown by a check whose question does not arise for this target: no DKIM selector was ever seen, say. */
export class NotApplicable extends Error {
  readonly evidence: readonly Evidence[];
  constructor(summary: string, evidence: readonly Evidence[] = []) {
    super(summary);
    this.evidence = evidence;
  }
}

/**
 * What of the target a check needs. Without a relay it is not applicable. A `server` is the route's, or for a domain that is
 * not protected the one its MX names; where there is neither, the check says so itself.
 */
export type Need = 'domain' | 'server' | 'relay';

export interface Definition<Code extends string> {
  /** Lower case with hyphens; what `mailward check` is told. */
  name: string;
  /** What is asked about, in a few words beside which "OK" makes sense: "Accepts mail for the domain". Never the name of a fault. */
  title: string;
  area: Area;
  leg: Leg;
  /** The question in plain words, ending in a question mark. */
  question: string;
  needs: readonly Need[];
  /** Longest time from start to end, ms; at most 15,000. What it has not said by then, it could not check. */
  deadlineMs: number;
  /** Everything it can find but `could-not-check` and `not-applicable`, which every check can. */
  findings: Readonly<Record<Code, Outcome>>;
  /** Names of checks that, when they find a problem, make this one's answers worthless: a name server in between that forges. */
  spoiledBy?: readonly string[];
  /** Runs only when asked for by its name: it costs others something. */
  onRequest?: boolean;
  run: (asking: Asking<Code>) => Promise<void>;
}

/** A check of any kind: its codes are known to itself alone. */
export type Check = Omit<Definition<string>, 'run'> & { run: (asking: Asking) => Promise<void> };

/** Takes a definition whose codes the compiler has compared with its findings. */
export function defineCheck<const Code extends string>(definition: Definition<Code>): Check {
  return definition;
}

/** For `findings`: all is well. */
export function fine(means: string): Outcome {
  return { state: 'ok', severity: null, means };
}

/** For `findings`: a problem. `urgent` is red (mail stops), `attention` amber. */
export function wrong(severity: Severity, means: string): Outcome {
  return { state: 'problem', severity, means };
}

/** The check as it is listed. */
export function infoOf(check: Check): CheckInfo {
  return {
    name: check.name,
    title: check.title,
    area: check.area,
    leg: check.leg,
    question: check.question,
    needs: [...check.needs],
    deadlineMs: check.deadlineMs,
    onRequest: check.onRequest === true,
    findings: { ...check.findings },
  };
}
