// Every check there is, in the order in which they are listed: along the way that mail takes.
import type { Check } from './check.ts';
import { delegation } from './dns/delegation.check.ts';
import { dnssec } from './dns/dnssec.check.ts';
import { interception } from './dns/interception.check.ts';
import { mx } from './dns/mx.check.ts';
import { propagation } from './dns/propagation.check.ts';

export const checks: readonly Check[] = [interception, delegation, mx, propagation, dnssec];

export function checkNamed(name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}
