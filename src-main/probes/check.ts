// What a check is: one question asked of the world, with everything that can be known of it before it is asked.
import type { CheckName, CodeOf, FactsOf, FindingOf, UnknownFactsOf } from '../../shared/facts/index.ts';
import type { Area, CheckInfo, Evidence, Finding, Leg, CodeInfo, Severity } from '../../shared/finding.ts';
import type { Target } from './target.ts';
import type { World } from './world.ts';

/** What is said of one thing that a check asked about; the runner adds the rest. */
export interface Said {
  /** Which of several things it is about (an address, a zone); left out when there is only one. */
  subject?: string;
  /** One sentence for an admin who is not a mail expert. */
  summary: string;
  evidence?: readonly Evidence[];
}

/** What a check says that it found, with the facts that its contract (shared/facts) has for the code. */
export type Found<Facts = Finding['facts']> = Said &
  (Record<string, never> extends Facts ? { facts?: Facts } : { facts: Facts });

/** What every running check works with, whatever it is. */
export interface CheckTools {
  target: Target;
  world: World;
  /** Ends at the check's deadline, or when nobody wants the answer any more; every wait must heed it. */
  signal: AbortSignal;
  /** Says of one subject among several that it could not be asked. When nothing at all can be, throw `CouldNotCheck`. */
  couldNotCheck: (said: Said) => void;
}

/** What a running check works with. */
export interface RunningCheck<Name extends CheckName> extends Omit<CheckTools, 'couldNotCheck'> {
  /** Gives a finding; may be called as often as there are things to say. */
  report: <Code extends CodeOf<Name>>(code: Code, found: Found<FactsOf<Name, Code>>) => void;
  /** As `CheckTools` has it, with the facts that are known all the same. */
  couldNotCheck: (said: Said & { facts?: UnknownFactsOf<Name> }) => void;
  /**
   * What this check found about the target before, newest first. What an earlier release kept in a form that cannot be read any more is left
   * out: it is not known then.
   * @param subject only findings about it; all when left out.
   */
  past: (subject?: string) => Promise<FindingOf<Name>[]>;
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

interface Definition<Name extends string, Code extends string, Work> {
  /** Lower case with hyphens; what `mailward check` is told. */
  name: Name;
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
  findings: Readonly<Record<Code, CodeInfo>>;
  /** Names of checks that, when they find a problem, make this one's answers worthless: a name server in between that forges. */
  spoiledBy?: readonly (Name extends CheckName ? CheckName : string)[];
  /** Runs only when asked for by its name: it costs others something. */
  onRequest?: boolean;
  run: (asking: Work) => Promise<void>;
}

/** A check as the runner has it: whatever its codes and facts are. */
export type Check = Definition<
  string,
  string,
  CheckTools & {
    report: (code: string, found: Found) => void;
    couldNotCheck: (found: Found) => void;
    past: (subject?: string) => Promise<Finding[]>;
  }
>;

/**
 * Takes a definition that the compiler has compared with the check's contract (shared/facts): that it knows exactly the contract's codes, and
 * reports each with its facts.
 */
export function defineCheck<const Name extends CheckName>(
  definition: Definition<Name, CodeOf<Name>, RunningCheck<Name>>,
): Check {
  // What the runner hands over is what `RunningCheck` promises: `past` by `readFinding`, the rest as it is.
  return definition as unknown as Check;
}

/** For `findings`: all is well. */
export function fine(means: string): CodeInfo {
  return { state: 'ok', severity: null, means };
}

/** For `findings`: a problem. `urgent` is red (mail stops), `attention` amber. */
export function wrong(severity: Severity, means: string): CodeInfo {
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
