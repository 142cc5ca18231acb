// The pre-flight's result: from all that was looked at, "ready", "not ready" or "could not check", and the sentence for it.
import { toUnicodeName } from '../../shared/idn.ts';
import type { Preflight, PreflightItem, PreflightResult } from '../../shared/preflight.ts';
import type { HealthState } from '../../shared/state.ts';
import { ITEMS, type PreflightInput } from './preflight-items.ts';

export function preflightOf(input: PreflightInput): Preflight {
  const items = ITEMS.map(({ name, title, isEssential, judge }): PreflightItem => {
    const { state, summary, advice = [], checks = [] } = judge(input);
    return { name, title, isEssential, state, summary, advice, checks };
  });
  const result = resultOf(items);
  const { domain, at } = input;
  return { domain, at, result, summary: summaryOf(toUnicodeName(domain), result, items), items };
}

function resultOf(items: readonly PreflightItem[]): PreflightResult {
  if (items.some(({ state }) => state === 'problem')) return 'not-ready';
  const isOpen = items.some(({ state, isEssential }) => isEssential && state === 'could-not-check');
  return isOpen ? 'could-not-check' : 'ready';
}

function summaryOf(domain: string, result: PreflightResult, items: readonly PreflightItem[]): string {
  const countOf = (state: HealthState, essential = false) =>
    items.filter((item) => item.state === state && (!essential || item.isEssential)).length;
  const things = (n: number) => (n === 1 ? 'one thing' : `${n} things`);
  switch (result) {
    case 'not-ready': {
      const n = countOf('problem');
      return `${domain} is not ready: ${things(n)} must be put right before the MX records are changed.`;
    }
    case 'could-not-check': {
      const n = countOf('could-not-check', true);
      return `Whether ${domain} is ready is not known: ${things(n)} could not be checked.`;
    }
    case 'ready': {
      const n = countOf('attention');
      return n === 0
        ? `${domain} is ready: its MX records may be changed.`
        : `${domain} is ready: its MX records may be changed. Look at ${things(n)} first.`;
    }
  }
}
