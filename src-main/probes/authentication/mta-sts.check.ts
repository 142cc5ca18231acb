// Check: does the domain's MTA-STS policy (RFC 8461) fit its mail servers? One that does not makes careful senders keep their mail.
import type { MTASTSPolicy } from 'mailauth';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { excerpt, get, HttpFailure } from '../http.ts';
import { mustBeOnline } from '../network/connectivity.check.ts';
import { certificateTrouble, shownBy } from '../smtp/shown.ts';
import type { ShownEncryption } from '../smtp/shown.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import { ofAuthentication, tagsOf, textsOf } from './txt-records.ts';

const findings = {
  fine: fine(
    'The policy can be had and names every mail server, and each shows a certificate that is valid for its name.',
  ),
  'record-broken': wrong(
    'attention',
    'The record that announces the policy cannot be read, so that the policy is not used.',
  ),
  'policy-missing': wrong(
    'attention',
    'A policy is announced but cannot be had; senders who kept the old one go by that until it ends.',
  ),
  'policy-broken': wrong('attention', 'The policy cannot be read.'),
  'mx-not-named': wrong(
    'urgent',
    'The policy is enforced and does not name a mail server of the domain: careful senders do not deliver there.',
  ),
  'mx-not-named-yet': wrong(
    'attention',
    'The policy is on trial and does not name a mail server of the domain.',
  ),
  'mx-not-secure': wrong(
    'urgent',
    'The policy is enforced, and a mail server offers no encryption or shows a certificate that is not valid for its name: careful senders do not deliver there.',
  ),
  'mx-not-secure-yet': wrong(
    'attention',
    'The policy is on trial, and a mail server offers no encryption or shows a certificate that is not valid for its name.',
  ),
  'relay-not-named': wrong(
    'attention',
    'The policy does not name the relay: once the MX points there, careful senders do not deliver.',
  ),
} as const;

/** Mail servers whose certificates are looked at; who has more has many alike. */
const MOST_HOSTS = 10;

export const mtaSts = defineCheck({
  ...ofAuthentication,
  name: 'mta-sts',
  title: 'MTA-STS policy',
  leg: 'inbound',
  question: 'Does the MTA-STS policy fit the mail servers?',
  needs: ['domain'],
  deadlineMs: 15_000,
  findings,
  run,
});

async function run({ target, world, signal, report, couldNotCheck }: RunningCheck<'mta-sts'>): Promise<void> {
  const { domain, relay } = target;
  const { texts, evidence } = await textsOf(`_mta-sts.${domain}`, world);
  const records = texts.filter((text) => /^v\s*=\s*STSv1\s*(;|$)/.test(text));
  const [record] = records;
  if (record === undefined) throw new NotApplicable(`${domain} does not use MTA-STS.`, evidence);
  if (records.length > 1 || !/^\w{1,32}$/.test(tagsOf(record)?.get('id') ?? '')) {
    report('record-broken', {
      summary:
        records.length > 1
          ? `${domain} has ${records.length} MTA-STS records; only one may be there.`
          : `The MTA-STS record of ${domain} has no usable id.`,
      evidence,
    });
    return;
  }
  const fetched = await fetchPolicy(domain, world, signal);
  const seen = [...evidence, ...fetched.evidence];
  if (fetched.policy === null) {
    if (fetched.missing !== null)
      report('policy-missing', {
        summary: `${domain} announces an MTA-STS policy, but it cannot be had: ${fetched.missing}.`,
        evidence: seen,
      });
    else
      report('policy-broken', {
        summary: `The MTA-STS policy of ${domain} cannot be used: ${fetched.broken}.`,
        evidence: seen,
      });
    return;
  }
  const { policy } = fetched;
  const facts = { mode: policy.mode, mx: policy.mx ?? [], maxAge: policy.maxAge ?? null };
  if (policy.mode === 'none') {
    report('fine', {
      summary: `The MTA-STS policy of ${domain} says that none is in use.`,
      evidence: seen,
      facts,
    });
    return;
  }
  const { validateMx } = await mailauth();
  const mx = await dnsOf(world).resolve(domain, 'MX');
  if (mx.status === 'could-not') throw new CouldNotCheck(mx.reason, [...seen, ...mx.evidence]);
  // RFC 5321 §5.1: without an MX record the domain itself is meant.
  const exchanges = mx.status === 'no-data' ? [domain] : mx.records.map(({ data }) => data.exchange);
  const hosts = [...new Set(exchanges)].filter((host) => host !== '.');
  const all = { summary: '', evidence: [...seen, ...mx.evidence], facts };
  const enforced = policy.mode === 'enforce';
  const stranger = hosts.filter((host) => !validateMx(host, policy).valid);
  if (stranger.length > 0)
    report(enforced ? 'mx-not-named' : 'mx-not-named-yet', {
      ...all,
      summary: `The MTA-STS policy of ${domain} does not name ${stranger.join(' and ')}; ${enforced ? 'careful senders do not deliver there' : 'once it is enforced, careful senders will not deliver there'}.`,
    });
  else if (relay !== null && !validateMx(relay.hostname, policy).valid)
    report('relay-not-named', {
      ...all,
      summary: `The MTA-STS policy of ${domain} does not name ${relay.hostname}: add it before the MX points there.`,
    });
  const named = hosts.filter((host) => !stranger.includes(host)).slice(0, MOST_HOSTS);
  const servers = await Promise.all(named.map((host) => securityOf(host, target, world)));
  for (const { host, trouble, unknown, evidence: shown } of servers) {
    const found = { subject: host, evidence: [...all.evidence, ...shown], facts };
    if (trouble !== null)
      report(enforced ? 'mx-not-secure' : 'mx-not-secure-yet', {
        ...found,
        summary: `The MTA-STS policy of ${domain} promises encryption with a valid certificate, but ${trouble}; ${enforced ? 'careful senders do not deliver there' : 'once it is enforced, careful senders will not deliver there'}.`,
      });
    else if (unknown !== null)
      couldNotCheck({
        ...found,
        summary: `The MTA-STS policy of ${domain} names ${host}; whether its certificate is valid could not be seen: ${unknown}.`,
      });
  }
  const isFine =
    stranger.length === 0 &&
    (relay === null || validateMx(relay.hostname, policy).valid) &&
    servers.every(({ trouble, unknown }) => trouble === null && unknown === null);
  if (isFine)
    report('fine', {
      ...all,
      evidence: [...all.evidence, ...servers.flatMap((server) => server.evidence)],
      summary: `The MTA-STS policy of ${domain} (${policy.mode}) names every mail server, and their certificates are valid.`,
    });
}

