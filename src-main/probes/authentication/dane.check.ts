// Check: are the TLSA records (DANE, RFC 7672) of the domain's mail servers of use? Wrong ones keep mail of careful senders away.
import { createHash } from 'node:crypto';
import type { Evidence } from '../../../shared/finding.ts';
import { isUsable, mismatch } from '../../tls/dane.ts';
import type { Tlsa } from '../../tls/dane.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { evidenceOf } from '../dns/evidence.ts';
import type { DataOf } from '../dns/message.ts';
import { publicResolvers } from '../dns/public-resolvers.ts';
import { shownBy } from '../smtp/shown.ts';
import type { ShownEncryption } from '../smtp/shown.ts';
import type { World } from '../world.ts';
import { ofAuthentication } from './txt-records.ts';

/** Resolvers that are asked whether the signatures are good; the first that says anything counts. */
const ASKED = 4;

const findings = {
  fine: fine('The records are well formed and signed, and the server shows a certificate that they name.'),
  unusable: wrong(
    'attention',
    'None of the records has a form that mail servers use, so that they count for nothing.',
  ),
  malformed: wrong(
    'urgent',
    'No record has a digest of the right length: senders who use DANE do not deliver there.',
  ),
  mismatch: wrong(
    'urgent',
    'The server shows another certificate than the records name: senders who use DANE do not deliver there.',
  ),
  'in-clear': wrong(
    'urgent',
    'The records promise encryption, and the server has none to offer: senders who use DANE do not deliver there.',
  ),
  unsigned: wrong('attention', 'The records are not secured by DNSSEC, so that they count for nothing.'),
  bogus: wrong('urgent', 'The records’ signatures are wrong: senders who use DANE do not deliver there.'),
} as const;

export const dane = defineCheck({
  ...ofAuthentication,
  name: 'dane',
  title: 'DANE (TLSA records)',
  leg: 'inbound',
  question: 'Are the mail servers’ TLSA records valid, and do they match?',
  needs: ['domain'],
  deadlineMs: 15_000,
  findings,
  run,
});

async function run({ target, world, report, couldNotCheck }: RunningCheck<'dane'>): Promise<void> {
  const { domain } = target;
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
      const shown = shownBy(host, target, world);
      const signed = await isSigned(name, world);
      const said = { subject: host, evidence: [...found.evidence, ...signed.evidence], facts };
      switch (signed.state) {
        case 'secure': {
          const { code, summary, evidence } = compare(host, records, await shown, world.now());
          const found = { ...said, summary, evidence: [...said.evidence, ...evidence] };
          if (code === null) couldNotCheck(found);
          else report(code, found);
          break;
        }
        case 'insecure':
          report('unsigned', {
            ...said,
            summary: `The TLSA records of ${host} count for nothing: DNSSEC does not secure them.`,
          });
          break;
        case 'bogus':
          report('bogus', { ...said, summary: `The TLSA records of ${host} have wrong signatures.` });
          break;
        case 'unknown':
          couldNotCheck({
            ...said,
            summary: `${host} has TLSA records; whether DNSSEC secures them could not be asked of a resolver that checks signatures.`,
          });
      }
    }),
  );
  if (used === 0)
    throw new NotApplicable(`The mail servers of ${domain} do not use DANE.`, [...mx.evidence, ...nothing]);
}

/** Whether what a server shows is what signed records name: at each of its addresses, for a sender may choose any of them. */
function compare(
  host: string,
  records: readonly DataOf['TLSA'][],
  shown: readonly ShownEncryption[],
  now: number,
): { code: 'fine' | 'mismatch' | 'in-clear' | null; summary: string; evidence: Evidence[] } {
  const usable = records.map(tlsaOf).filter(isUsable);
  const seen = shown.map((one) => {
    const trouble = one.kind === 'encrypted' ? mismatch(one.encryption.chain, usable, host, now) : one.why;
    return { ...one, trouble };
  });
  const evidence = seen.flatMap((one) => [
    ...one.evidence,
    ...(one.kind === 'encrypted' ? [certificateSeen(one, one.trouble, now)] : []),
  ]);
  const wrong = seen.find(({ kind, trouble }) => kind === 'encrypted' && trouble !== null);
  if (wrong !== undefined)
    return {
      code: 'mismatch',
      summary: `The TLSA records of ${host} do not fit the certificate that ${wrong.name} shows: ${wrong.trouble ?? ''}. Senders who use DANE keep their mail.`,
      evidence,
    };
  const clear = seen.find(({ kind }) => kind === 'in-clear');
  if (clear !== undefined)
    return {
      code: 'in-clear',
      summary: `The TLSA records of ${host} promise encryption, but ${clear.trouble ?? ''}. Senders who use DANE keep their mail.`,
      evidence,
    };
  const unknown = seen.find(({ kind }) => kind === 'unknown');
  if (unknown !== undefined)
    return {
      code: null,
      summary: `The TLSA records of ${host} are well formed and signed; whether they fit its certificate could not be seen: ${unknown.trouble ?? ''}.`,
      evidence,
    };
  return {
    code: 'fine',
    summary: `The TLSA records of ${host} are well formed and signed, and fit the certificate that it shows.`,
    evidence,
  };
}

function certificateSeen(
  { name, encryption }: Extract<ShownEncryption, { kind: 'encrypted' }>,
  trouble: string | null,
  now: number,
): Evidence {
  const digests = encryption.chain.map((certificate) => {
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
    return `${certificate.subject.replaceAll('\n', ', ')}: SHA-256 of its key ${createHash('sha256').update(key).digest('hex')}`;
  });
  return {
    asked: 'certificate',
    of: name,
    at: now,
    answer: [...digests, trouble ?? 'fits the records'].join('\n'),
  };
}

function tlsaOf({ usage, selector, matchingType, certificate }: DataOf['TLSA']): Tlsa {
  return { usage, selector, matchingType, data: certificate };
}

/** What is wrong with records of which mail servers can use none (RFC 7672 §3.1, RFC 6698 §2.1); null when they can use one. */
export function formOf(
  records: readonly DataOf['TLSA'][],
): { code: 'unusable' | 'malformed'; says: string } | null {
  if (records.some((record) => isUsable(tlsaOf(record)))) return null;
  const meant = records.find(
    ({ usage, selector, matchingType }) => (usage === 2 || usage === 3) && selector <= 1 && matchingType <= 2,
  );
  if (meant === undefined)
    return { code: 'unusable', says: 'are of kinds that mail servers do not use (only usage 2 and 3 count)' };
  const expected = [null, 32, 64][meant.matchingType] ?? 'a whole certificate';
  return {
    code: 'malformed',
    says: `have a digest of ${meant.certificate.length} octets where ${expected} are expected`,
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
