// Check: are the TLSA records (DANE, RFC 7672) of the domain's mail servers of use? Wrong ones keep mail of careful senders away.
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { Asking } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { evidenceOf } from '../dns/evidence.ts';
import type { DataOf } from '../dns/message.ts';
import { publicResolvers } from '../dns/public-resolvers.ts';
import type { World } from '../world.ts';
import { ofAuthentication } from './common.ts';

/** Resolvers that are asked whether the signatures are good; the first that says anything counts. */
const ASKED = 4;

const findings = {
  fine: fine('The records are well formed and signed.'),
  unusable: wrong(
    'attention',
    'None of the records has a form that mail servers use, so that they count for nothing.',
  ),
  malformed: wrong(
    'urgent',
    'A record’s digest has the wrong length: senders who use DANE do not deliver there.',
  ),
  unsigned: wrong('attention', 'The records are not secured by DNSSEC, so that they count for nothing.'),
  bogus: wrong('urgent', 'The records’ signatures are wrong: senders who use DANE do not deliver there.'),
} as const;
type Code = keyof typeof findings;

export const dane = defineCheck({
  ...ofAuthentication,
  name: 'dane',
  leg: 'inbound',
  question: 'Are the mail servers’ TLSA records of use?',
  needs: ['domain'],
  deadlineMs: 10_000,
  findings,
  run,
});

async function run({ target: { domain }, world, report, couldNotCheck }: Asking<Code>): Promise<void> {
  const mx = await dnsOf(world).resolve(domain, 'MX');
  if (mx.status === 'could-not') throw new CouldNotCheck(mx.reason, mx.evidence);
  const hosts = [...new Set(mx.records.map(({ data }) => data.exchange))]
    .filter((host) => host !== '.')
    .slice(0, 10);
  if (hosts.length === 0) throw new NotApplicable(`${domain} names no mail server.`, mx.evidence);
  let used = 0;
  const nothing: Evidence[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      const name = `_25._tcp.${host}`;
      const found = await dnsOf(world).resolve(name, 'TLSA');
      if (found.status === 'could-not') {
        used += 1;
        couldNotCheck({ subject: host, summary: found.reason, evidence: found.evidence });
        return;
      }
      if (found.status !== 'answer') {
        nothing.push(...found.evidence);
        return;
      }
      used += 1;
      const records = found.records.map(({ data }) => data);
      const facts = {
        records: records.map(({ usage, selector, matchingType }) => ({ usage, selector, matchingType })),
      };
      const fault = formOf(records);
      if (fault !== null) {
        report(fault.code, {
          subject: host,
          summary: `The TLSA records of ${host} ${fault.says}.`,
          evidence: found.evidence,
          facts,
        });
        return;
      }
      const signed = await isSigned(name, world);
      const evidence = [...found.evidence, ...signed.evidence];
      switch (signed.state) {
        case 'secure':
          report('fine', {
            subject: host,
            summary: `The TLSA records of ${host} are well formed and signed.`,
            evidence,
            facts,
          });
          break;
        case 'insecure':
          report('unsigned', {
            subject: host,
            summary: `The TLSA records of ${host} count for nothing: DNSSEC does not secure them.`,
            evidence,
            facts,
          });
          break;
        case 'bogus':
          report('bogus', {
            subject: host,
            summary: `The TLSA records of ${host} have wrong signatures.`,
            evidence,
            facts,
          });
          break;
        case 'unknown':
          couldNotCheck({
            subject: host,
            summary: `${host} has TLSA records; whether DNSSEC secures them could not be asked of a resolver that checks signatures.`,
            evidence,
            facts,
          });
      }
    }),
  );
  if (used === 0)
    throw new NotApplicable(`The mail servers of ${domain} do not use DANE.`, [...mx.evidence, ...nothing]);
}

/** RFC 7672 §3.1: mail servers use DANE-TA(2) and DANE-EE(3) only; RFC 6698 §2.1: selector 0–1, matching 0–2. */
export function formOf(
  records: readonly DataOf['TLSA'][],
): { code: 'unusable' | 'malformed'; says: string } | null {
  const usable = records.filter(
    ({ usage, selector, matchingType }) => (usage === 2 || usage === 3) && selector <= 1 && matchingType <= 2,
  );
  if (usable.length === 0)
    return { code: 'unusable', says: 'are of kinds that mail servers do not use (only usage 2 and 3 count)' };
  const length = [null, 32, 64];
  const wrongLength = usable.find(({ matchingType, certificate }) => {
    const expected = length[matchingType] ?? null;
    return expected === null ? certificate.length < 32 : certificate.length !== expected;
  });
  if (wrongLength === undefined) return null;
  const { matchingType, certificate } = wrongLength;
  return {
    code: 'malformed',
    says: `have a digest of ${certificate.length} octets where ${length[matchingType] ?? 'a whole certificate'} are expected`,
  };
}

/** What resolvers that check signatures make of a name's TLSA records: this resolver does not check any itself. */
async function isSigned(
  name: string,
  world: World,
): Promise<{ state: 'secure' | 'insecure' | 'bogus' | 'unknown'; evidence: Evidence[] }> {
  const dns = dnsOf(world);
  const resolvers = publicResolvers(world.settings).slice(0, ASKED);
  const asked = await Promise.all(
    resolvers.map(async (resolver) => {
      const how = { recursive: true, dnssec: true } as const;
      const [checked, plain] = await Promise.all([
        dns.ask(resolver, name, 'TLSA', how),
        dns.ask(resolver, name, 'TLSA', { ...how, unchecked: true }),
      ]);
      return { checked, plain };
    }),
  );
  const evidence = asked.flatMap(({ checked }) => [evidenceOf(checked)]);
  const has = (answers: readonly { type: string }[] | undefined) =>
    answers?.some(({ type }) => type === 'TLSA') === true;
  if (asked.some(({ checked }) => checked.reply?.ad === true && has(checked.reply.answers)))
    return { state: 'secure', evidence };
  // Refused with checking, given without: it is the signatures.
  const refused = asked.find(
    ({ checked, plain }) =>
      checked.reply?.rcode === 'SERVFAIL' && plain.reply?.rcode === 'NOERROR' && has(plain.reply.answers),
  );
  if (refused !== undefined) return { state: 'bogus', evidence: [...evidence, evidenceOf(refused.plain)] };
  const plainly = asked.filter(
    ({ checked }) => checked.reply?.rcode === 'NOERROR' && has(checked.reply.answers),
  );
  // A resolver that checks nothing answers so too: several of several operators do not err alike.
  return {
    state: plainly.length >= Math.min(2, resolvers.length) && plainly.length > 0 ? 'insecure' : 'unknown',
    evidence,
  };
}
