// The state of anything that Mailward watches: how a finding becomes one, and which of several stands for all of them.
import { z } from 'zod';
import type { FindingState, Severity } from './finding.ts';

/**
 * Gravest first. `problem` is red: mail stops, or is about to. `attention` is amber: it works, but someone should look. "Could not check" is
 * never shown as failed, yet it is graver than `ok`: nobody knows that all is well. Shown with a shape and a word, never by colour alone.
 */
export const healthSchema = z.enum(['problem', 'attention', 'could-not-check', 'ok', 'not-applicable']);
export type HealthState = z.infer<typeof healthSchema>;

/** How grave a state is: 0 is nothing to look at, and more is graver. */
export function gravityOf(state: HealthState): number {
  return healthSchema.options.length - 1 - healthSchema.options.indexOf(state);
}

/** A finding as a state: what is wrong is a `problem`, unless the check says that it only wants attention. */
export function healthOf({
  state,
  severity,
}: {
  state: FindingState;
  severity: Severity | null;
}): HealthState {
  return state === 'problem' && severity === 'attention' ? 'attention' : state;
}

/** The state that stands for several: the gravest of them. Null, which is "not known yet", counts for nothing; of none there is none. */
export function worst(states: readonly [HealthState, ...HealthState[]]): HealthState;
export function worst(states: readonly (HealthState | null)[]): HealthState | null;
export function worst(states: readonly (HealthState | null)[]): HealthState | null {
  return healthSchema.options.find((state) => states.includes(state)) ?? null;
}

/** Gravest first, otherwise in the order in which they are; those without a state last. */
export function byGravity<T>(all: readonly T[], stateOf: (one: T) => HealthState | null): T[] {
  const rank = (one: T) => {
    const state = stateOf(one);
    return state === null ? -1 : gravityOf(state);
  };
  return [...all].sort((a, b) => rank(b) - rank(a));
}

/** Whether somebody should look: it is amber or red. What is not known is neither. */
export function wantsAttention(state: HealthState | null): boolean {
  return state === 'problem' || state === 'attention';
}
