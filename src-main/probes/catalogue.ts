// Every check there is, in the order in which they are listed: along the way that mail takes.
import { dane } from './authentication/dane.check.ts';
import { dkim } from './authentication/dkim.check.ts';
import { dmarc } from './authentication/dmarc.check.ts';
import { helo } from './authentication/helo.check.ts';
import { mtaSts } from './authentication/mta-sts.check.ts';
import { ptr } from './authentication/ptr.check.ts';
import { spf } from './authentication/spf.check.ts';
import { tlsRpt } from './authentication/tls-rpt.check.ts';
import type { Check } from './check.ts';
import { delegation } from './dns/delegation.check.ts';
import { dnssec } from './dns/dnssec.check.ts';
import { interception } from './dns/dns-interception.check.ts';
import { mx } from './dns/mx.check.ts';
import { propagation } from './dns/mx-propagation.check.ts';
import { clock } from './network/clock.check.ts';
import { connectivity } from './network/connectivity.check.ts';
import { path } from './network/path.check.ts';
import { ping } from './network/ping.check.ts';
import { port25 } from './network/port-25.check.ts';
import { spoolSpace } from './network/spool-space.check.ts';
import { registration } from './registration/registration.check.ts';
import { blocklists } from './reputation/blocklists.check.ts';
import { goesByMx } from './smtp/goes-by-mx.check.ts';
import { greeting } from './smtp/server-greeting.check.ts';
import { greylisting } from './smtp/greylisting.check.ts';
import { loop } from './smtp/mail-loop.check.ts';
import { moved } from './smtp/server-moved.check.ts';
import { openRelay } from './smtp/server-open-relay.check.ts';
import { ownRelay } from './smtp/relay-door.check.ts';
import { postmaster } from './smtp/postmaster.check.ts';
import { rateLimit, rateLimitTest } from './smtp/rate-limit.check.ts';
import { reachable } from './smtp/server-reachable.check.ts';
import { refuses } from './smtp/server-refuses.check.ts';
import { relayDenied } from './smtp/relay-denied.check.ts';
import { speed } from './smtp/server-speed.check.ts';
import { tls } from './smtp/server-tls.check.ts';
import { unknownRecipient } from './smtp/unknown-recipient.check.ts';

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
  ownRelay,
  reachable,
  moved,
  greeting,
  tls,
  refuses,
  relayDenied,
  goesByMx,
  unknownRecipient,
  postmaster,
  greylisting,
  rateLimit,
  rateLimitTest,
  loop,
  openRelay,
  speed,
  blocklists,
  ptr,
  helo,
  spf,
  dkim,
  dmarc,
  mtaSts,
  tlsRpt,
  dane,
];

export function checkNamed(name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}
