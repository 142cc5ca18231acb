// Check `mx`: does every name server name the same servers for the domain's mail, and are these where mail should go?
import type { CodeOf, FactsOf } from '../../../shared/facts/index.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { Said } from '../check.ts';
import type { Authority } from './authority.ts';
import { authorityOf, beyondText, evidenceOfAll, isSpeaker, listed, ofDns, ordered } from './speakers.ts';
import type { Mx } from './speakers.ts';
import { dnsOf } from './dns.ts';
import type { Dns, Resolution } from './dns.ts';
import { askedElsewhere } from './elsewhere.ts';
import { evidenceOf } from './evidence.ts';
import { canonical } from './message.ts';
import { factOf, mostCommon, mxSets, plain, textOf, wordsOf } from './mx-sets.ts';
import { beyondness, isHostName, mxTarget, relayAddresses } from './mx-targets.ts';
import type { MxTarget } from './mx-targets.ts';
import type { Exchange } from './transport.ts';

export const mx = defineCheck({
  ...ofDns,
  name: 'mx',
  title: 'MX records',
  question: 'Does the domain name the right servers for its mail, and can each of them be found?',
  deadlineMs: 15_000,
  findings: {
    fine: fine('All name servers give the same MX records, and every server that they name can be found.'),
    'no-such-domain': wrong('urgent', 'There is no such domain, so mail to it is refused everywhere.'),
    'no-mx': wrong(
      'attention',
      'There are no MX records; senders try the domain’s own address instead, which not all do.',
    ),
    nowhere: wrong(
      'urgent',
      'There are neither MX records nor an address that the world reaches: mail has nowhere to go.',
    ),
    'alias-loop': wrong(
      'urgent',
      'The domain is an alias that leads in a circle, or through more aliases than anybody follows: nobody finds its MX records.',
    ),
    'null-mx': wrong(
      'urgent',
      'The MX record says that the domain takes no mail (RFC 7505): all mail to it is refused.',
    ),
    'null-mx-and-others': wrong(
      'attention',
      'An MX record says that the domain takes no mail, and others name servers: senders choose one or the other.',
    ),
    'too-long': wrong(
      'urgent',
      'The MX records do not fit into an answer over UDP, and the name servers do not answer over TCP: nobody can get them.',
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
      'None of the servers that the MX records name has an address that the world reaches: mail cannot be delivered.',
    ),
    'target-differs': wrong(
      'urgent',
      'One name server has an address for a server that an MX record names, and another says that there is none: some senders do not find it.',
    ),
    'target-contradicted': wrong(
      'attention',
      'For a server that an MX record names there are addresses of one kind, and for the other kind the answer that there is no such name; who remembers that finds neither (RFC 8020).',
    ),
    'target-private': wrong(
      'attention',
      'A server that an MX record names has an address that is not of the public Internet (private, loopback, reserved and the like), which nobody outside reaches.',
    ),
    'target-not-host-name': wrong(
      'attention',
      'An MX record names a server by a name that no host may have, with an underscore or the like (RFC 1123); some senders refuse it.',
    ),
    'ipv6-only': wrong(
      'attention',
      'The servers that take the mail have IPv6 addresses only; senders without IPv6, of whom there are many, do not reach them.',
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
    if (authority.status === 'no-such-name') {
      report('no-such-domain', { summary: `There is no domain ${domain}.`, evidence: authority.evidence });
      return;
    }
    if (resolution.why === 'loop' && resolution.aliases.length > 0) {
      report('alias-loop', { summary: resolution.reason, evidence: resolution.evidence });
      return;
    }
    const said = await mxSets(dns, domain, authority);
    const { aliases } = resolution;
    const different = [...new Set(said.map(textOf))];
    if (resolution.status === 'could-not' && different.length < 2) {
      const cut = await cutShort(dns, domain, authority);
      if (cut !== null) {
        report('too-long', {
          summary: `The MX records of ${domain} are too long for UDP, and none of its name servers gives them over TCP.`,
          evidence: evidenceOfAll(cut),
        });
        return;
      }
      throw new CouldNotCheck(resolution.reason, resolution.evidence);
    }
    const evidence =
      said.length > 0 && (aliases.length === 0 || different.length > 1)
        ? said.map(({ asked }) => evidenceOf(asked))
        : resolution.evidence;
    const byWayOf = aliases.length === 0 ? '' : `, by way of ${listed(aliases.map(({ data }) => data))}`;

    let isFine = true;
    const problem = (code: PlainProblem, found: Said) => {
      isFine = false;
      report(code, { evidence, ...found });
    };
    if (different.length > 1) {
      isFine = false;
      report('differs', {
        evidence,
        summary: `The name servers of ${authority.zone} do not agree: ${listed(different.map(wordsOf))}.`,
        facts: { servers: said.map(factOf) },
      });
    }
    // Where they differ, more is found out of those that name servers.
    const chosen = mostCommon(said.filter(({ records }) => records.length > 0)) ?? mostCommon(said);
    const records = ordered(chosen?.records ?? resolution.records.map(({ data }) => data));
    if (records.length === 0) {
      if (different.length > 1) return;
      if (chosen?.exists === false || resolution.status === 'no-such-name') {
        problem('no-such-domain', { summary: absentText(domain, resolution) });
        return;
      }
      const own = await mxTarget(domain, world, authority);
      if (own.found.status === 'could-not' && !own.isAbsent) {
        throw new CouldNotCheck(own.found.reason, own.found.evidence);
      }
      const has = own.reachable.length > 0;
      problem(has ? 'no-mx' : 'nowhere', {
        summary: has
          ? `${domain} has no MX records${byWayOf}; mail goes to its own address, ${listed(own.reachable)}.`
          : own.beyond.length > 0
            ? `${domain} has no MX records, and no address but ${listed(own.beyond.map(beyondOf))}.`
            : `${domain} has neither MX records nor an address${byWayOf}.`,
        evidence: [...evidence, ...own.found.evidence],
      });
      if (has) sayOfIpv6([own]);
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
      Promise.all(hosts.map((host) => mxTarget(host, world, authority))),
      relay === null ? null : relayAddresses(dns, relay),
    ]);
    for (const each of targets) {
      const { host, found, beyond, contradictions } = each;
      const problemOf = (code: PlainProblem, summary: string, more = found.evidence) =>
        problem(code, { subject: host, summary, evidence: [...evidence, ...more] });
      if (each.isAddress) {
        problemOf(
          'target-is-address',
          `An MX record of ${domain} holds the address ${host} in place of a name.`,
        );
        continue;
      }
      if (!isHostName(host)) {
        problemOf('target-not-host-name', `${host} is not a name that a host may have.`);
      }
      if (found.aliases.length > 0 && !each.isAbsent) {
        problemOf('target-is-alias', `${host} is an alias for ${found.aliases.at(-1)?.data ?? ''}.`);
      }
      // Whoever has other MX records has other servers' addresses too, and of the records it has been said.
      if (contradictions.length > 0 && different.length === 1) {
        problemOf(
          'target-differs',
          `Of the name servers of ${authority.zone}, some have an address of ${host} and some say that there is none.`,
          evidenceOfAll(contradictions),
        );
      } else if (contradictions.length === 0 && isContradicted(each)) {
        const [has, lacks] = found.of.v4 === 'answer' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
        problemOf(
          'target-contradicted',
          `${host} has an ${has} address, but asked for an ${lacks} address its name servers say that there is no such name.`,
        );
      }
      if (found.status === 'could-not' && !each.isAbsent) {
        couldNotCheck({ subject: host, summary: found.reason, evidence: found.evidence });
        isFine = false;
      } else if (beyondness(each) === 'unsure') {
        couldNotCheck({
          subject: host,
          summary: `Whether ${host} has an address besides ${listed(beyond.map(beyondOf))} could not be found out.`,
          evidence: found.evidence,
        });
        isFine = false;
      } else if (beyond.length > 0 && each.reachable.length > 0) {
        problemOf(
          'target-private',
          `Of the addresses of ${host}, nobody outside reaches ${listed(beyond.map(beyondOf))}.`,
        );
      }
    }
    const lost = targets.filter((each) => each.isAbsent || beyondness(each) === 'beyond');
    if (lost.length > 0 && targets.every((each) => each.isAddress || lost.includes(each))) {
      problem('no-target-found', {
        summary: `No server that ${domain} names for its mail can be reached from the Internet: ${listed(lost.map(lostText))}.`,
        evidence: [...evidence, ...lost.flatMap(({ found }) => found.evidence)],
      });
    } else {
      for (const each of lost) {
        problem(each.isAbsent ? 'target-not-found' : 'target-private', {
          subject: each.host,
          summary: `${lostText(each)}${each.isAbsent ? '' : ', which nobody outside reaches'}.`,
          evidence: [...evidence, ...each.found.evidence],
        });
      }
      sayOfIpv6(targets);
    }

    const facts: FactsOf<'mx', 'fine'> = {
      ttl: resolution.ttl,
      mx: named.map((record) => {
        const found = targets.find(({ host }) => host === record.exchange)?.found;
        return { ...plain(record), v4: found?.v4 ?? [], v6: found?.v6 ?? [] };
      }),
    };
    if (relay !== null && own !== null) {
      const isRelay = ({ exchange }: Mx) =>
        exchange === canonical(relay.hostname) ||
        targets.some(
          ({ host, found }) => host === exchange && [...found.v4, ...found.v6].some((each) => own.has(each)),
        );
      const ours = named.filter(isRelay);
      const [first] = named;
      if (ours.length === 0) {
        const doubt = targets.find(({ found }) => found.status === 'could-not');
        if (doubt === undefined) {
          isFine = false;
          report('not-the-relay', {
            evidence,
            summary: `Mail for ${domain} goes to ${listed(hosts)} and not by way of ${relay.hostname}.`,
            facts,
          });
        }
      } else if (first !== undefined && ours.every(({ preference }) => preference > first.preference)) {
        isFine = false;
        report('relay-not-first', {
          evidence,
          summary: `${first.exchange} comes before ${relay.hostname} in the MX records of ${domain}.`,
          facts,
        });
      }
    }
    if (isFine) {
      report('fine', {
        summary: `Mail for ${domain} goes to ${listed(hosts)}${byWayOf}, as all its name servers say.`,
        evidence: [...evidence, ...targets.flatMap(({ found }) => found.evidence)],
        facts,
      });
    }

    /** Of servers of which one at least can be found. */
    function sayOfIpv6(all: readonly MxTarget[]): void {
      const isV4 = ({ found, reachable }: MxTarget) =>
        reachable.some((address) => found.v4.includes(address));
      const left = all.filter(({ reachable }) => reachable.length > 0);
      if (left.length === 0 || left.some(isV4)) return;
      const unknown = all.filter(({ found }) => found.of.v4 === 'could-not');
      const subject = { subject: 'IPv4', evidence: left.flatMap(({ found }) => found.evidence) };
      if (unknown.length === 0) {
        problem('ipv6-only', {
          ...subject,
          summary: `${listed(left.map(({ host }) => host))} ${left.length === 1 ? 'has' : 'have'} no IPv4 address that the world reaches.`,
        });
        return;
      }
      isFine = false;
      couldNotCheck({
        ...subject,
        summary: `Whether ${listed(unknown.map(({ host }) => host))} can be reached without IPv6 could not be found out.`,
      });
    }
  },
});

