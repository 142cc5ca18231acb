// Plays DNS scenarios: builds the small internet that one describes and runs the check in it.
import type { Finding } from '../../../shared/finding.ts';
import type { ProbesSettings } from '../../../shared/settings-probes.ts';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import type { Target } from '../../../src-main/probes/target.ts';
import { inContract } from '../contract.ts';
import { Internet } from '../../lab/internet/internet.ts';
import type { InternetOptions } from '../../lab/internet/internet.ts';

export interface DnsWorld extends Omit<InternetOptions, 'zones'> {
  zones?: InternetOptions['zones'];
  /** Default: `office.example`. */
  domain?: string;
  relay?: Target['relay'];
  selectors?: Target['selectors'];
  destinations?: Target['destinations'];
  /** Done after everything has started, before the check runs. */
  before?: (internet: Internet) => Promise<void>;
  /** How far this machine's clock is ahead, ms. */
  clockAheadMs?: number;
  /** No packet from Mailward comes back; or what other settings it has. */
  network?: 'cut' | ((internet: Internet) => Partial<ProbesSettings>);
}

export function targetOf(domain: string, more: Partial<Target> = {}): Target {
  return { domain, destinations: [], relay: null, selectors: [], formerMx: [], expiresAt: null, ...more };
}

/** Builds the world, runs the check and takes the world down. */
export async function play(check: string, world: DnsWorld): Promise<Finding[]> {
  await using internet = await Internet.start({ zones: {}, ...world });
  await world.before?.(internet);
  return await ask(internet, check, world);
}

/** Runs a check in a world that is there. */
export async function ask(
  internet: Internet,
  check: string,
  world: Pick<DnsWorld, 'domain' | 'relay' | 'selectors' | 'destinations' | 'network' | 'clockAheadMs'> = {},
  past: Finding[] = [],
): Promise<Finding[]> {
  const { network, relay = null, selectors = [], destinations = [] } = world;
  const settings =
    network === 'cut'
      ? await internet.cutOff()
      : internet.settings(network === undefined ? {} : network(internet));
  const named = checkNamed(check);
  if (named === undefined) throw new Error(`there is no check ${check}`);
  const found = await runChecks({
    checks: [named],
    target: targetOf(world.domain ?? 'office.example', { relay, selectors, destinations }),
    settings,
    past: { findings: () => Promise.resolve(past) },
    now: () => Date.now() + (world.clockAheadMs ?? 0),
    onFinding: () => undefined,
  });
  return inContract(found);
}
