// Check `delegation`: are the domain's name servers those that the zone above names, and do all of them do their work?
import { isIPv6 } from 'node:net';
import { randomBytes } from 'node:crypto';
import { defineCheck, CouldNotCheck, fine, wrong } from '../check.ts';
import type { Found } from '../check.ts';
import type { World } from '../world.ts';
import type { Authority, NameServer } from './authority.ts';
import { authorityOf, evidenceOfAll, isSpeaker, listed, nameOf, ofDns } from './common.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import { groupsOf, parentOf, pick } from './message.ts';
import { publicResolvers } from './public-resolvers.ts';
import type { Exchange } from './transport.ts';

export const delegation = defineCheck({
  ...ofDns,
  name: 'delegation',
  question: 'Do the domain’s name servers all answer, with authority, and do they agree with the zone above?',
  deadlineMs: 15_000,
  findings: {
    fine: fine(
      'Every name server answers over UDP and TCP, with authority, and all agree with one another and the zone above.',
    ),
    'no-such-domain': wrong(
      'urgent',
      'The zone above says that there is no such domain: it is misspelt, was never registered, or its registration has ended.',
    ),
    'no-server-answers': wrong(
      'urgent',
      'None of the domain’s name servers gives an answer: nobody can find out where its mail should go.',
    ),
    'server-silent': wrong('attention', 'One of the name servers does not answer; the others do its work.'),
    'not-authoritative': wrong(
      'attention',
      'One of the name servers does not know the domain: it refuses, fails, or answers without authority.',
    ),
    'no-tcp': wrong('attention', 'A name server answers over UDP only; long answers cannot be had from it.'),
    'names-differ': wrong('attention', 'The zone above names other name servers than the zone itself.'),
    'serial-differs': wrong(
      'attention',
      'The name servers have different versions of the zone; for a few minutes after a change that is normal.',
    ),
    'glue-wrong': wrong(
      'attention',
      'The zone above gives an address for a name server that the server’s own zone does not.',
    ),
    'name-without-address': wrong(
      'attention',
      'A name server’s name leads to no address, so that nobody can ask it.',
    ),
    'one-server': wrong(
      'attention',
      'The domain has a single name server; when that fails, no mail finds its way.',
    ),
    'one-network': wrong(
      'attention',
      'All name servers are in one network; when that fails, no mail finds its way.',
    ),
  },
  async run({ target, world, report, couldNotCheck }) {
    const dns = dnsOf(world);
    const authority = await authorityOf(dns, target.domain);
    const { zone } = authority;
    if (authority.status === 'no-such-name') {
      report('no-such-domain', {
        summary: `There is no domain ${target.domain}: the name servers of ${zone === '.' ? 'the root' : zone} say so.`,
        evidence: authority.evidence,
        facts: { zone },
      });
      return;
    }
    const servers = await asWeCanSee(dns, authority);
    const speakers = servers.filter(isSpeaker);
    if (servers.length === 0 && authority.servers.length > 0) {
      throw new CouldNotCheck(
        `From this network there is no way to the name servers of ${zone}.`,
        evidenceOfAll(authority.servers.map(({ soa }) => soa)),
      );
    }
    if (speakers.length === 0) {
      const found = await silence(dns, world, authority, servers);
      report('no-server-answers', found);
      return;
    }
    const overTcp = await Promise.all(
      speakers.map(async (server) => ({ server, tcp: await dns.ask(server, zone, 'SOA', { via: 'tcp' }) })),
    );
    const facts = factsOf(authority, servers, overTcp);
    const said = new Set<string>();
    const problem = (code: Exclude<Parameters<typeof report>[0], 'fine'>, found: Found) => {
      said.add(code);
      report(code, { facts, ...found });
    };

    for (const server of servers) {
      if (isSpeaker(server) || isStrayGlue(server)) continue;
      const isSilent = server.soa.reply === null;
      problem(isSilent ? 'server-silent' : 'not-authoritative', {
        subject: server.address,
        summary: isSilent
          ? `The name server ${nameOf(server)} does not answer.`
          : `The name server ${nameOf(server)} does not know ${zone}.`,
        evidence: [evidenceOf(server.soa)],
      });
    }
    const closed = overTcp.filter(({ tcp }) => tcp.reply === null);
    const ourWay = closed.length === 0 ? null : await wayOverTcp(dns, authority);
    if (ourWay !== null && ourWay.reply === null) {
      said.add('tcp');
      couldNotCheck({
        subject: 'TCP',
        summary: 'Whether the name servers answer over TCP is not known: from here no other does either.',
        evidence: [...evidenceOfAll(closed.map(({ tcp }) => tcp)), evidenceOf(ourWay)],
      });
    } else {
      for (const { server, tcp } of closed) {
        problem('no-tcp', {
          subject: server.address,
          summary: `The name server ${nameOf(server)} answers over UDP but not over TCP.`,
          evidence: [evidenceOf(server.soa), evidenceOf(tcp)],
        });
      }
    }
    for (const server of servers.filter(isStrayGlue)) {
      problem('glue-wrong', {
        subject: server.address,
        summary: `The zone above gives ${server.address} for ${server.name}, and the zone of that name does not.`,
        evidence: [
          ...(authority.referral === null ? [] : [evidenceOf(authority.referral)]),
          evidenceOf(server.soa),
        ],
      });
    }
    for (const { name, reason, evidence, status } of authority.without) {
      // An address that could not be looked for is nothing to hold against the name.
      if (status === 'could-not') continue;
      problem('name-without-address', {
        subject: name,
        summary: `The name server ${name} has no address. ${reason}`.trim(),
        evidence,
      });
    }
    const difference = namesDiffer(authority, speakers);
    if (difference !== null) {
      problem('names-differ', {
        summary: difference,
        evidence: [
          ...(authority.referral === null ? [] : [evidenceOf(authority.referral)]),
          ...evidenceOfAll(speakers.map(({ ns }) => ns)),
        ],
      });
    }
    const serials = new Map(speakers.map((server) => [server, serialOf(server.soa)]));
    if (new Set(serials.values()).size > 1) {
      const newest = Math.max(...[...serials.values()].map((serial) => serial ?? 0));
      const behind = speakers.filter((server) => serials.get(server) !== newest).map(nameOf);
      problem('serial-differs', {
        summary: `${listed(behind)} ${behind.length === 1 ? 'has' : 'have'} another version of ${zone} than the other name servers.`,
        evidence: evidenceOfAll(speakers.map(({ soa }) => soa)),
      });
    }
    const names = new Set([...servers.map(({ name }) => name), ...authority.without.map(({ name }) => name)]);
    if (names.size === 1) {
      problem('one-server', {
        summary: `${zone} has a single name server, ${[...names].join()}.`,
        evidence: authority.evidence,
      });
    } else if (new Set(servers.map(({ address }) => networkOf(address))).size === 1) {
      problem('one-network', {
        summary: `All ${names.size} name servers of ${zone} are in one network, ${networkOf(servers[0]?.address ?? '')}.`,
        evidence: authority.evidence,
      });
    }
    if (said.size === 0) {
      report('fine', {
        summary: `All ${names.size} name servers of ${zone} answer and agree.`,
        evidence: [...authority.evidence, ...evidenceOfAll(speakers.map(({ soa }) => soa))],
        facts,
      });
    }
  },
});

