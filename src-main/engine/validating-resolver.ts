// DNS that DNSSEC vouches for, from a validating resolver that the admin trusts: what DANE rests on.
import { parseHostPort } from '../../shared/names.ts';
import { exchange, type NameServerAddress } from '../probes/dns/transport.ts';
import type { DnsResponse } from '../probes/dns/message.ts';
import type { SecureResolver } from '../relay/smtp/dane.ts';

/** Until a resolver is given up and the next one is asked, ms. */
const GIVE_UP_MS = 3_000;

/**
 * Asks the resolvers in order until one answers. The AD bit is believed (RFC 6840 §5.7), so they must be on this machine or
 * reached by a path that nobody else can write to. A refusal to answer (SERVFAIL: the signatures are wrong, say) rejects.
 * @param resolvers addresses, with a port where it is not 53; without any there is no validating resolver.
 */
export function validatingResolver(resolvers: readonly string[]): SecureResolver | null {
  if (resolvers.length === 0) return null;
  const servers = resolvers.map((text) => parseHostPort(text, 53));
  const ask = async (name: string, type: 'A' | 'AAAA' | 'TLSA'): Promise<DnsResponse> => {
    let why = '';
    for (const { host, port } of servers) {
      const server: NameServerAddress = { name: null, address: host, port };
      const { reply, failure } = await exchange(
        server,
        { name, type, recursive: true, dnssec: true },
        { giveUpMs: GIVE_UP_MS },
      );
      if (reply !== null && (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN')) return reply;
      why = `the resolver ${host} says ${reply?.rcode ?? failure ?? 'nothing'} about ${name}`;
    }
    throw new Error(why);
  };
  return {
    addresses: async (host) => {
      const replies = await Promise.all([ask(host, 'A'), ask(host, 'AAAA')]);
      const records = replies.flatMap(({ answers }) =>
        answers.flatMap(({ type, data }) => (type === 'A' || type === 'AAAA' ? [data as string] : [])),
      );
      // One family without signatures would be a way in for a forger.
      return { secure: replies.every(({ ad }) => ad), records };
    },
    tlsa: async (name) => {
      const { ad, answers } = await ask(name, 'TLSA');
      const records = answers.flatMap((record) => {
        if (record.type !== 'TLSA') return [];
        const { usage, selector, matchingType, certificate } = record.data as Record<
          'usage' | 'selector' | 'matchingType',
          number
        > & { certificate: Uint8Array };
        return [{ usage, selector, matchingType, data: certificate }];
      });
      return { secure: ad, records };
    },
  };
}
