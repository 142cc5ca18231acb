// Runs checks side by side, each with its deadline, and gives their findings as they come.
import { systemClock } from '../clock/watched.ts';
import { isCheckName, readFinding } from '../../shared/facts/index.ts';
import type { Finding, SpoiledFacts } from '../../shared/finding.ts';
import type { Check, Found, Need } from './check.ts';
import { CouldNotCheck, NotApplicable } from './check.ts';
import { patiently } from './lateness.ts';
import type { Target } from './target.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world.ts';

export interface RunOptions extends WorldOptions {
  checks: readonly Check[];
  target: Target;
  /** Called with each finding, in the order in which they come. */
  onFinding: (finding: Finding) => void;
  /** Called when a check has said all it will say. */
  onDone?: (check: Check) => void;
  /** Gives the whole run up. */
  signal?: AbortSignal;
}

/**
 * Runs checks in parallel and ends when every one has ended: at its deadline at the latest. It does not fail: whatever
 * goes wrong inside a check, a bug of ours included, is a finding `could-not-check`.
 * @returns all findings in the order in which they came.
 */
export async function runChecks(options: RunOptions): Promise<Finding[]> {
  const { target, checks } = options;
  const run = new AbortController();
  const giveUp = () => run.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted === true) giveUp();
  const world = new World(options, run.signal);
  const all: Finding[] = [];
  const ended = new Map<string, Promise<Finding[]>>();

  const runOne = async (check: Check): Promise<Finding[]> => {
    // An answer that something in between may have forged is not shown before it is known to be genuine.
    const spoilers = (check.spoiledBy ?? []).flatMap((name) => ended.get(name) ?? []);
    const own: Finding[] = [];
    const give = (finding: Finding) => {
      own.push(finding);
      all.push(finding);
      options.onFinding(finding);
    };
    if (spoilers.length === 0) {
      await ask(check, target, world, give);
    } else {
      const kept: Finding[] = [];
      let genuine = false;
      const asked = ask(check, target, world, (finding) => (genuine ? give(finding) : kept.push(finding)));
      const doubt = (await Promise.all(spoilers)).flat().find(({ state }) => state === 'problem');
      if (doubt === undefined) {
        genuine = true;
        for (const finding of kept) give(finding);
        await asked;
      } else {
        await asked;
        give(spoiled(check, doubt, world.now(), kept));
      }
    }
    options.onDone?.(check);
    return own;
  };

  // Those that may spoil others are entered first, so that the others find them.
  const spoiling = new Set(checks.flatMap(({ spoiledBy }) => spoiledBy ?? []));
  const ordered = [...checks].sort((a, b) => Number(spoiling.has(b.name)) - Number(spoiling.has(a.name)));
  for (const check of ordered) ended.set(check.name, runOne(check));
  try {
    await Promise.all(ended.values());
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
    run.abort(new Error('the run has ended'));
  }
  return all;
}

/** Runs one check to its end or its deadline. */
async function ask(
  check: Check,
  target: Target,
  world: World,
  give: (finding: Finding) => void,
): Promise<void> {
  const startedAt = world.now();
  const started = systemClock.steady();
  let open = true;
  let said = 0;
  const say = (code: string, outcome: Pick<Finding, 'state' | 'severity'>, found: Found) => {
    if (!open) return;
    said += 1;
    give({
      check: check.name,
      code,
      subject: found.subject ?? '',
      state: outcome.state,
      severity: outcome.severity,
      summary: found.summary,
      evidence: [...(found.evidence ?? [])],
      facts: found.facts ?? {},
      at: startedAt + Math.round(systemClock.steady() - started),
      tookMs: Math.round(systemClock.steady() - started),
    });
  };
  const unknown = (found: Found) =>
    say('could-not-check', { state: 'could-not-check', severity: null }, found);
  const lacking = missing(check, target);
  if (lacking !== null) {
    say('not-applicable', { state: 'not-applicable', severity: null }, { summary: lacking });
    return;
  }
  const late = new AbortController();
  const signal = AbortSignal.any([world.signal, late.signal]);
  let inTime = (): void => undefined;
  const deadline = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    inTime = patiently(check.deadlineMs, () =>
      late.abort(new CouldNotCheck(`No answer within ${check.deadlineMs / 1000} seconds.`)),
    );
  });
  deadline.catch(() => undefined);
  const asking: Parameters<Check['run']>[0] = {
    target,
    world,
    signal,
    report: (code, found) => {
      const outcome = check.findings[code];
      if (outcome === undefined) throw new Error(`the check ${check.name} has no finding ${code}`);
      // What a question that was cut short makes a check believe is not an answer.
      if (signal.aborted) return;
      say(code, outcome, found);
    },
    couldNotCheck: unknown,
    past: async (subject) => {
      const { name } = check;
      const findings = await world.past.findings(name, subject);
      return isCheckName(name) ? findings.flatMap((one) => readFinding(name, one) ?? []) : findings;
    },
  };
  try {
    if (world.signal.aborted) throw new CouldNotCheck('The run was stopped before this was asked.');
    await Promise.race([check.run(asking), deadline]);
    if (said === 0) unknown({ summary: 'The check ended without an answer.' });
  } catch (error) {
    if (error instanceof NotApplicable) {
      say(
        'not-applicable',
        { state: 'not-applicable', severity: null },
        {
          summary: error.message,
          evidence: error.evidence,
        },
      );
    } else if (error instanceof CouldNotCheck) {
      unknown({ summary: error.message, evidence: error.evidence });
    } else if (signal.aborted) {
      unknown({ summary: 'The check was stopped before it had an answer.' });
    } else {
      unknown({ summary: `The check itself failed: ${(error as Error).message}` });
    }
  } finally {
    open = false;
    inTime();
    late.abort(new Error('the check has ended'));
  }
}

function spoiled(check: Check, doubt: Finding, at: number, kept: readonly Finding[]): Finding {
  return {
    check: check.name,
    code: 'could-not-check',
    subject: '',
    state: 'could-not-check',
    severity: null,
    summary: `Answers to this cannot be trusted here: ${doubt.summary}`,
    evidence: [...doubt.evidence, ...kept.flatMap(({ evidence }) => evidence)],
    facts: { spoiledBy: doubt.check } satisfies SpoiledFacts,
    at,
    tookMs: Math.max(doubt.tookMs, ...kept.map(({ tookMs }) => tookMs)),
  };
}

/** What is missing, where it is. A server is never missing yet: without a route, the domain's MX is to name one. */
const lacks: Readonly<Record<Exclude<Need, 'server'>, string>> = {
  domain: 'No domain was given.',
  relay: 'It is not known under which name or address the world reaches Mailward.',
};

function missing(check: Check, target: Target): string | null {
  if (check.needs.includes('domain') && target.domain === '') return lacks.domain;
  if (check.needs.includes('relay') && target.relay === null) return lacks.relay;
  return null;
}
