// Asks one check about one target, with settings and a clock of the test's own.
import type { Check } from '../../src-main/probes/check.ts';
import { runChecks } from '../../src-main/probes/runner.ts';
import type { Target } from '../../src-main/probes/target.ts';
import type { WorldOptions } from '../../src-main/probes/world.ts';
import type { Finding } from '../../shared/finding.ts';
import { inContract } from './contract.ts';
import { settingsSchema } from '../../shared/settings.ts';
import type { ProbesSettings } from '../../shared/settings-probes.ts';

export const nobody: Target = {
  domain: 'example.com',
  destinations: [],
  relay: null,
  selectors: [],
  formerMx: [],
  expiresAt: null,
};

export interface Question extends Omit<Partial<WorldOptions>, 'settings'> {
  target?: Partial<Target>;
  settings?: Partial<ProbesSettings>;
}

/** A world in which nobody answers, unless the test says who does. */
const home: Partial<ProbesSettings> = {
  alsoPublic: ['127.0.0.0/8'],
  rootServers: ['127.0.0.1'],
  dnsPort: 9,
  publicResolvers: ['127.0.0.1'],
  rdapBootstrap: '',
  whoisServers: ['.=127.0.0.1:9'],
  reachabilityTargets: ['127.0.0.1:9'],
};

/** All that the check finds, in the order in which it comes. */
export async function ask(check: Check, { target, settings, ...world }: Question): Promise<Finding[]> {
  const found = await runChecks({
    ...world,
    checks: [check],
    target: { ...nobody, ...target },
    // Nothing of a test leaves the machine.
    settings: { ...settingsSchema.parse({}).probes, ...home, ...settings },
    onFinding: () => undefined,
  });
  return inContract(found);
}

/** The one finding of a check that has one thing to say. */
export async function askOne(check: Check, question: Question): Promise<Finding> {
  const [finding, ...more] = await ask(check, question);
  if (finding === undefined || more.length > 0)
    throw new Error(
      `expected one finding, not ${1 + more.length}: ${more.map(({ code }) => code).join(' ')}`,
    );
  return finding;
}
