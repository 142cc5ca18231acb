// What several checks found, as one item of a pre-flight: how it is, and what to do.
import type { CheckName } from '../../shared/facts/index.ts';
import type { Finding } from '../../shared/finding.ts';
import type { PreflightItem } from '../../shared/preflight.ts';
import { byGravity, type HealthState, healthOf, worst } from '../../shared/state.ts';

/** How an item is; the rest of it is known beforehand. */
export type ItemState = Pick<PreflightItem, 'state' | 'summary'> & {
  advice?: string[];
  checks?: CheckName[];
};

interface Reading {
  /** What is said when all is well. */
  ok: string;
  /** Codes of problems that only want attention here, whatever they are elsewhere. */
  mild: readonly string[];
  advice: readonly string[];
}

/** What checks found about the servers, as one: the gravest finding speaks for all. */
export function fromFindings(
  all: readonly Finding[],
  checks: readonly CheckName[],
  { ok, mild, advice }: Reading,
): ItemState {
  const found = all.filter(({ check }) => (checks as readonly string[]).includes(check));
  const stateOf = (finding: Finding): HealthState =>
    finding.state === 'problem' ? (mild.includes(finding.code) ? 'attention' : 'problem') : healthOf(finding);
  const asked = new Set(found.map(({ check }) => check));
  const state = worst(found.map(stateOf));
  const [gravest] = byGravity(found, stateOf);
  // A check of which nothing was heard is not one that passed.
  if (
    state === null ||
    gravest === undefined ||
    (state === 'ok' && checks.some((check) => !asked.has(check)))
  )
    return {
      state: 'could-not-check',
      summary: found.length === 0 ? 'It was not asked.' : 'Not all of it could be found out.',
      checks: [...checks],
    };
  if (state === 'ok') return { state, summary: ok, checks: [...checks] };
  // Where one of several servers, or one of its addresses, could be asked, mail has a way; the other is to be looked at.
  if (state === 'could-not-check' && checks.every((check) => isAnswered(found, check)))
    return { state: 'attention', summary: gravest.summary, checks: [...checks] };
  return {
    state,
    summary: gravest.summary,
    advice: state === 'not-applicable' || state === 'could-not-check' ? [] : [...advice],
    checks: [...checks],
  };
}

function isAnswered(found: readonly Finding[], check: CheckName): boolean {
  return found.some((finding) => finding.check === check && finding.state === 'ok');
}

/** What is wrong here does not keep mail from arriving, unless it does after all. */
export function softened(judged: ItemState, isHard = false): ItemState {
  return judged.state === 'problem' && !isHard ? { ...judged, state: 'attention' } : judged;
}

/** Null: there is none. */
export function gravestOf(found: readonly Finding[]): HealthState | null {
  return worst(found.map(healthOf));
}
