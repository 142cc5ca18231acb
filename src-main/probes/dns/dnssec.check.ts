// Check `dnssec`: is the domain signed, and if so, do its signatures hold?
import type { CodeOf, FactsOf } from '../../../shared/facts/index.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { NameServer } from './authority.ts';
import { authorityOf, listed, nameOf, ofDns, speakersOf } from './speakers.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { evidenceOf } from './evidence.ts';
import { isUsable, matches, tagOf } from './ds.ts';
import { canonical, pick } from './message.ts';
import type { DataOf, RecordType } from './message.ts';
import { lostRoles, lostText, neededOthers, neededServers, neededText } from './needed-names.ts';
import type { Needed } from './needed-names.ts';
import { publicResolvers } from './public-resolvers.ts';
import type { Exchange } from './transport.ts';
import { dateText, isOutvoted, seenBy } from './validation.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** Signatures are renewed in good time, by the day where they live for two, by the week where they live for a month. */
const soon = { ms: 3 * DAY_MS, ofLifetime: 0.2 };

type DnsKey = DataOf['DNSKEY'];

export const dnssec = defineCheck({
  ...ofDns,
  name: 'dnssec',
  title: 'DNSSEC signatures',
  question: 'Is the domain signed with DNSSEC, and if so, do its signatures hold?',
  deadlineMs: 15_000,
  findings: {
    signed: fine('The domain is signed, the zone above vouches for its key, and the signatures hold.'),
    unsigned: fine(
      'The domain is not signed; nothing can break, and nothing protects its answers from forgery.',
    ),
    unanchored: fine(
      'The domain has keys, but the zone above does not vouch for them: it counts as not signed.',
    ),
    'key-unknown': wrong(
      'urgent',
      'The zone above vouches for a key (DS) that the domain does not have: whoever checks signatures cannot resolve it, and many large providers do.',
    ),
    expired: wrong('urgent', 'The signatures have run out: whoever checks them cannot resolve the domain.'),
    'expires-soon': wrong('attention', 'The signatures run out soon and have not been renewed.'),
    'not-signed-everywhere': wrong(
      'urgent',
      'The zone above says that the domain is signed, but a name server gives answers without signatures.',
    ),
    'not-validated': wrong(
      'urgent',
      'Resolvers that check signatures refuse the domain; those that do not check them find it.',
    ),
    'names-not-validated': wrong(
      'urgent',
      'Resolvers that check signatures refuse the names of all servers that take the mail, or of all name servers, whose own zones are signed wrongly: mail from whoever uses such resolvers does not arrive.',
    ),
    'name-not-validated': wrong(
      'attention',
      'Resolvers that check signatures refuse a name that mail depends on: one of several mail servers or name servers, a server of the route, the host of the MTA-STS policy, Mailward’s own, or one by which receivers tell the domain’s mail from forged mail (SPF, DKIM, DMARC).',
    ),
  },
  async run({ target, world, report, couldNotCheck }) {
    const dns = dnsOf(world);
    const authority = await authorityOf(dns, target.domain);
    if (authority.status === 'no-such-name') {
      throw new NotApplicable(`There is no domain ${target.domain}.`, authority.evidence);
    }
    const { zone } = authority;
    const speakers = speakersOf(authority);
    const [above, servers, seen] = await Promise.all([
      dns.find(zone, 'DS', true),
      Promise.all(speakers.map((server) => signed(dns, server, zone, canonical(target.domain)))),
      seenBy(dns, canonical(target.domain), 'MX', publicResolvers(world.settings).slice(0, 6)),
    ]);
    if (above.judgement === null || above.answer === null) {
      throw new CouldNotCheck(`Whether ${zone} is signed could not be found out from the zone above.`, [
        ...above.asked.map(evidenceOf),
      ]);
    }
    const anchors = pick(above.answer.reply?.answers ?? [], 'DS', zone).map(({ data }) => data);
    const evidence = [evidenceOf(above.answer), ...servers.map(({ keys }) => evidenceOf(keys))];
    const allKeys = servers.flatMap((server) => server.dnskeys);
    const end = Math.min(
      ...servers.flatMap(({ signatures }) => signatures.map(({ expiration }) => expiration * 1000)),
    );
    const facts: FactsOf<'dnssec', 'signed'> = {
      zone,
      ds: anchors.map(({ keyTag }) => keyTag),
      keys: [...new Set(allKeys.map(tagOf))],
      expiresAt: Number.isFinite(end) ? end : null,
    };
    const said = new Set<string>();
    const problem = (
      code: ProblemOfKeys,
      summary: string,
      of?: NameServer,
      more: readonly Exchange[] = [],
    ) => {
      said.add(code);
      const found = { summary, evidence: [...evidence, ...more.map(evidenceOf)], facts };
      report(code, of === undefined ? found : { ...found, subject: of.address });
    };

    const usable = anchors.filter(isUsable);
    if (usable.length > 0) {
      const now = world.now();
      const telling = servers.filter(({ keys }) => keys.reply?.aa === true && keys.reply.rcode === 'NOERROR');
      if (telling.length === 0) {
        throw new CouldNotCheck(
          `The zone above says that ${zone} is signed, but its keys could not be had.`,
          evidence,
        );
      }
      const isEnded = ({ expiration }: DataOf['RRSIG']) => expiration * 1000 <= now;
      const isOurClock =
        seen.accepted !== null && telling.every(({ signatures }) => signatures.some(isEnded));
      for (const { server, dnskeys, signatures, unsigned } of telling) {
        if (dnskeys.length === 0 && allKeys.length > 0) {
          problem('not-signed-everywhere', `${nameOf(server)} has ${zone} without signatures.`, server);
          continue;
        }
        if (!usable.some((ds) => dnskeys.some((key) => matches(ds, key, zone)))) {
          const vouched = listed(usable.map(({ keyTag }) => String(keyTag)));
          problem(
            'key-unknown',
            dnskeys.length === 0
              ? `The zone above says that ${zone} is signed, but ${nameOf(server)} has no key of it.`
              : `The zone above vouches for key ${vouched} of ${zone}, and ${nameOf(server)} has no such key.`,
            server,
          );
          continue;
        }
        const bare = unsigned[0];
        if (bare !== undefined) {
          problem('not-signed-everywhere', `${nameOf(server)} answers without signatures.`, server, [bare]);
        }
        const ended = signatures.filter(isEnded);
        const ending = signatures.filter((signature) => isEnding(signature, now));
        if (ended.length > 0 && isOurClock && seen.accepted !== null) {
          // Whoever checks signatures finds them good: it is our clock that is wrong.
          said.add('clock');
          couldNotCheck({
            subject: server.address,
            summary: `By this machine’s clock the signatures of ${zone} have run out, but resolvers that check them find them good: the clock seems to be wrong.`,
            evidence: [...evidence, evidenceOf(seen.accepted)],
          });
        } else if (ended.length > 0) {
          const last = Math.max(...ended.map(({ expiration }) => expiration * 1000));
          problem(
            'expired',
            `Signatures of ${zone} ran out on ${dateText(last)}, as ${nameOf(server)} has them.`,
            server,
          );
        } else if (ending.length > 0) {
          const first = Math.min(...ending.map(({ expiration }) => expiration * 1000));
          problem(
            'expires-soon',
            `Signatures of ${zone} run out on ${dateText(first)}, as ${nameOf(server)} has them.`,
            server,
          );
        }
      }
    }
    const { refused } = seen;
    const isRefused = refused.length > 0 && (usable.length > 0 || !isOutvoted(seen));
    if (isRefused && !['key-unknown', 'expired', 'not-signed-everywhere'].some((code) => said.has(code))) {
      problem(
        'not-validated',
        `${refused.length === 1 ? 'A public resolver refuses' : `${refused.length} public resolvers refuse`} ${target.domain} because its signatures do not hold.`,
        undefined,
        refused.flatMap(({ checked, unchecked }) => [checked, unchecked]),
      );
    }
    const isOurs = ['key-unknown', 'expired', 'not-signed-everywhere', 'not-validated'].some((code) =>
      said.has(code),
    );
    const asker = { target, world, authority, resolvers: seen.heard, without: isOurs ? zone : null };
    const others = neededOthers(asker);
    // It is waited for below, unless the servers' question fails first: then nobody hears of its failure.
    others.catch(() => undefined);
    const needed = await neededServers(asker);
    const lost = lostRoles(needed, authority);
    for (const role of lost) {
      const all = needed.filter((each) => each.role === role);
      said.add('names-not-validated');
      report('names-not-validated', {
        subject: role,
        summary: lostText(all),
        evidence: [...evidence, ...all.flatMap((each) => each.evidence)],
      });
    }
    const tell = (each: Needed) => {
      said.add('name-not-validated');
      const found = { subject: each.name, summary: neededText(each), evidence: each.evidence };
      if (each.state === 'unknown') couldNotCheck(found);
      else report('name-not-validated', found);
    };
    // A name may be needed for several things; it is told of once, what stops mail before the rest.
    const told = new Set(needed.filter(({ state }) => state !== 'found').map(({ name }) => name));
    for (const each of needed) if (each.state !== 'found' && !lost.includes(each.role)) tell(each);
    for (const each of await others) {
      if (each.state === 'found' || told.has(each.name)) continue;
      told.add(each.name);
      tell(each);
    }
    if (said.size > 0) return;
    if (usable.length > 0) {
      report('signed', { summary: `${zone} is signed, and its signatures hold.`, evidence, facts });
    } else if (allKeys.length > 0) {
      report('unanchored', {
        summary: `${zone} has keys, but the zone above does not vouch for them.`,
        evidence,
        facts,
      });
    } else {
      report('unsigned', { summary: `${zone} is not signed.`, evidence, facts });
    }
  },
});

