// Every check there is, in the order in which they are listed: along the way that mail takes.
import { dane } from './authentication/dane.ts';
import { dkim } from './authentication/dkim.ts';
import { dmarc } from './authentication/dmarc.ts';
import { helo } from './authentication/helo.ts';
import { mtaSts } from './authentication/mta-sts.ts';
import { ptr } from './authentication/ptr.ts';
import { spf } from './authentication/spf.ts';
import { tlsRpt } from './authentication/tls-rpt.ts';
import type { Check } from './check.ts';
import { delegation } from './dns/delegation.check.ts';
import { dnssec } from './dns/dnssec.check.ts';
import { interception } from './dns/interception.check.ts';
import { mx } from './dns/mx.check.ts';
import { propagation } from './dns/propagation.check.ts';
import { clock } from './network/clock.ts';
import { connectivity } from './network/connectivity.ts';
import { path } from './network/path.ts';
import { ping } from './network/ping.ts';
import { port25 } from './network/port-25.ts';
import { spoolSpace } from './network/spool-space.ts';
import { registration } from './registration/registration.ts';
import { blocklists } from './reputation/blocklists.ts';

export const checks: readonly Check[] = [
  interception,
  delegation,
  mx,
  propagation,
  dnssec,
  registration,
  connectivity,
  port25,
  clock,
  spoolSpace,
  ping,
  path,
];

export function checkNamed(name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}
