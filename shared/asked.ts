// Each check with what it found about a domain: its findings in order, and the state that they make together.
import type { CheckInfo, Finding, Leg } from './finding.ts';
import { byGravity, type HealthState, healthOf, worst } from './state.ts';

/** A finding, perhaps with what the history adds. */
export type ShownFinding = Finding & { since?: number; runs?: number };

/** One check with what it found, gravest first; `at` null: not asked yet. */
export interface CheckWithFindings<Check = CheckInfo> {
  check: Check;
  /** Null: not known yet. */
  state: HealthState | null;
  findings: readonly ShownFinding[];
  /** UTC ms. */
  at: number | null;
  /** It is being asked now, and has not said anything yet: what is here is from before. */
  isOld: boolean;
}

/**
 * Each check with its findings, in the order of the list; what the present run found takes the place of what was before.
 * @param asking names of checks that are being asked now.
 */
export function gather<Check extends { name: string }>(
  checks: readonly Check[],
  latest: readonly ShownFinding[],
  running: readonly Finding[] = [],
  asking: ReadonlySet<string> = new Set(),
): CheckWithFindings<Check>[] {
  return checks.map((check) => {
    const isOf = (finding: Finding) => finding.check === check.name;
    const now = running.filter(isOf);
    const findings = byGravity<ShownFinding>(now.length > 0 ? now : latest.filter(isOf), healthOf);
    return {
      check,
      findings,
      state: worst(findings.map(healthOf)),
      isOld: now.length === 0 && asking.has(check.name),
      at: findings.reduce<number | null>((last, { at }) => Math.max(last ?? at, at), null),
    };
  });
}

export function ofLeg(all: readonly CheckWithFindings[], leg: Leg): CheckWithFindings[] {
  return all.filter(({ check }) => check.leg === leg);
}

/** How a leg is. Null, not known: it is well so far, but one of the checks that run unasked has not been run, or is being asked again. */
export function stateOfLeg(all: readonly CheckWithFindings[], leg: Leg): HealthState | null {
  const known = ofLeg(all, leg).map(({ check, state, isOld }) => ({
    state: isOld ? null : state,
    onRequest: check.onRequest,
  }));
  const state = worst(known.map((one) => one.state));
  const isOpen = known.some((one) => one.state === null && !one.onRequest);
  return state === 'ok' && isOpen ? null : state;
}

/** How many of several are in each state, and how many in none. */
export function countStates(
  all: readonly { state: HealthState | null }[],
): Record<HealthState | 'unknown', number> {
  const counts = {
    ...{ problem: 0, attention: 0, 'could-not-check': 0, ok: 0, 'not-applicable': 0, unknown: 0 },
  };
  for (const { state } of all) counts[state ?? 'unknown'] += 1;
  return counts;
}
