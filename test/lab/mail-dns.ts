// A DNS of a few names, for what is asked of it about mail addresses: no packet is sent.
import type { DnsRecord, RecordType } from '../../src-main/probes/dns/message.ts';
import type { Addresses, Resolution, ResolutionStatus } from '../../src-main/probes/dns/dns.ts';
import type { MailDns } from '../../src-main/engine/outside-address.ts';

/** What a name has; `silent`: its name servers do not answer. */
export type NameInDns = 'silent' | { mx?: [preference: number, exchange: string][]; a?: string[] };

/** Names that are not here are not in DNS. */
export function mailDns(names: Readonly<Record<string, NameInDns>>): MailDns {
  const has = (name: string) => (Object.hasOwn(names, name) ? names[name]! : null);
  const statusOf = (name: string, found: readonly unknown[]): ResolutionStatus =>
    has(name) === null
      ? 'no-such-name'
      : has(name) === 'silent'
        ? 'could-not'
        : found.length > 0
          ? 'answer'
          : 'no-data';
  const common = (name: string, status: ResolutionStatus) => ({
    ...{ name, status, aliases: [], evidence: [], ttl: 300, zone: name, server: null, aa: true },
    why: status === 'could-not' ? ('network' as const) : null,
    reason: status === 'could-not' ? `None of the name servers of ${name} answered.` : '',
  });
  return {
    resolve: <T extends RecordType>(name: string, type: T): Promise<Resolution<T>> => {
      const entry = has(name);
      const found = entry === null || entry === 'silent' || type !== 'MX' ? [] : (entry.mx ?? []);
      const records = found.map(([preference, exchange]) => ({
        name,
        type,
        ttl: 300,
        data: { preference, exchange },
      }));
      return Promise.resolve({
        ...common(name, statusOf(name, found)),
        ...{ type, records: records as unknown as DnsRecord<T>[] },
      });
    },
    addresses: (host): Promise<Addresses> => {
      const entry = has(host);
      const v4 = entry === null || entry === 'silent' ? [] : (entry.a ?? []);
      const status = statusOf(host, v4);
      return Promise.resolve({ ...common(host, status), v4, v6: [], of: { v4: status, v6: status } });
    },
  };
}
