// Runs checks side by side, each to its deadline, and remembers which of them do not work.
import type { CheckAction, CheckName, CheckResult, CheckTrouble } from '../../../../shared/checks.ts';
import type { ChecksSettings } from '../../../../shared/settings-checks.ts';
import type { Resolve } from '../../resolver.ts';
import { actionFor, milder, plainWords, type Answer, type Check } from './check.ts';

/** A server that let this many questions in a row go unanswered is left alone for a while. */
const FAILURES = 3;
/** How long, ms. Mail does not wait for it meanwhile. */
const REST = 30_000;

/** A result with what only the message's header needs. */
export interface Judged extends CheckResult {
  resinfo: string[];
}

interface State {
  server: boolean;
  failures: number;
  restsUntil: number;
  trouble: CheckTrouble | null;
}

export class Runner {
  readonly #states = new Map<CheckName, State>();
  readonly #now: () => number;
  readonly #changed: () => void;

  constructor(changed: () => void = () => undefined, now: () => number = Date.now) {
    this.#changed = changed;
    this.#now = now;
  }

  /**
   * Checks that do not work at present. A check leaves the list with its next answer. One question that DNS could not answer
   * may be the fault of whoever is asked about; several in a row are ours.
   */
  get troubles(): CheckTrouble[] {
    return [...this.#states.values()].flatMap(({ trouble, server }) =>
      trouble && (server || trouble.skipped >= FAILURES) ? [trouble] : [],
    );
  }

  /** Asks all checks at once. Never rejects: what goes wrong is a result like any other. */
  async run<Subject>(
    checks: readonly Check<Subject>[],
    subject: Subject,
    settings: ChecksSettings,
    resolve: Resolve,
  ): Promise<Judged[]> {
    const wanted = checks.filter((check) => check.wanted(settings));
    const all = await Promise.all(wanted.map((check) => this.#ask(check, subject, settings, resolve)));
    return all.flat();
  }

  async #ask<Subject>(
    check: Check<Subject>,
    subject: Subject,
    settings: ChecksSettings,
    resolve: Resolve,
  ): Promise<Judged[]> {
    const [first] = check.names;
    if (first === undefined) return [];
    const began = this.#now();
    const state = this.#state(first, check.server);
    let answers: Answer[];
    if (check.server && began < state.restsUntil) {
      answers = [
        {
          check: first,
          result: 'could-not-check',
          evidence: [`not asked: ${state.trouble?.words ?? 'it did not answer lately'}`],
        },
      ];
    } else {
      answers = await withDeadline(check, subject, settings, resolve);
      const failed = answers.length > 0 && answers.every((answer) => answer.result === 'could-not-check');
      state.failures = failed ? state.failures + 1 : 0;
      if (check.server && state.failures >= FAILURES) state.restsUntil = this.#now() + REST;
    }
    const took = this.#now() - began;
    return answers.flatMap((answer) => {
      const set = actionFor(answer.check, settings);
      this.#remember(answer);
      if (set === 'off') return [];
      const action: CheckAction = answer.result === 'fail' ? milder(set, answer.most ?? 'reject') : 'off';
      return [
        {
          check: answer.check,
          result: answer.result,
          action,
          evidence: answer.evidence.slice(0, 20).map((line) => plainWords(line, 500)),
          took,
          resinfo: answer.resinfo ?? [],
        },
      ];
    });
  }

  #state(name: CheckName, server = false): State {
    let state = this.#states.get(name);
    if (!state) {
      state = { server, failures: 0, restsUntil: 0, trouble: null };
      this.#states.set(name, state);
    }
    return state;
  }

  #remember(answer: Answer): void {
    const state = this.#state(answer.check);
    if (answer.result === 'could-not-check') {
      state.trouble ??= { check: answer.check, skipped: 0, since: this.#now(), words: '' };
      state.trouble.skipped++;
      const words = plainWords(answer.evidence[0] ?? 'no answer');
      if (!words.startsWith('not asked: ')) state.trouble.words = words;
      this.#changed();
    } else if (answer.result !== 'not-applicable' && state.trouble) {
      state.trouble = null;
      this.#changed();
    }
  }
}

async function withDeadline<Subject>(
  check: Check<Subject>,
  subject: Subject,
  settings: ChecksSettings,
  resolve: Resolve,
): Promise<Answer[]> {
  const ending = new AbortController();
  const failed = (words: string): Answer[] =>
    check.names.map((name) => ({ check: name, result: 'could-not-check', evidence: [words] }));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer[]>((done) => {
    timer = setTimeout(() => done(failed(`no answer within ${check.deadline / 1000} s`)), check.deadline);
  });
  const asked = (async () => check.ask(subject, { settings, resolve, signal: ending.signal }))().catch(
    (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
  );
  const answers = await Promise.race([asked, late]);
  clearTimeout(timer);
  ending.abort();
  return answers;
}
