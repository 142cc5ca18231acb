// A word and a shape for each state, as everywhere in Mailward.
import type { HealthState } from '../../shared/state.ts';

const words: Readonly<Record<HealthState, string>> = {
  problem: '✗ problem',
  attention: '▲ attention',
  'could-not-check': '? could not check',
  ok: '● ok',
  'not-applicable': '○ not applicable',
};
export const MARK_WIDTH = words['could-not-check'].length;

/** At the beginning of a line: all are of one width. */
export function mark(state: HealthState): string {
  return words[state].padEnd(MARK_WIDTH);
}
