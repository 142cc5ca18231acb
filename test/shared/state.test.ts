// How a finding becomes a state, and which state stands for several: the one order that screens, sentences and the history go by.
import { describe, expect, it } from 'vitest';
import { findingStateSchema, severitySchema } from '../../shared/finding.ts';
import { byGravity, gravityOf, healthOf, healthSchema, wantsAttention, worst } from '../../shared/state.ts';
import type { HealthState } from '../../shared/state.ts';

describe('a finding as a state', () => {
  it.each([
    ['ok', null, 'ok'],
    ['problem', 'urgent', 'problem'],
    ['problem', 'attention', 'attention'],
    // A problem of which nobody says how grave it is, is not called harmless.
    ['problem', null, 'problem'],
    ['could-not-check', null, 'could-not-check'],
    ['not-applicable', null, 'not-applicable'],
    // Only a problem has a severity.
    ['ok', 'attention', 'ok'],
    ['could-not-check', 'urgent', 'could-not-check'],
  ] as const)('%s, %s is %s', (state, severity, health) => {
    expect(healthOf({ state, severity })).toBe(health);
  });
});

describe('the state that stands for several', () => {
  it.each<[readonly (HealthState | null)[], HealthState | null]>([
    [['ok', 'problem', 'attention'], 'problem'],
    [['attention', 'could-not-check', 'ok'], 'attention'],
    // What nobody could ask is never covered up by what is well.
    [['ok', 'could-not-check', 'not-applicable'], 'could-not-check'],
    [['not-applicable', 'ok'], 'ok'],
    [['not-applicable', 'not-applicable'], 'not-applicable'],
    [[null, 'ok', null], 'ok'],
    [[null, null], null],
    [[], null],
  ])('of %j is %s', (states, state) => {
    expect(worst(states)).toBe(state);
    expect(worst([...states].reverse())).toBe(state);
  });

  it('is the gravest one, whatever the pair', () => {
    for (const a of healthSchema.options)
      for (const b of healthSchema.options) expect(worst([a, b])).toBe(gravityOf(a) >= gravityOf(b) ? a : b);
  });
});

it('puts what is gravest first, and leaves equals in their order', () => {
  const all = [
    ['a', 'ok'],
    ['b', null],
    ['c', 'problem'],
    ['d', 'could-not-check'],
    ['e', 'ok'],
    ['f', 'attention'],
    ['g', 'not-applicable'],
    ['h', 'problem'],
  ] as const;
  expect(
    byGravity(all, ([, state]) => state)
      .map(([name]) => name)
      .join(''),
  ).toBe('chfdaegb');
});

it('asks for a look at what is amber or red, and at nothing else', () => {
  expect(healthSchema.options.filter(wantsAttention)).toEqual(['problem', 'attention']);
  expect(wantsAttention(null)).toBe(false);
  expect(findingStateSchema.options.filter((state) => !healthSchema.options.includes(state))).toEqual([]);
  expect(severitySchema.options).toEqual(['urgent', 'attention']);
});
