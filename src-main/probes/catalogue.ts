// Every check there is, in the order in which they are listed: along the way that mail takes.
import type { Check } from './check.ts';

export const checks: readonly Check[] = [];

export function checkNamed(name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}
