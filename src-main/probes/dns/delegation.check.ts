// Check `delegation`: are the domain's name servers those that the zone above names, and do all of them do their work?
import { isIPv6 } from 'node:net';
import { defineCheck, CouldNotCheck, fine, wrong } from '../check.ts';
import type { CodeOf, FactsOf } from '../../../shared/facts/index.ts';
import type { Found, Said } from '../check.ts';
import type { World } from '../world.ts';
import type { Authority, NameServer } from './authority.ts';
import { authorityOf, beyondText, evidenceOfAll, isSpeaker, listed, nameOf, ofDns } from './speakers.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { ednsFaultOf } from './edns.ts';
import type { EdnsFault } from './edns.ts';
import { askedElsewhere, seenElsewhere } from './elsewhere.ts';
import { evidenceOf } from './evidence.ts';
import { groupsOf, parentOf, pick } from './message.ts';
import type { Exchange } from './transport.ts';

export const delegation = defineCheck({
  ...ofDns,
  name: 'delegation',
  title: 'Name servers and delegation',
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
    'no-server-edns': wrong(
      'urgent',
      'None of the name servers answers questions as resolvers ask them, with EDNS (RFC 6891): to resolvers, all of them are dead.',
    ),
    'edns-dropped': wrong(
      'attention',
      'A name server does not answer questions with EDNS, or that ask for signatures, as resolvers ask them; to these it is dead.',
    ),
    'edns-refused': wrong(
      'attention',
      'A name server knows nothing of EDNS (RFC 6891) and refuses such questions; resolvers have to ask everything twice.',
    ),
    'options-dropped': wrong(
      'attention',
      'A name server does not answer questions that bring an option along, such as a cookie (RFC 7873); some resolvers always do.',
    ),
    'server-silent': wrong('attention', 'One of the name servers does not answer; the others do its work.'),
    'not-authoritative': wrong(
      'attention',
      'One of the name servers does not know the domain: it refuses, fails, or answers without authority.',
    ),
    'no-tcp': wrong('attention', 'A name server answers over UDP only; long answers cannot be had from it.'),
    'name-is-alias': wrong(
      'attention',
      'A name server’s name is an alias (CNAME), which is not allowed (RFC 2181); many resolvers do not follow it and do not ask that server.',
    ),
    'only-aliases': wrong(
      'urgent',
      'The names of all name servers are aliases (CNAME), which is not allowed (RFC 2181): many resolvers find none of them.',
    ),
    'address-private': wrong(
      'attention',
      'A name server has an address that is not of the public Internet (private, loopback, reserved and the like), where nobody outside can ask it.',
    ),
    'ipv6-only': wrong(
      'attention',
      'All name servers have IPv6 addresses only; resolvers without IPv6, of which there are many, cannot ask them.',
    ),
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
    const said = new Set<string>();
    // Whoever stands where resolvers do not come does no work for the zone, however well it answers us.
    const hidden = authority.servers.filter(({ address }) => !world.isPublic(address));
    const servers = (await asWeCanSee(dns, authority)).filter((server) => !hidden.includes(server));
    if (isIpv6Only(world, authority)) {
      said.add('ipv6-only');
      report('ipv6-only', {
        summary: `No name server of ${zone} has an IPv4 address.`,
        evidence: authority.evidence,
      });
    }
    if (servers.length === 0 && hidden.length < authority.servers.length) {
      throw new CouldNotCheck(
        `From this network there is no way to the name servers of ${zone}.`,
        evidenceOfAll(authority.servers.map(({ soa }) => soa)),
      );
    }
    // Takes as long as finding out what is wrong does, so that it begins at the first doubt.
    if (servers.some(({ soa }) => soa.reply !== null && soa.reply.edns === null)) {
      void seenElsewhere(dns, world, zone);
    }
    const faults = (await Promise.all(servers.map((server) => ednsFaultOf(dns, server, zone)))).filter(
      (fault) => fault !== null,
    );
    const deaf = faults.filter(({ kind }) => kind === 'deaf');
    const isDeaf = (server: NameServer) => deaf.some((fault) => fault.server === server);
    const speakers = servers.filter(isSpeaker);
    if (speakers.length === 0 && deaf.length === 0) {
      const found = await silence(dns, world, authority, servers);
      report('no-server-answers', found);
      return;
    }
    const overTcp = await Promise.all(
      speakers.map(async (server) => {
        // That it does not hear EDNS is another fault.
        const how = { via: 'tcp' as const, ...(isDeaf(server) ? { edns: false as const } : {}) };
        return { server, tcp: await dns.ask(server, zone, 'SOA', how) };
      }),
    );
    const facts = factsOf(authority, servers, overTcp);
    const problem = (code: ProblemOfServers, found: Said) => {
      said.add(code);
      report(code, { ...found, facts });
    };

    await sayOfEdns();
    for (const server of servers) {
      if (isSpeaker(server) || isDeaf(server) || isStrayGlue(server) || isStuck(server.soa)) continue;
      const isSilent = server.soa.reply === null;
      problem(isSilent ? 'server-silent' : 'not-authoritative', {
        subject: server.address,
        summary: isSilent
          ? `The name server ${nameOf(server)} does not answer.`
          : `The name server ${nameOf(server)} does not know ${zone}.`,
        evidence: [evidenceOf(server.soa)],
      });
    }
    const closed = [
      ...overTcp.filter(({ tcp }) => tcp.reply === null),
      ...servers.filter(({ soa }) => isStuck(soa)).map((server) => ({ server, tcp: server.soa })),
    ];
    const ourWay = closed.length === 0 ? null : await askedElsewhere(dns, authority, { via: 'tcp' });
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
          summary: isStuck(server.soa)
            ? `The name server ${nameOf(server)} cuts its answers short over UDP and does not answer over TCP.`
            : `The name server ${nameOf(server)} answers over UDP but not over TCP.`,
          evidence: [...new Set([server.soa, tcp])].map(evidenceOf),
        });
      }
    }
    const { aliases } = authority;
    if (aliases.length > 0 && servers.every(isByAlias)) {
      problem('only-aliases', {
        summary: `${listed(aliases.map(({ name, alias }) => `${name} is an alias for ${alias}`))}; ${zone} has no other name server.`,
        evidence: aliases.flatMap(({ evidence }) => evidence),
      });
    } else {
      for (const { name, alias, evidence } of aliases) {
        problem('name-is-alias', {
          subject: name,
          summary: `${name}, which is to be a name server of ${zone}, is an alias for ${alias}: many resolvers do not follow it.`,
          evidence,
        });
      }
    }
    for (const server of hidden) {
      problem('address-private', {
        subject: server.address,
        summary: `Nobody outside can ask the name server ${nameOf(server)}: its address is ${beyondText(server.address)}.`,
        evidence: [...authority.evidence, evidenceOf(server.soa)],
      });
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
    for (const { name, alias, reason, evidence, status } of authority.without) {
      // An address that could not be looked for is nothing to hold against the name.
      if (status === 'could-not' || alias !== null) continue;
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
    const known = [...servers, ...hidden];
    const names = new Set([...known, ...authority.without].map(({ name }) => name));
    const addresses = new Set(authority.servers.map(({ address }) => address));
    if (names.size === 1 || (addresses.size === 1 && authority.without.length === 0)) {
      problem('one-server', {
        summary:
          names.size === 1
            ? `${zone} has a single name server, ${[...names].join()}.`
            : `All ${names.size} name servers of ${zone} are one, at ${[...addresses].join()}.`,
        evidence: authority.evidence,
      });
    } else if (new Set(known.map(({ address }) => networkOf(address))).size === 1) {
      problem('one-network', {
        summary: `All ${names.size} name servers of ${zone} are in one network, ${networkOf(known[0]?.address ?? '')}.`,
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

    /** Of servers that hear only what no resolver asks. */
    async function sayOfEdns(): Promise<void> {
      if (faults.length === 0) return;
      const isOption = ({ kind }: EdnsFault) => kind === 'no-options';
      const [ways, { asked, reached }] = await Promise.all([
        Promise.all([
          ...(faults.some((fault) => !isOption(fault))
            ? [askedElsewhere(dns, authority, { dnssec: true })]
            : []),
          ...(faults.some(isOption) ? [askedElsewhere(dns, authority, { cookie: true })] : []),
        ]),
        seenElsewhere(dns, world, zone),
      ]);
      const evidence = faults.flatMap((fault) => evidenceOfAll(fault.asked));
      const blocked = ways.flatMap((way) => (way !== null && way.reply === null ? [way] : []));
      if (blocked.length > 0) {
        said.add('EDNS');
        couldNotCheck({
          subject: 'EDNS',
          summary:
            'Whether the name servers answer questions with EDNS is not known: from here no other does either.',
          evidence: [...evidence, ...evidenceOfAll(blocked)],
        });
        return;
      }
      const working = servers.filter((server) => isSpeaker(server) || isDeaf(server));
      if (working.every(isDeaf) && reached === undefined) {
        problem('no-server-edns', {
          summary: `No name server of ${zone} answers as resolvers ask: ${listed(deaf.map(({ server, does }) => `${nameOf(server)} ${does}`))}.`,
          evidence: [...evidence, ...evidenceOfAll(asked)],
        });
      }
      for (const { server, kind, does, asked: own } of faults) {
        if (said.has('no-server-edns') && kind === 'deaf') continue;
        problem(ednsCodes[kind], {
          subject: server.address,
          summary: `The name server ${nameOf(server)} ${does}.`,
          evidence: evidenceOfAll(own),
        });
      }
    }
  },
});

/** What is said once each server was asked. */
type ProblemOfServers = Exclude<
  CodeOf<'delegation'>,
  'fine' | 'no-such-domain' | 'no-server-answers' | 'ipv6-only'
>;

const ednsCodes = { deaf: 'edns-dropped', refuses: 'edns-refused', 'no-options': 'options-dropped' } as const;

/** A name server whose address is known by way of an alias alone. */
function isByAlias({ alias, isGlue }: NameServer): boolean {
  return alias !== null && !isGlue;
}

/** Cut short over UDP, and TCP gave nothing. */
function isStuck({ isCutOff, reply }: Exchange): boolean {
  return isCutOff && reply === null;
}

/** All of those that can be asked from outside have IPv6 alone, and none is left of which that is not known. */
function isIpv6Only(world: World, { servers, without }: Authority): boolean {
  const addresses = servers.map(({ address }) => address).filter((address) => world.isPublic(address));
  return (
    addresses.length > 0 &&
    addresses.every((address) => isIPv6(address)) &&
    without.every(({ status }) => status !== 'could-not')
  );
}

/** Without IPv6 of our own, nothing can be said of servers at such addresses. */
async function asWeCanSee(dns: Dns, { servers }: Authority): Promise<NameServer[]> {
  const isMute = servers.some(({ address, soa }) => isIPv6(address) && soa.reply === null);
  const seen =
    isMute && !(await dns.reachesIpv6()) ? servers.filter(({ address }) => !isIPv6(address)) : servers;
  return seen.filter(({ soa }) => soa.failure !== 'unreachable');
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
): Promise<Found<FactsOf<'delegation', 'no-server-answers'>>> {
  const { zone, referral, without } = authority;
  const evidence = [
    ...evidenceOfAll(authority.servers.map(({ soa }) => soa)),
    ...without.flatMap((each) => each.evidence),
    ...authority.aliases.flatMap((each) => each.evidence),
  ];
  const isCutOff = servers.some(({ soa }) => isStuck(soa));
  const answered = servers.some(({ soa }) => soa.reply !== null) || isCutOff;
  const [above, overTcp, { asked, reached }] = await Promise.all([
    referral === null ? null : dns.ask(referral.server, zone, 'NS', { again: true }),
    isCutOff ? askedElsewhere(dns, authority, { via: 'tcp' }) : null,
    seenElsewhere(dns, world, zone),
  ]);
  if (reached !== undefined && (!answered || isCutOff)) {
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
  if (overTcp !== null && overTcp.reply === null) {
    throw new CouldNotCheck(
      `The name servers of ${zone} cut their answers short, and over TCP nobody at all answers from here.`,
      [...evidence, evidenceOf(overTcp)],
    );
  }
  return {
    summary: silenceText(zone, authority, servers),
    evidence: [...evidence, ...evidenceOfAll(asked)],
    facts: { zone, servers: factsOf(authority, servers, []).servers },
  };
}

function silenceText(zone: string, { servers: all }: Authority, servers: readonly NameServer[]): string {
  if (all.length === 0) return `None of the name servers of ${zone} has an address.`;
  if (servers.length === 0) {
    return `None of the name servers of ${zone} has an address on the public Internet, so that nobody outside can ask them.`;
  }
  if (servers.some(({ soa }) => isStuck(soa))) {
    return `None of the name servers of ${zone} gives a whole answer: they cut it short over UDP, and do not answer over TCP.`;
  }
  return `None of the name servers of ${zone} ${servers.some(({ soa }) => soa.reply !== null) ? 'knows it' : 'answers'}.`;
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
