// What a domain's findings mean together: the state of each check and leg, and the one sentence.
import type { CheckInfo, Finding, Leg } from '../../shared/finding.ts';
import { byGravity, healthOf, type Health, worst } from '../../shared/state.ts';
import { counted } from '../format.ts';
import { plainWords } from '../plain.ts';

/** A finding, perhaps with what the history adds. */
export type Shown = Finding & { since?: number; runs?: number };

/** One check with what it found; `at` null: not asked yet. */
export interface Asked {
  check: CheckInfo;
  state: Health | null;
  findings: readonly Shown[];
  at: number | null;
  /** It is being asked now, and has not said anything yet: what is here is from before. */
  isOld: boolean;
}

/** Each check with its findings, in the order of the list; what the present run found takes the place of what was before. */
export function gather(
  checks: readonly CheckInfo[],
  latest: readonly Shown[],
  running: readonly Finding[],
  asking: ReadonlySet<string> = new Set(),
): Asked[] {
  return checks.map((check) => {
    const isOf = (finding: Finding) => finding.check === check.name;
    const now = running.filter(isOf);
    const findings = byGravity<Shown>(now.length > 0 ? now : latest.filter(isOf), healthOf);
    return {
      check,
      findings,
      state: worst(findings.map(healthOf)),
      isOld: now.length === 0 && asking.has(check.name),
      at: findings.reduce<number | null>((last, { at }) => Math.max(last ?? at, at), null),
    };
  });
}

export function ofLeg(all: readonly Asked[], leg: Leg): Asked[] {
  return all.filter(({ check }) => check.leg === leg);
}

/**
 * The state of a domain in one sentence, and as a mark.
 * @param name left out where the domain's name stands beside the sentence.
 */
export function sentenceOf(all: readonly Asked[], name?: string): { state: Health; words: string } {
  const of = (state: Health) => all.filter((one) => one.state === state);
  const [urgent, attention, unknown] = [of('problem'), of('attention'), of('could-not-check')];
  const asked = all.filter(({ at }) => at !== null);
  const it = name ?? 'it';
  if (asked.length === 0)
    return { state: 'not-applicable', words: `${name ?? 'It'} has not been tested yet.` };
  const [only] = [...urgent, ...attention];
  const state = urgent.length > 0 ? 'problem' : 'attention';
  if (only !== undefined && urgent.length + attention.length === 1) {
    const summary = plainWords(only.findings[0]?.summary ?? '').words;
    return { state, words: name === undefined || summary.includes(name) ? summary : `${name}: ${summary}` };
  }
  if (urgent.length > 0) {
    const also = attention.length > 0 ? `, and ${attention.length} more to look at` : '';
    const are = urgent.length === 1 ? 'is' : 'are';
    return { state, words: `${counted(urgent.length, 'thing')} ${are} wrong with ${it}${also}.` };
  }
  if (attention.length > 0) {
    const mail = name === undefined ? 'Mail' : `Mail for ${name}`;
    const things = `${counted(attention.length, 'thing')} should be looked at`;
    // Nobody knows whether mail can flow while what decides it could not be asked.
    const words =
      unknown.length > 0
        ? `About ${it}, ${things}, and ${counted(unknown.length, 'check')} could not be made.`
        : `${mail} can flow, but ${things}.`;
    return { state, words };
  }
  if (unknown.length === asked.length) {
    return {
      state: 'could-not-check',
      words: `Nothing could be checked about ${it}: look at Mailward’s own network first.`,
    };
  }
  if (unknown.length > 0) {
    return {
      state: 'could-not-check',
      words: `Nothing wrong was found with ${it}, but ${counted(unknown.length, 'check')} could not be made.`,
    };
  }
  return { state: 'ok', words: `Nothing is wrong with ${it}.` };
}