/** A problem without facts. */
type PlainProblem = Exclude<CodeOf<'mx'>, 'fine' | 'differs' | 'not-the-relay' | 'relay-not-first'>;

/** What all name servers said whose answers are cut short over UDP and not to be had over TCP; null when TCP may be closed here. */
async function cutShort(dns: Dns, domain: string, authority: Authority): Promise<Exchange[] | null> {
  const asked = await Promise.all(
    authority.servers.filter(isSpeaker).map((server) => dns.ask(server, domain, 'MX')),
  );
  if (asked.length === 0 || !asked.every(({ isCutOff, reply }) => isCutOff && reply === null)) return null;
  const elsewhere = await askedElsewhere(dns, authority, { via: 'tcp' });
  const reply = elsewhere?.reply ?? null;
  return reply === null ? null : asked;
}

/** A record's name that is not there, or that is an alias for one that is not. */
function absentText(domain: string, { aliases }: Resolution): string {
  const [last] = aliases.slice(-1);
  return last === undefined
    ? `There is no domain ${domain}.`
    : `${domain} is an alias for ${last.data}, and there is no such name.`;
}

function lostText({ host, found, beyond, isAbsent }: MxTarget): string {
  if (!isAbsent) return `${host} has no address but ${listed(beyond.map(beyondOf))}`;
  if (found.why === 'loop') return `${host} is an alias that leads in a circle`;
  return `${host} ${found.status === 'no-such-name' ? 'does not exist' : 'has no address'}`;
}

function beyondOf(address: string): string {
  return `${address} (${beyondText(address)})`;
}

/** One family is there, and of the other it is said that the very name is not. */
function isContradicted({ found: { of } }: MxTarget): boolean {
  return [of.v4, of.v6].includes('answer') && [of.v4, of.v6].includes('no-such-name');
}