/** What is said of the domain's own keys and signatures. */
type ProblemOfKeys = Exclude<
  CodeOf<'dnssec'>,
  'signed' | 'unsigned' | 'unanchored' | 'names-not-validated' | 'name-not-validated'
>;

interface Signed {
  server: NameServer;
  keys: Exchange;
  dnskeys: DnsKey[];
  /** Of each set that it was asked for, the signature that lasts longest: one that holds is enough. */
  signatures: DataOf['RRSIG'][];
  /** Answers that came without any. */
  unsigned: Exchange[];
}

async function signed(dns: Dns, server: NameServer, zone: string, domain: string): Promise<Signed> {
  const ask = (name: string, type: RecordType) => dns.ask(server, name, type, { dnssec: true });
  const asked = await Promise.all([ask(zone, 'DNSKEY'), ask(zone, 'SOA'), ask(domain, 'MX')]);
  const signatures: DataOf['RRSIG'][] = [];
  const unsigned: Exchange[] = [];
  for (const exchange of asked) {
    const { reply, question } = exchange;
    if (reply?.aa !== true || pick(reply.answers, question.type).length === 0) continue;
    const covering = pick(reply.answers, 'RRSIG')
      .map(({ data }) => data)
      .filter(({ typeCovered }) => typeCovered === question.type)
      .sort((a, b) => b.expiration - a.expiration);
    const [longest] = covering;
    if (longest === undefined) unsigned.push(exchange);
    else signatures.push(longest);
  }
  const dnskeys = pick(asked[0].reply?.answers ?? [], 'DNSKEY', zone).map(({ data }) => data);
  return { server, keys: asked[0], dnskeys, signatures, unsigned };
}

function isEnding({ expiration, inception }: DataOf['RRSIG'], now: number): boolean {
  const left = expiration * 1000 - now;
  return left < soon.ms && left < (expiration - inception) * 1000 * soon.ofLifetime;
}
