// The exit status of `mailward status`: whatever wants somebody's attention is told to a monitor too.
import { expect, it } from 'vitest';
import { exitFor } from '../../src-main/cli/commands/status.ts';
import type { FilterTrouble } from '../../shared/filters.ts';
import type { HealthState } from '../../shared/state.ts';

const filter: FilterTrouble = { filter: 'clamav', skipped: 3, since: 0, words: 'no answer' };

it.each<[string, { state: HealthState; filterTroubles?: FilterTrouble[]; running?: boolean }, number]>([
  ['all is well', { state: 'ok' }, 0],
  ['no domain is protected yet', { state: 'not-applicable' }, 0],
  ['a domain is held, has failed or late mail, the certificate is bad', { state: 'attention' }, 1],
  ['a server does not take mail, or Mailward cannot', { state: 'problem' }, 1],
  ['a filter does not work, and mail goes on without it', { state: 'ok', filterTroubles: [filter] }, 1],
  ['it is not known', { state: 'could-not-check' }, 3],
  ['Mailward does not run', { state: 'ok', running: false }, 1],
])('%s', (_, { state, filterTroubles = [], running = true }, exit) => {
  expect(exitFor({ state, filterTroubles }, running)).toBe(exit);
});
