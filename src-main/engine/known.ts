// What is known of a domain without being told: made anew at every question, of its latest findings and its server's recent replies.
import { isIP } from 'node:net';
import type { Domain } from '../../shared/domain.ts';
import { readFinding, type CheckName, type FindingOf } from '../../shared/facts/index.ts';
import type { Finding } from '../../shared/finding.ts';
import type { Known, KnownCompany } from '../../shared/known.ts';
import { providerOfMx, providerOfNs, providerOfRegistrar } from '../../shared/providers.ts';
import { plain } from '../../shared/unseen.ts';
import { guessSoftware } from '../diagnosis/software-guess.ts';
import type { Database } from '../storage/database.ts';

/** Replies looked at, newest first. */
const MOST_REPLIES = 100;
/** Of what a registry or a zone calls somebody, characters. */
const LONGEST_NAME = 200;

/** Rejects when the storage does not answer. */
export async function knownOf(db: Database, domain: Domain): Promise<Known> {
  const { name } = domain;
  const [{ findings }, replies] = await Promise.all([
    db.read('latestFindings', name),
    db.read('attemptsTo', { domain: name, limit: MOST_REPLIES }),
  ]);
  const used: Finding[] = [];
  const read = <Name extends CheckName>(check: Name): FindingOf<Name>[] =>
    findings.flatMap((finding) => {
      const found = readFinding(check, finding);
      if (found !== null) used.push(finding);
      return found === null ? [] : [found];
    });

  const greetings = read('server-greeting').filter(({ facts }) => facts.banner !== '');
  const certificates = read('server-tls').flatMap((found) =>
    found.code === 'not-wanted' ||
    found.code === 'not-offered' ||
    found.code === 'breaks-off' ||
    found.code === 'not-to-be-had'
      ? []
      : [found.facts],
  );
  const software = guessSoftware({
    mx: serversOfRoute(domain, read('mx')),
    banners: greetings.map(({ facts, evidence, subject }) => ({
      ...facts,
      host: hostIn(evidence[0]?.of ?? subject),
    })),
    // A filter that mail went to in between is not the office's server.
    replies: replies
      .filter(
        ({ server }) => providerOfMx(server.replace(/:\d+$/, ''))?.does.includes('mail-filter') !== true,
      )
      .map(({ reply }) => reply),
    certificates,
  });
  return {
    software,
    dnsHost: dnsHostOf(read('delegation')),
    registrar: registrarOf(read('registration')),
    readAt: used.length === 0 ? null : Math.min(...used.map(({ at }) => at)),
  };
}

/** The names under which the route's servers are known: its own, and for an address those that the MX records have for it. */
function serversOfRoute({ route }: Domain, found: readonly FindingOf<'mx'>[]): string[] {
  const exchanges = found.flatMap(({ facts }) => ('mx' in facts ? facts.mx : []));
  return route.flatMap(({ host }) =>
    isIP(host) === 0
      ? [host]
      : exchanges
          .filter(({ v4, v6 }) => v4.includes(host) || v6.includes(host))
          .map(({ exchange }) => exchange),
  );
}

/** The host in "mail.example.com (192.0.2.1)". */
function hostIn(of: string): string {
  return of.split(' ')[0] ?? '';
}

function dnsHostOf(found: readonly FindingOf<'delegation'>[]): KnownCompany | null {
  for (const { facts } of found) {
    const servers = 'servers' in facts ? facts.servers.map(({ name }) => name) : [];
    const names = [...new Set(('parentNames' in facts ? facts.parentNames : null) ?? servers)];
    const provider = providerOfNs(names);
    if (provider === null) continue;
    const note = provider.note === '' ? '' : ` ${provider.note}`;
    const because = `The domain’s name servers are ${shown(names.join(', '))}.${note}`;
    return { name: provider.name, support: provider.support, because };
  }
  return null;
}

function registrarOf(found: readonly FindingOf<'registration'>[]): KnownCompany | null {
  const written = found.map(({ facts }) => facts.registrar).find((one) => one !== null && one.trim() !== '');
  if (written === undefined || written === null) return null;
  const provider = providerOfRegistrar(written);
  const note = provider === null || provider.note === '' ? '' : ` ${provider.note}`;
  return {
    name: provider?.name ?? shown(written),
    support: provider?.support ?? null,
    because: `The registry says that the registrar is ${shown(written)}.${note}`,
  };
}

/** A stranger's words as one line. */
function shown(text: string): string {
  const line = plain(text.replaceAll(/\s+/g, ' ').trim());
  return line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME - 1)}…` : line;
}
