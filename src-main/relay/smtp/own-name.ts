// What Mailward calls itself, in SMTP and in what it writes.
import { hostname as machineName } from 'node:os';
import { toDomainName } from '../../../shared/names.ts';

/** Systems take anything for the machine's name: `Anna’s MacBook`, an umlaut, a line end. */
const machine = toDomainName(machineName()) ?? 'localhost';

/** The name we give ourselves: the configured one (it may be an address), or the machine's as a domain name. */
export function ownName(configured: string): string {
  return configured === '' ? machine : configured;
}
