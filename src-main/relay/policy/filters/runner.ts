// Runs filters side by side, each to its deadline, and remembers which of them do not work.
import type { FilterAction, FilterName, FilterResult, FilterTrouble } from '../../../../shared/filters.ts';
import type { FiltersSettings } from '../../../../shared/settings-filters.ts';
import type { Clock } from '../../../clock/clock.ts';
import type { Resolve } from '../../resolver.ts';
import { actionFor, milder, plainWords, type FilterReport, type Filter } from './filter.ts';

/** A server that let this many questions in a row go unanswered is left alone for a while. */
const FAILURES = 3;
/** How long, ms. Mail does not wait for it meanwhile. */
const REST_MS = 30_000;

/** A result with what only the message's header needs. */
export interface Judged extends FilterResult {
  resinfo: string[];
  /** Domains whose DKIM signature over the whole body is valid. */
  signers: string[];
}

interface State {
  server: boolean;
  failures: number;
  restsUntil: number;
  trouble: FilterTrouble | null;
}

export class Runner {
  readonly #states = new Map<FilterName, State>();
  readonly #clock: Clock;
  readonly #changed: () => void;

  constructor(clock: Clock, changed: () => void = () => undefined) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /**
   * Filters that do not work at present. A filter leaves the list with its next answer. One question that DNS could not answer
   * may be the fault of whoever is asked about; several in a row are ours.
   */
  get troubles(): FilterTrouble[] {
    return [...this.#states.values()].flatMap(({ trouble, server }) =>
      trouble && (server || trouble.skipped >= FAILURES) ? [trouble] : [],
    );
  }

  /** Asks all filters at once. Never rejects: what goes wrong is a result like any other. */
  async run<Subject>(
    filters: readonly Filter<Subject>[],
    subject: Subject,
    settings: FiltersSettings,
    resolve: Resolve,
  ): Promise<Judged[]> {
    const wanted = filters.filter((filter) => filter.wanted(settings));
    const all = await Promise.all(wanted.map((filter) => this.#ask(filter, subject, settings, resolve)));
    return all.flat();
  }

  async #ask<Subject>(
    filter: Filter<Subject>,
    subject: Subject,
    settings: FiltersSettings,
    resolve: Resolve,
  ): Promise<Judged[]> {
    const [first] = filter.names;
    if (first === undefined) return [];
    const began = this.#clock.steady();
    const state = this.#state(first, filter.server);
    let answers: FilterReport[];
    if (filter.server && began < state.restsUntil) {
      answers = [
        {
          filter: first,
          result: 'could-not-check',
          evidence: [`not asked: ${state.trouble?.words ?? 'it did not answer lately'}`],
        },
      ];
    } else {
      answers = await withDeadline(filter, subject, settings, resolve, this.#clock);
      const failed =
        answers.length > 0 &&
        answers.every((answer) => answer.result === 'could-not-check' && !answer.ofMessage);
      state.failures = failed ? state.failures + 1 : 0;
      if (filter.server && state.failures >= FAILURES) state.restsUntil = this.#clock.steady() + REST_MS;
    }
    const took = Math.round(this.#clock.steady() - began);
    return answers.flatMap((answer) => {
      const set = actionFor(answer.filter, settings);
      this.#remember(answer);
      if (set === 'off') return [];
      const action: FilterAction = answer.result === 'fail' ? milder(set, answer.most ?? 'reject') : 'off';
      return [
        {
          filter: answer.filter,
          result: answer.result,
          action,
          evidence: answer.evidence.slice(0, 20).map((line) => plainWords(line, 500)),
          took,
          resinfo: answer.resinfo ?? [],
          signers: answer.signers ?? [],
          ...(answer.signatures === undefined ? {} : { signatures: answer.signatures }),
        },
      ];
    });
  }

  #state(name: FilterName, server = false): State {
    let state = this.#states.get(name);
    if (!state) {
      state = { server, failures: 0, restsUntil: 0, trouble: null };
      this.#states.set(name, state);
    }
    return state;
  }

  #remember(answer: FilterReport): void {
    const state = this.#state(answer.filter);
    if (answer.ofMessage) return;
    if (answer.result === 'could-not-check') {
      state.trouble ??= { filter: answer.filter, skipped: 0, since: this.#clock.now(), words: '' };
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
  filter: Filter<Subject>,
  subject: Subject,
  settings: FiltersSettings,
  resolve: Resolve,
  clock: Clock,
): Promise<FilterReport[]> {
  const ending = new AbortController();
  const failed = (words: string): FilterReport[] =>
    filter.names.map((name) => ({ filter: name, result: 'could-not-check', evidence: [words] }));
  const { promise: late, resolve: isLate } = Promise.withResolvers<FilterReport[]>();
  const timer = clock.deadline(filter.deadline, () => {
    isLate(failed(`no answer within ${filter.deadline / 1000} s`));
    ending.abort();
  });
  const asked = (async () => filter.ask(subject, { settings, resolve, signal: ending.signal }))().catch(
    (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
  );
  const answers = await Promise.race([asked, late]);
  timer.cancel();
  return answers;
}
