// Why checks could not be done: each reason is told once, with all the checks that it kept from their answers.
import { spoiledFactsSchema, type Finding } from '../../../shared/finding.ts';

export class Reasons {
  /** By what is the same about them: who told it first, and the others. */
  readonly #reasons = new Map<string, { teller: string; others: Set<string> }>();

  /** Takes note of a finding. @returns whether its reason has been told. */
  isTold({ check, state, summary, facts }: Finding): boolean {
    if (state !== 'could-not-check') return false;
    // What makes these answers worthless was found by another check, which comes before them and says it itself.
    const spoiled = spoiledFactsSchema.safeParse(facts);
    const spoiler = spoiled.success ? spoiled.data.spoiledBy : null;
    const key = spoiler === null ? `said ${summary}` : `spoiled ${spoiler}`;
    const reason = this.#reasons.get(key) ?? { teller: spoiler ?? check, others: new Set() };
    const isFirst = !this.#reasons.has(key) && spoiler === null;
    this.#reasons.set(key, reason);
    if (!isFirst && check !== reason.teller) reason.others.add(check);
    return !isFirst;
  }

  /** A line for each reason that kept more than its teller from an answer. */
  get lines(): string[] {
    return [...this.#reasons.values()]
      .filter(({ others }) => others.size > 0)
      .map(({ teller, others }) => `for the reason that ${teller} gives: ${[...others].join(', ')}`);
  }
}
