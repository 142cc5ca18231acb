// What a domain's findings mean together, in one sentence: for the screen and the command line alike.
import type { CheckWithFindings } from '../../shared/asked.ts';
import { countStates } from '../../shared/asked.ts';
import type { DomainHealth } from '../../shared/check-run.ts';
import { counted } from '../../shared/counted.ts';
import type { CheckInfo } from '../../shared/finding.ts';
import { toUnicodeName } from '../../shared/idn.ts';
import { plainWords } from '../../shared/plain.ts';
import { byGravity, type HealthState, wantsAttention } from '../../shared/state.ts';

/** A check as far as the sentence needs to know it. */
type Answered = Pick<CheckWithFindings<Pick<CheckInfo, 'onRequest'>>, 'check' | 'state' | 'findings'>;

/**
 * What is known of a domain by its checks. It is well only when every check that runs unasked was run and none found anything: what was not
 * run, or could not be completed, is said, and never passes for well.
 * @param name the domain, in A-labels; the sentence has it in Unicode.
 */
export function healthOfDomain(all: readonly Answered[], name: string): DomainHealth {
  const counts = countStates(all);
  const shown = toUnicodeName(name);
  const of = {
    shown,
    counts,
    notRun: all.filter(({ check, state }) => state === null && !check.onRequest).length,
  };
  const said = sentence(all, of);
  return {
    state: said.state,
    sentence: said.withName,
    brief: said.brief,
    checks: {
      problem: counts.problem,
      attention: counts.attention,
      unknown: counts['could-not-check'],
      ok: counts.ok,
      idle: counts['not-applicable'],
      notRun: of.notRun,
    },
  };
}

interface Said {
  state: HealthState;
  withName: string;
  /** Where the domain's name stands beside it. */
  brief: string;
}

function sentence(
  all: readonly Answered[],
  { shown, counts, notRun }: { shown: string; counts: ReturnType<typeof countStates>; notRun: number },
): Said {
  const { problem, attention, 'could-not-check': unknown, ok, 'not-applicable': idle } = counts;
  const run = problem + attention + unknown + ok + idle;
  if (run === 0) return both('not-applicable', `${shown} has not been tested yet.`, 'Not tested yet.');
  const bad = byGravity(
    all.filter(({ state }) => wantsAttention(state)),
    ({ state }) => state,
  );
  const [only, ...others] = bad;
  if (only !== undefined && others.length === 0) {
    const summary = plainWords(only.findings[0]?.summary ?? '').words;
    const withName = summary.includes(shown) ? summary : `${shown}: ${summary}`;
    return both(only.state ?? 'attention', withName, summary);
  }
  if (problem > 0) {
    const also = attention > 0 ? `, and ${attention} more to look at` : '';
    const are = `${counted(problem, 'thing')} ${problem === 1 ? 'is' : 'are'} wrong`;
    return both('problem', `${are} with ${shown}${also}.`, `${are}${also}.`);
  }
  // What could not be completed or was not run decides as much as what was.
  const open = [
    ...(unknown > 0 ? [`${counted(unknown, 'check')} could not be completed`] : []),
    ...(notRun > 0 ? [`${counted(notRun, 'check')} ${notRun === 1 ? 'has' : 'have'} not been run`] : []),
  ].join(', and ');
  if (attention > 0) {
    const things = `${attention} things should be looked at`;
    return open === ''
      ? both('attention', `Mail for ${shown} can flow, but ${things}.`, `Mail can flow, but ${things}.`)
      : both(
          'attention',
          `${attention} things about ${shown} should be looked at; ${open}.`,
          `${things}; ${open}.`,
        );
  }
  if (unknown === run) {
    const look = 'look at Mailward’s own network first';
    return both(
      'could-not-check',
      `Nothing could be checked about ${shown}: ${look}.`,
      `Nothing could be checked: ${look}.`,
    );
  }
  if (open !== '')
    return both(
      'could-not-check',
      `Nothing wrong was found with ${shown}, but ${open}.`,
      `Nothing wrong was found, but ${open}.`,
    );
  if (ok === 0)
    return both('not-applicable', `None of the checks applies to ${shown}.`, 'None of the checks applies.');
  return both('ok', `Nothing is wrong with ${shown}.`, 'Nothing is wrong.');
}

function both(state: HealthState, withName: string, brief: string): Said {
  return { state, withName, brief };
}
