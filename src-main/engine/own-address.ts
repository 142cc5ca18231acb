// Whether a host is this machine, as far as its listener is concerned, and where the world reaches it.
import { networkInterfaces } from 'node:os';
import type { Settings } from '../../shared/settings.ts';
import { isWithin, kindOf } from '../probes/addresses.ts';
import type { Relay } from '../probes/target.ts';
import { ownName } from '../relay/smtp/own-name.ts';

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/** Whether a connection to `host` reaches a listener that is bound to `bound`. Names other than localhost are not looked up. */
export function leadsTo(bound: string, host: string): boolean {
  if (host === bound) return true;
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (!EVERY_ADDRESS.has(bound)) return address === bound;
  if (address.startsWith('127.') || address === '::1') return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((one) => one.address === address),
  );
}

/** Whether only programs of this machine reach a listener that is bound to `bound`. */
export function isLocal(bound: string, alsoPublic: readonly string[]): boolean {
  return bound === 'localhost' || (kindOf(bound) === 'loopback' && !isWithin(bound, alsoPublic));
}

/** The port on which mail between servers arrives (RFC 5321 section 4.5.4.2). */
const MAIL_PORT = 25;

/** As settings say where the world reaches Mailward; null while nobody said. */
export function relayOf({ smtp, probes }: Settings): Relay | null {
  if (smtp.hostname === '' && probes.relayAddresses.length === 0) return null;
  return { hostname: ownName(smtp.hostname), addresses: probes.relayAddresses };
}

/** The same; where nobody said, a listener that takes mail on all addresses of this machine is reached at these. */
export function relayAt(settings: Settings, { host, port }: { host: string; port: number }): Relay | null {
  const said = relayOf(settings);
  if (said !== null || port !== MAIL_PORT) return said;
  const outward = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
  );
  const addresses = outward.filter((address) => leadsTo(host, address));
  return addresses.length === 0 ? null : { hostname: ownName(''), addresses };
}
