// Whether a host is this machine, as far as its listener is concerned.
import { networkInterfaces } from 'node:os';

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