/** Without IPv6 of our own, nothing can be said of servers at such addresses. */
async function asWeCanSee(dns: Dns, { servers }: Authority): Promise<NameServer[]> {
  const isMute = servers.some(({ address, soa }) => isIPv6(address) && soa.reply === null);
  const seen =
    isMute && !(await dns.reachesIpv6()) ? servers.filter(({ address }) => !isIPv6(address)) : servers;
  return seen.filter(({ soa }) => soa.failure !== 'unreachable');
}

/** A question over TCP to somebody else: the zone above, or a root server. */
function wayOverTcp(dns: Dns, { referral, zone }: Authority): Promise<Exchange> | null {
  const [root] = dns.roots.flatMap(({ name, glue }) => glue.map((address) => ({ name, address })));
  if (referral !== null) return dns.ask(referral.server, zone, 'NS', { via: 'tcp' });
  return root === undefined ? null : dns.ask(root, '.', 'SOA', { via: 'tcp' });
}

/**
 * Nobody answered: is it they, or our way to them? They, when the zone above still answers us and public resolvers fare no
 * better; else that is not known.
 */
async function silence(
  dns: Dns,
  world: World,
  authority: Authority,
  servers: readonly NameServer[],
): Promise<Found> {
  const { zone, referral, without } = authority;
  const evidence = [
    ...evidenceOfAll(servers.map(({ soa }) => soa)),
    ...without.flatMap((each) => each.evidence),
  ];
  const answered = servers.some(({ soa }) => soa.reply !== null);
  // A name nobody has asked for before is in no cache.
  const name = `${randomBytes(6).toString('hex')}.${zone}`;
  const [above, ...others] = await Promise.all([
    referral === null ? null : dns.ask(referral.server, zone, 'NS', { again: true }),
    ...publicResolvers(world.settings)
      .slice(0, 3)
      .map((resolver) => dns.ask(resolver, name, 'A', { recursive: true, giveUpMs: 4_000 })),
  ]);
  const reached = others.find(({ reply }) => reply !== null && ['NOERROR', 'NXDOMAIN'].includes(reply.rcode));
  if (reached !== undefined && !answered) {
    throw new CouldNotCheck(
      `The name servers of ${zone} do not answer from here, but they do elsewhere: something is in the way between here and there.`,
      [...evidence, evidenceOf(reached)],
    );
  }
  if (!answered && above?.reply === null) {
    throw new CouldNotCheck(
      `Neither the name servers of ${zone} nor those of the zone above answer from here.`,
      [...evidence, evidenceOf(above)],
    );
  }
  const failed = others.filter(({ reply }) => reply !== null);
  return {
    summary:
      servers.length === 0
        ? `None of the name servers of ${zone} has an address.`
        : answered
          ? `None of the name servers of ${zone} knows it.`
          : `None of the name servers of ${zone} answers.`,
    evidence: [...evidence, ...evidenceOfAll(failed)],
    facts: { zone, servers: factsOf(authority, servers, []).servers },
  };
}

