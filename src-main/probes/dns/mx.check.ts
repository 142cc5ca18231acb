// Check `mx`: does every name server name the same servers for the domain's mail, and are these where mail should go?
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Finding } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { Found } from '../check.ts';
import type { Relay } from '../target.ts';
import type { NameServer } from './authority.ts';
import { authorityOf, listed, ofDns, ordered, setText, speakersOf } from './common.ts';
import type { Mx } from './common.ts';
import { dnsOf } from './dns.ts';
import type { Addresses, Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import { canonical, pick } from './message.ts';
import type { Exchange } from './transport.ts';

export const mx = defineCheck({
  ...ofDns,
  name: 'mx',
  question: 'Does the domain name the right servers for its mail, and can each of them be found?',
  deadlineMs: 15_000,
  findings: {
    fine: fine('All name servers give the same MX records, and every server that they name can be found.'),
    'no-such-domain': wrong('urgent', 'There is no such domain, so mail to it is refused everywhere.'),
    'no-mx': wrong(
      'attention',
      'There are no MX records; senders try the domain’s own address instead, which not all do.',
    ),
    nowhere: wrong('urgent', 'There are neither MX records nor an address: mail has nowhere to go.'),
    'null-mx': wrong(
      'urgent',
      'The MX record says that the domain takes no mail (RFC 7505): all mail to it is refused.',
    ),
    'null-mx-and-others': wrong(
      'attention',
      'An MX record says that the domain takes no mail, and others name servers: senders choose one or the other.',
    ),
    differs: wrong(
      'urgent',
      'The name servers give different MX records, so that some mail goes one way and some another.',
    ),
    'target-is-address': wrong(
      'urgent',
      'An MX record holds an address where a name must be; senders cannot use it.',
    ),
    'target-is-alias': wrong(
      'attention',
      'An MX record names an alias (CNAME), which is not allowed (RFC 2181); some senders refuse it.',
    ),
    'target-not-found': wrong(
      'attention',
      'A server that an MX record names has no address; the others have to do.',
    ),
    'no-target-found': wrong(
      'urgent',
      'None of the servers that the MX records name has an address: mail cannot be delivered.',
    ),
    'target-private': wrong(
      'attention',
      'A server that an MX record names has an address of private networks only, which nobody outside reaches.',
    ),
    'not-the-relay': wrong('attention', 'The MX records do not name Mailward: mail goes past it.'),
    'relay-not-first': wrong(
      'attention',
      'Other servers come before Mailward in the MX records: mail goes past it as long as they answer.',
    ),
  },
  async run({ target, world, report, couldNotCheck }) {
    const dns = dnsOf(world);
    const { domain, relay } = target;
    const [authority, resolution] = await Promise.all([authorityOf(dns, domain), dns.resolve(domain, 'MX')]);
    if (authority.status === 'no-such-name' || resolution.status === 'no-such-name') {
      report('no-such-domain', {
        summary: `There is no domain ${domain}.`,
        evidence: authority.status === 'no-such-name' ? authority.evidence : resolution.evidence,
      });
      return;
    }
    const said = await sets(dns, domain, speakersOf(authority));
    const isAlias = resolution.aliases.length > 0;
    if (resolution.status === 'could-not') throw new CouldNotCheck(resolution.reason, resolution.evidence);
    const evidence =
      said.length > 0 && !isAlias ? said.map(({ asked }) => evidenceOf(asked)) : resolution.evidence;
    const records = ordered(resolution.records.map(({ data }) => data));

    let isFine = true;
    const problem = (code: Exclude<Parameters<typeof report>[0], 'fine'>, found: Found) => {
      isFine = false;
      report(code, { evidence, ...found });
    };
    const different = new Set(said.map(({ records: set }) => setText(set)));
    if (!isAlias && different.size > 1) {
      problem('differs', {
        summary: `The name servers of ${authority.zone} do not agree: ${listed([...different].map((set) => (set === '' ? 'none' : set)))}.`,
        facts: {
          servers: said.map(({ server, records: set }) => ({
            name: server.name,
            address: server.address,
            mx: ordered(set).map(plain),
          })),
        },
      });
    }
    if (records.length === 0) {
      const own = await dns.addresses(domain);
      if (own.status === 'could-not') throw new CouldNotCheck(own.reason, own.evidence);
      const has = own.status === 'answer';
      problem(has ? 'no-mx' : 'nowhere', {
        summary: has
          ? `${domain} has no MX records; mail goes to its own address, ${listed([...own.v4, ...own.v6])}.`
          : `${domain} has neither MX records nor an address.`,
        evidence: [...evidence, ...own.evidence],
      });
      return;
    }
    const named = records.filter(({ exchange }) => exchange !== '.');
    if (named.length < records.length) {
      problem(named.length === 0 ? 'null-mx' : 'null-mx-and-others', {
        summary:
          named.length === 0
            ? `${domain} says that it takes no mail.`
            : `${domain} says that it takes no mail, and names ${listed(named.map(({ exchange }) => exchange))} all the same.`,
      });
      if (named.length === 0) return;
    }

    const hosts = [...new Set(named.map(({ exchange }) => exchange))];
    const [targets, own] = await Promise.all([
      Promise.all(hosts.map(async (host) => ({ host, found: await look(dns, host) }))),
      relay === null ? null : relayAddresses(dns, relay),
    ]);
    for (const { host, found } of targets) {
      const problemOf = (code: Parameters<typeof problem>[0], summary: string) =>
        problem(code, { subject: host, summary, evidence: [...evidence, ...found.evidence] });
      if (isIP(host) !== 0) {
        problemOf(
          'target-is-address',
          `An MX record of ${domain} holds the address ${host} in place of a name.`,
        );
      } else if (found.aliases.length > 0) {
        problemOf('target-is-alias', `${host} is an alias for ${found.aliases.at(-1)?.data ?? ''}.`);
      }
      if (found.status === 'could-not' && isIP(host) === 0) {
        couldNotCheck({ subject: host, summary: found.reason, evidence: found.evidence });
        isFine = false;
      } else if (found.status === 'answer' && [...found.v4, ...found.v6].every(isPrivate)) {
        problemOf(
          'target-private',
          `${host} has no address but ${listed([...found.v4, ...found.v6])}, which nobody outside reaches.`,
        );
      }
    }
    const missing = targets.filter(({ host, found }) => isAbsent(found) && isIP(host) === 0);
    if (missing.length > 0 && missing.length === targets.length) {
      problem('no-target-found', {
        summary: `No server that ${domain} names for its mail has an address: ${listed(missing.map(({ host }) => host))}.`,
        evidence: [...evidence, ...missing.flatMap(({ found }) => found.evidence)],
      });
    } else {
      for (const { host, found } of missing) {
        problem('target-not-found', {
          subject: host,
          summary: `${host} ${found.status === 'no-such-name' ? 'does not exist' : 'has no address'}.`,
          evidence: [...evidence, ...found.evidence],
        });
      }
    }

    const facts: Finding['facts'] = {
      ttl: resolution.ttl,
      mx: named.map((record) => {
        const found = targets.find(({ host }) => host === record.exchange)?.found;
        return { ...plain(record), v4: found?.v4 ?? [], v6: found?.v6 ?? [] };
      }),
    };
    if (relay !== null && own !== null) {
      const isRelay = ({ exchange }: Mx) =>
        exchange === canonical(relay.hostname) ||
        (targets.find(({ host }) => host === exchange)?.found ?? null)?.v4.some((each) => own.has(each)) ===
          true ||
        targets.find(({ host }) => host === exchange)?.found.v6.some((each) => own.has(each)) === true;
      const ours = named.filter(isRelay);
      const [first] = named;
      if (ours.length === 0) {
        const doubt = targets.find(({ found }) => found.status === 'could-not');
        if (doubt === undefined) {
          problem('not-the-relay', {
            summary: `Mail for ${domain} goes to ${listed(hosts)} and not by way of ${relay.hostname}.`,
            facts,
          });
        }
      } else if (first !== undefined && ours.every(({ preference }) => preference > first.preference)) {
        problem('relay-not-first', {
          summary: `${first.exchange} comes before ${relay.hostname} in the MX records of ${domain}.`,
          facts,
        });
      }
    }
    if (isFine) {
      report('fine', {
        summary: `Mail for ${domain} goes to ${listed(hosts)}, as all its name servers say.`,
        evidence: [...evidence, ...targets.flatMap(({ found }) => found.evidence)],
        facts,
      });
    }
  },
});

/** Each server's own set. */
export async function sets(
  dns: Dns,
  domain: string,
  servers: readonly NameServer[],
  again = false,
): Promise<{ server: NameServer; asked: Exchange; records: Mx[]; ttl: number | null }[]> {
  const all = await Promise.all(
    servers.map(async (server) => ({ server, asked: await dns.ask(server, domain, 'MX', { again }) })),
  );
  return all.flatMap(({ server, asked }) => {
    const { reply } = asked;
    if (reply?.aa !== true || !['NOERROR', 'NXDOMAIN'].includes(reply.rcode)) return [];
    const records = pick(reply.answers, 'MX', canonical(domain));
    const ttl = records.length === 0 ? null : Math.min(...records.map((record) => record.ttl));
    return [{ server, asked, records: records.map(({ data }) => data), ttl }];
  });
}

/** A record as facts have it. */
export function plain({ preference, exchange }: Mx): { preference: number; exchange: string } {
  return { preference, exchange };
}

/** An address in a name's place is where it says; nobody is asked. */
function look(dns: Dns, host: string): Promise<Addresses> {
  if (isIP(host) === 0) return dns.addresses(host);
  const nothing = { status: 'no-data' as const, v4: [], v6: [], reason: '', aliases: [], evidence: [] };
  return Promise.resolve(nothing);
}

function isAbsent({ status }: Addresses): boolean {
  return status === 'no-data' || status === 'no-such-name';
}

async function relayAddresses(dns: Dns, { hostname, addresses }: Relay): Promise<Set<string>> {
  if (addresses.length > 0) return new Set(addresses);
  const { v4, v6 } = await dns.addresses(hostname);
  return new Set([...v4, ...v6]);
}

function isPrivate(address: string): boolean {
  const range = ipaddr.parse(address).range();
  return ['private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal', 'unspecified'].includes(range);
}
