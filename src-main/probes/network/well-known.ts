// Servers that everybody may reach, by which a network is told from none: the admin's, or those that come with Mailward.
import { getDomain } from 'tldts';
import { isIP } from 'node:net';
import shipped from '../../../assets/well-known-servers.json' with { type: 'json' };
import { parseHostPort, type HostPort } from '../../../shared/names.ts';
import type { ProbesSettings } from '../../../shared/settings-probes.ts';

/** What they are for: to see a network at all, to see port 25 open, or to ask the time of. */
export type Purpose = 'network' | 'mail' | 'clock';

const MAIL_PORT = 25;
/** What is not HTTP on a server of the admin's list. */
const withoutTime = new Set([MAIL_PORT, 53, 853]);

export function wellKnown({ reachabilityTargets }: ProbesSettings, purpose: Purpose): HostPort[] {
  if (reachabilityTargets.length === 0) return shipped[purpose].map((entry) => parseHostPort(entry));
  const all = reachabilityTargets.map((entry) => parseHostPort(entry));
  switch (purpose) {
    case 'mail':
      return all.filter(({ port }) => port === MAIL_PORT);
    case 'clock':
      return all.filter(({ port }) => !withoutTime.has(port));
    case 'network': {
      // Port 25 is often closed on purpose, and says little of the network.
      const others = all.filter(({ port }) => port !== MAIL_PORT);
      return others.length > 0 ? others : all;
    }
  }
}

/** How many operators are among them: names of one domain are of one operator, and so is each address. */
export function operators(places: readonly HostPort[]): number {
  return new Set(places.map(({ host }) => (isIP(host) === 0 ? (getDomain(host) ?? host) : host))).size;
}
