// What each check can find, and the facts of each finding: said once for the check that gives them and whoever reads them.
//
// A check's contract is a schema for each of its codes; `could-not-check` is among them where a check that could not ask has facts all the same.
// Findings are kept for a year and more, so a schema changes by what it adds, with a default: what earlier releases kept is to be read still.
import { z } from 'zod';
import type { Finding } from '../finding.ts';
import { blocklistsFacts } from './blocklists.ts';
import { clockFacts } from './clock.ts';
import { connectivityFacts } from './connectivity.ts';
import { daneFacts } from './dane.ts';
import { delegationFacts } from './delegation.ts';
import { dkimFacts } from './dkim.ts';
import { dmarcFacts } from './dmarc.ts';
import { dnsInterceptionFacts } from './dns-interception.ts';
import { dnssecFacts } from './dnssec.ts';
import { goesByMxFacts } from './goes-by-mx.ts';
import { greylistingFacts } from './greylisting.ts';
import { heloFacts } from './helo.ts';
import { mailLoopFacts } from './mail-loop.ts';
import { mtaStsFacts } from './mta-sts.ts';
import { mxFacts } from './mx.ts';
import { mxPropagationFacts } from './mx-propagation.ts';
import { pathFacts } from './path.ts';
import { pingFacts } from './ping.ts';
import { port25Facts } from './port-25.ts';
import { postmasterFacts } from './postmaster.ts';
import { ptrFacts } from './ptr.ts';
import { rateLimitFacts, rateLimitTestFacts } from './rate-limit.ts';
import { registrationFacts } from './registration.ts';
import { relayDeniedFacts } from './relay-denied.ts';
import { relayDoorFacts } from './relay-door.ts';
import { serverGreetingFacts } from './server-greeting.ts';
import { serverMovedFacts } from './server-moved.ts';
import { serverOpenRelayFacts } from './server-open-relay.ts';
import { serverReachableFacts } from './server-reachable.ts';
import { serverRefusesFacts } from './server-refuses.ts';
import { serverSpeedFacts } from './server-speed.ts';
import { serverTlsFacts } from './server-tls.ts';
import { spfFacts } from './spf.ts';
import { spoolSpaceFacts } from './spool-space.ts';
import { tlsRptFacts } from './tls-rpt.ts';
import { unknownRecipientFacts } from './unknown-recipient.ts';

/** In the order of the mail's way, as checks are listed. */
export const contracts = {
  'dns-interception': dnsInterceptionFacts,
  delegation: delegationFacts,
  mx: mxFacts,
  'mx-propagation': mxPropagationFacts,
  dnssec: dnssecFacts,
  registration: registrationFacts,
  connectivity: connectivityFacts,
  'port-25': port25Facts,
  clock: clockFacts,
  'spool-space': spoolSpaceFacts,
  ping: pingFacts,
  path: pathFacts,
  'relay-door': relayDoorFacts,
  'server-reachable': serverReachableFacts,
  'server-moved': serverMovedFacts,
  'server-greeting': serverGreetingFacts,
  'server-tls': serverTlsFacts,
  'server-refuses': serverRefusesFacts,
  'relay-denied': relayDeniedFacts,
  'goes-by-mx': goesByMxFacts,
  'unknown-recipient': unknownRecipientFacts,
  postmaster: postmasterFacts,
  greylisting: greylistingFacts,
  'rate-limit': rateLimitFacts,
  'rate-limit-test': rateLimitTestFacts,
  'mail-loop': mailLoopFacts,
  'server-open-relay': serverOpenRelayFacts,
  'server-speed': serverSpeedFacts,
  blocklists: blocklistsFacts,
  ptr: ptrFacts,
  helo: heloFacts,
  spf: spfFacts,
  dkim: dkimFacts,
  dmarc: dmarcFacts,
  'mta-sts': mtaStsFacts,
  'tls-rpt': tlsRptFacts,
  dane: daneFacts,
};

export type CheckName = keyof typeof contracts;
type Contract<Name extends CheckName> = (typeof contracts)[Name];

/** What a check has facts for: its codes, and perhaps `could-not-check`. */
type FactualCode<Name extends CheckName> = keyof Contract<Name> & string;

/** Everything that a check can find, but `could-not-check` and `not-applicable`, which every check can. */
export type CodeOf<Name extends CheckName> = Exclude<FactualCode<Name>, 'could-not-check'>;

type FactsBy<Name extends CheckName> = {
  [Code in FactualCode<Name>]: Contract<Name>[Code] extends z.ZodType<infer Facts> ? Facts : never;
};

/** The facts of a check's findings: of one code, or of any. */
export type FactsOf<
  Name extends CheckName,
  Code extends FactualCode<Name> = FactualCode<Name>,
> = FactsBy<Name>[Code];

/** The facts of a check that could not ask, where it has any. */
export type UnknownFactsOf<Name extends CheckName> =
  'could-not-check' extends FactualCode<Name>
    ? FactsOf<Name, 'could-not-check' & FactualCode<Name>>
    : Record<string, never>;

/** A finding of one check: its code says which facts it has. */
export type FindingOf<Name extends CheckName> = Name extends CheckName
  ? {
      [Code in FactualCode<Name>]: Omit<Finding, 'check' | 'code' | 'facts'> & {
        check: Name;
        code: Code;
        facts: FactsOf<Name, Code>;
      };
    }[FactualCode<Name>]
  : never;

export function isCheckName(name: string): name is CheckName {
  return Object.hasOwn(contracts, name);
}

/**
 * A finding of this check with its facts as its code says. Null when it is another check's, has no facts (`not-applicable`), or has some of another
 * form, as an earlier or later release may have kept it: then nothing is known of it but its sentence.
 */
export function readFinding<Name extends CheckName>(check: Name, finding: Finding): FindingOf<Name> | null {
  if (finding.check !== check) return null;
  const contract: Readonly<Record<string, z.ZodType>> = contracts[check];
  const schema = Object.hasOwn(contract, finding.code) ? contract[finding.code] : undefined;
  const facts = schema?.safeParse(finding.facts);
  return facts?.success === true ? ({ ...finding, facts: facts.data } as FindingOf<Name>) : null;
}