/** Given by the parent, but not by the name's own zone. */
function isStrayGlue({ isGlue, isOwn }: NameServer): boolean {
  return isGlue && isOwn === false;
}

/** What the lists of names have apart, in a sentence; null when they agree or there is only one. */
function namesDiffer({ zone, parentNames }: Authority, speakers: readonly NameServer[]): string | null {
  const lists = speakers
    .map((server) => ({
      server,
      names: pick(server.ns.reply?.answers ?? [], 'NS', zone).map(({ data }) => data),
    }))
    .filter(({ server, names }) => server.ns.reply?.aa === true && names.length > 0);
  const text = (names: readonly string[]) => [...new Set(names)].sort().join(' ');
  const above = parentOf(zone) === '.' ? 'the root' : parentOf(zone);
  for (const { server, names } of lists) {
    if (parentNames === null || text(parentNames) === text(names)) continue;
    const missing = names.filter((name) => !parentNames.includes(name));
    const extra = parentNames.filter((name) => !names.includes(name));
    return [
      `${zone} and the zone above name different name servers.`,
      ...(missing.length > 0
        ? [`${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} not in ${above}.`]
        : []),
      ...(extra.length > 0
        ? [`${listed(extra)} ${extra.length === 1 ? 'is' : 'are'} not in ${zone} as ${server.name} has it.`]
        : []),
    ].join(' ');
  }
  const [first] = lists;
  const other = lists.find(({ names }) => text(names) !== text(first?.names ?? []));
  if (first === undefined || other === undefined) return null;
  return `The name servers ${first.server.name} and ${other.server.name} give different lists of the name servers of ${zone}.`;
}

function serialOf({ reply }: Exchange): number | null {
  return pick(reply?.answers ?? [], 'SOA')[0]?.data.serial ?? null;
}

/** The /24 or /48 that an address is in. */
function networkOf(address: string): string {
  return isIPv6(address)
    ? `${groupsOf(address).slice(0, 3).join(':')}::/48`
    : `${address.split('.').slice(0, 3).join('.')}.0/24`;
}

function factsOf(
  { zone, parentNames }: Authority,
  servers: readonly NameServer[],
  overTcp: readonly { server: NameServer; tcp: Exchange }[],
) {
  return {
    zone,
    parentNames,
    servers: servers.map((server) => ({
      name: server.name,
      address: server.address,
      isAuthoritative: isSpeaker(server),
      udp: server.soa.reply !== null,
      tcp: (overTcp.find((each) => each.server === server)?.tcp.reply ?? null) !== null,
      serial: serialOf(server.soa),
      tookMs: server.soa.tookMs,
      inParent: server.inParent,
      inZone: server.inZone,
    })),
  };
}
