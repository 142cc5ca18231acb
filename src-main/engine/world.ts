// What a lab puts in place of the world.
import type { TimeSources } from '../clock/watched.ts';
import type { MxRead } from '../../shared/mx-reading.ts';
import type { MxSpread } from '../probes/dns/mx-spread.ts';
import type { LookUp } from '../relay/smtp/address-book.ts';
import type { Resolve } from '../relay/resolver.ts';
import type { MailDns } from './outside-address.ts';

export interface EngineWorld {
  /** Where the time comes from, and who waits. */
  time?: TimeSources;
  resolve?: Resolve;
  /** What is found out of the domains of contacts' addresses. */
  mailDns?: MailDns;
  /** Where the servers of routes are. */
  lookUp?: LookUp;
  /** What domains' MX records are. */
  readMx?: (domain: string, signal: AbortSignal) => Promise<MxRead>;
  /** Who has which MX records. */
  mxSpread?: (domain: string, signal: AbortSignal) => Promise<MxSpread>;
  /** Port of the world's mail servers. */
  smtpPort?: number;
  /** Lets mail servers of the world have loopback and private addresses. */
  allowInner?: boolean;
}