/** Whether a mail server is what a policy promises (RFC 8461 §4.2), at each of its addresses. */
async function securityOf(
  host: string,
  target: Target,
  world: World,
): Promise<{ host: string; trouble: string | null; unknown: string | null; evidence: Evidence[] }> {
  const shown = await shownBy(host, target, world);
  const troubles = shown.map((one) => troubleOf(one, host));
  return {
    host,
    trouble: troubles.find((trouble) => trouble !== null) ?? null,
    unknown: shown.find((one) => one.kind === 'unknown')?.why ?? null,
    evidence: shown.flatMap(({ evidence }) => evidence),
  };
}

function troubleOf(shown: ShownEncryption, host: string): string | null {
  if (shown.kind === 'unknown') return null;
  if (shown.kind === 'in-clear') return shown.why;
  const trouble = certificateTrouble(shown.encryption, host);
  return trouble === null ? null : `the certificate of ${shown.name} ${trouble}`;
}

/** Loaded when first needed: it is large. */
const mailauth = () => import('mailauth/lib/mta-sts.js');

type Fetched = { evidence: Evidence[] } & (
  | { policy: MTASTSPolicy }
  | { policy: null; missing: string; broken: null }
  | { policy: null; missing: null; broken: string }
);

async function fetchPolicy(domain: string, world: World, signal: AbortSignal): Promise<Fetched> {
  const url = `https://mta-sts.${domain}/.well-known/mta-sts.txt`;
  const evidence = (answer: string): Evidence => ({ asked: 'HTTP GET', of: url, at: world.now(), answer });
  const missing = (why: string): Fetched => ({
    policy: null,
    missing: why,
    broken: null,
    evidence: [evidence(why)],
  });
  const broken = (why: string, said: string): Fetched => ({
    policy: null,
    missing: null,
    broken: why,
    evidence: [evidence(said)],
  });
  const addresses = await dnsOf(world).addresses(`mta-sts.${domain}`);
  if (addresses.status === 'could-not') throw new CouldNotCheck(addresses.reason, addresses.evidence);
  if (addresses.status !== 'answer') {
    const none = missing(`mta-sts.${domain} has no address`);
    return { ...none, evidence: [...none.evidence, ...addresses.evidence] };
  }
  const all = [...addresses.v4, ...addresses.v6];
  const reachable = all.filter((address) => world.isPublic(address));
  if (reachable.length === 0) {
    const inward = missing(
      `mta-sts.${domain} is at ${all.join(' and ')}, which is not on the public Internet`,
    );
    return { ...inward, evidence: [...inward.evidence, ...addresses.evidence] };
  }
  try {
    const { status, headers, body } = await get(url, {
      signal,
      timeoutMs: 6_000,
      // RFC 8461 §3.3: redirects are not followed; 64 KiB are enough for anybody.
      redirects: 0,
      maxBytes: 65_536,
      accept: 'text/plain',
      // Which addresses are public was judged above.
      allowPrivate: true,
      find: () => Promise.resolve(reachable),
    });
    const said = `${status} ${excerpt(body, 1_000)}`;
    if (status !== 200) return missing(`the web server answers ${status}`);
    if (!(headers['content-type'] ?? '').toLowerCase().startsWith('text/plain'))
      return broken('it is not served as text/plain', said);
    const { parsePolicy } = await mailauth();
    try {
      return { policy: parsePolicy(body, { strict: true }), evidence: [evidence(said)] };
    } catch (error) {
      return broken((error as Error).message, said);
    }
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    // A network that fails here says nothing about the web server there.
    await mustBeOnline(world, 'The web server with the MTA-STS policy');
    return missing(error.message);
  }
}
