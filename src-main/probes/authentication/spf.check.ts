// Check: does the domain's SPF record (RFC 7208) work, and does it cover the machines that send?
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { CheckTools, RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import type { Resolution } from '../dns/dns.ts';
import { nodeResolve } from '../dns/resolve.ts';
import { spfNames } from '../dns/spf-names.ts';
import { entriesOf } from '../reputation/entries.ts';
import type { Entry } from '../reputation/entries.ts';
import type { World } from '../world.ts';
import { mustExist, ofAuthentication, textsOf } from './txt-records.ts';

/** RFC 7208 §4.6.4. */
const MOST_LOOKUPS = 10;
const MOST_VOID = 2;
/** Counted on beyond the limits, to say how far beyond; more than this is not worth asking. */
const GIVE_UP = 40;
/** RFC 7208 §4.6.4: hosts that one "mx" may stand for. */
const MOST_MX = 10;
/** Addresses that nobody has (RFC 5737, RFC 3849, RFC 9637), two of each family: who covers both covers everybody. */
const NOBODY = ['192.0.2.1', '203.0.113.254'] as const;
const NOBODY_6 = ['2001:db8::1', '3fff::1'] as const;

const findings = {
  fine: fine(
    'There is one SPF record, it can be evaluated within the limits, and it covers the machines that are known to send.',
  ),
  none: wrong(
    'attention',
    'There is no SPF record: anybody may send in the domain’s name, and receivers trust it less.',
  ),
  several: wrong('urgent', 'There is more than one SPF record, which counts as a broken one.'),
  broken: wrong(
    'urgent',
    'The record, or one that it includes, cannot be read: receivers may refuse the domain’s mail.',
  ),
  'too-many-lookups': wrong(
    'urgent',
    'Evaluating the record takes more than ten DNS questions: receivers stop and may refuse the mail.',
  ),
  'too-many-void': wrong(
    'urgent',
    'More than two names in the record lead nowhere: receivers stop and may refuse the mail.',
  ),
  'too-many-mx': wrong(
    'urgent',
    'An “mx” in the record stands for more than ten mail servers: receivers stop and may refuse the mail.',
  ),
  'covers-everybody': wrong(
    'attention',
    'The record allows every machine in the world to send in the domain’s name.',
  ),
  'says-nothing': wrong('attention', 'The record says nothing about machines that it does not name.'),
  'not-covered': wrong(
    'attention',
    'The record does not cover the office’s server: if that sends mail in the domain’s name, receivers suspect it.',
  ),
} as const;

export const spf = defineCheck({
  ...ofAuthentication,
  name: 'spf',
  title: 'SPF record',
  leg: 'judged',
  question: 'Does the SPF record work, and does it cover the machines that send?',
  needs: ['domain'],
  deadlineMs: 12_000,
  findings,
  run,
});

async function run({ target, world, report }: RunningCheck<'spf'>): Promise<void> {
  const { domain } = target;
  const { texts, evidence } = await textsOf(domain, world);
  await mustExist(domain, world);
  const records = texts.filter((text) => /^v=spf1(?: |$)/i.test(text));
  const [record] = records;
  if (record === undefined) {
    const almost = texts.find((text) => /^\s*v\s*=\s*spf/i.test(text));
    report('none', {
      summary:
        almost === undefined
          ? `${domain} has no SPF record.`
          : `${domain} has no SPF record that counts: one must begin with “v=spf1 ”, not with “${almost.slice(0, 12)}”.`,
      evidence,
    });
    return;
  }
  if (records.length > 1) {
    report('several', {
      summary: `${domain} has ${records.length} SPF records; only one may be there.`,
      evidence,
      facts: { records },
    });
    return;
  }
  const [general, other, six, otherSix] = await Promise.all([
    evaluate(domain, NOBODY[0], world),
    evaluate(domain, NOBODY[1], world),
    evaluate(domain, NOBODY_6[0], world),
    evaluate(domain, NOBODY_6[1], world),
  ]);
  const seen = { evidence: general.evidence };
  const { lookups } = general;
  const facts = { record, lookups: lookups.count, void: lookups.void };
  if (general.result === 'temperror')
    throw new CouldNotCheck(`The SPF record could not be followed: ${general.why}.`, general.evidence);
  if (general.result === 'permerror' && lookups.count <= GIVE_UP) {
    report('broken', {
      ...seen,
      summary: `The SPF record of ${domain} cannot be evaluated: ${general.why}.`,
      facts,
    });
    return;
  }
  if (lookups.count > MOST_LOOKUPS) {
    const count = lookups.count > GIVE_UP ? `more than ${GIVE_UP}` : String(lookups.count);
    report('too-many-lookups', {
      ...seen,
      summary: `The SPF record of ${domain} takes ${count} DNS questions; ${MOST_LOOKUPS} are allowed.`,
      facts,
    });
    return;
  }
  if (lookups.void > MOST_VOID) {
    report('too-many-void', {
      ...seen,
      summary: `${lookups.void} names in the SPF record of ${domain} lead nowhere; ${MOST_VOID} may.`,
      facts,
    });
    return;
  }
  if (general.crowd !== null) {
    report('too-many-mx', {
      ...seen,
      summary: `The SPF record of ${domain} stands for all mail servers of ${general.crowd.name}, which are ${general.crowd.records.length}; ${MOST_MX} are allowed.`,
      facts,
    });
    return;
  }
  const everybody = general.result === 'pass' && other.result === 'pass';
  const everybodySix = six.result === 'pass' && otherSix.result === 'pass';
  if (everybody || everybodySix) {
    report('covers-everybody', {
      ...seen,
      summary: `The SPF record of ${domain} allows ${everybody ? 'everybody' : 'everybody who has IPv6'} to send.`,
      facts,
    });
    return;
  }
  const { senders, failed } = await coverage(domain, { target, world });
  const all = { ...facts, senders: senders.map(({ what, whose, result }) => ({ what, whose, result })) };
  // Only the route's servers are known to be the office's own; those of an MX may only receive, and the relay sends nothing in
  // the domain's name.
  const judged = target.destinations.length > 0;
  const covered = senders.filter(({ result }) => result === 'pass');
  const uncovered = senders.filter(({ result, whose }) => judged && whose === 'server' && result !== 'pass');
  if (uncovered.length > 0) {
    report('not-covered', {
      summary: `The SPF record of ${domain} does not cover the server’s address ${uncovered.map(({ what }) => what).join(' and ')}: what it sends in the domain’s name is suspect.`,
      evidence: [...general.evidence, ...uncovered.map((one) => one.verdict)],
      facts: all,
    });
    return;
  }
  if (judged && failed.length > 0)
    throw new CouldNotCheck(
      `Whether the SPF record covers the senders is not known: ${failed.join(', ')} could not be found.`,
      general.evidence,
    );
  if (general.result === 'neutral')
    report('says-nothing', {
      ...seen,
      summary: `The SPF record of ${domain} says nothing about machines that it does not name: end it with “~all” or “-all”.`,
      facts: all,
    });
  else
    report('fine', {
      ...seen,
      summary: `The SPF record of ${domain} works${covered.length === 0 ? '' : ` and covers ${covered.map(({ what }) => what).join(' and ')}`}; it takes ${lookups.count} of ${MOST_LOOKUPS} DNS questions.`,
      facts: all,
    });
}

interface Evaluation {
  /** RFC 7208 §2.6. */
  result: string;
  why: string;
  lookups: { count: number; void: number };
  /** MX records of which there are too many for one "mx". */
  crowd: Resolution | null;
  evidence: Evidence[];
}

/** What a receiver finds for mail of the domain from an address; the limits are ours to judge. */
async function evaluate(domain: string, ip: string, world: World): Promise<Evaluation> {
  // Loaded when first needed: it is large, and all of the library is twice as large.
  const { spf: verify } = await import('mailauth/lib/spf/index.js');
  const evidence = new Map<string, Evidence>();
  const asked: Resolution[] = [];
  const resolver = nodeResolve(dnsOf(world), (seen) => {
    asked.push(seen);
    for (const one of seen.evidence) evidence.set(`${one.asked} ${one.of}`, one);
  });
  const { status, lookups } = await verify({
    sender: `postmaster@${domain}`,
    ip,
    helo: domain,
    mta: 'mailward',
    resolver: resolver as (name: string, type: string) => Promise<string[][] | string[]>,
    maxResolveCount: GIVE_UP,
    maxVoidCount: GIVE_UP,
    strict: true,
  });
  const comment = typeof status.comment === 'string' ? status.comment : '';
  return {
    result: status.result,
    why: reasonIn(comment, `postmaster@${domain}`),
    lookups: { count: lookups?.count ?? 0, void: await voidAmong(domain, asked, world) },
    crowd: asked.find(({ type, records }) => type === 'MX' && records.length > MOST_MX) ?? null,
    evidence: [...evidence.values()].slice(0, 60),
  };
}

/** What the verifier's comment says after the sender: what is wrong. Else all of it. */
function reasonIn(comment: string, sender: string): string {
  const before = `${sender}: `;
  const at = comment.indexOf(before);
  return at < 0 ? comment : comment.slice(at + before.length);
}

/**
 * How many of the names that the records spell out lead nowhere (RFC 7208 §4.6.4). One that is made from the sender's address
 * (`exists:%{i}…`) does not count: it was asked for an address that nobody has. Nor does a host with addresses of the other
 * family: whether that counts depends on the sender.
 */
async function voidAmong(domain: string, asked: readonly Resolution[], world: World): Promise<number> {
  const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');
  const texts = asked.flatMap(({ type, records }) =>
    type === 'TXT' ? records.map(({ data }) => Buffer.concat(data as Buffer[]).toString('latin1')) : [],
  );
  const spelled = new Set([
    domain,
    ...texts.flatMap((text) => spfNames(text, domain).map((each) => each.name)),
  ]);
  const empty = asked.filter(
    ({ name, type, status }) =>
      (status === 'no-data' || status === 'no-such-name') && type !== 'AAAA' && spelled.has(plain(name)),
  );
  const all = await Promise.all(
    empty.map(async ({ name, type }) => {
      if (type !== 'A') return true;
      const { status } = await dnsOf(world).resolve(name, 'AAAA');
      return status === 'no-data' || status === 'no-such-name';
    }),
  );
  return all.filter((leadsNowhere) => leadsNowhere).length;
}

async function coverage(
  domain: string,
  { target, world }: Pick<CheckTools, 'target' | 'world'>,
): Promise<{ senders: (Entry & { result: string; verdict: Evidence })[]; failed: string[] }> {
  const { entries, missing } = await entriesOf(target, world);
  const senders = await Promise.all(
    entries
      .filter(({ kind }) => kind !== 'domain')
      .map(async (entry) => {
        const { result, why } = await evaluate(domain, entry.what, world);
        const verdict = {
          asked: `SPF of ${domain} for ${entry.what}`,
          of: 'the record, evaluated as a receiver does',
          at: world.now(),
          answer: `${result}${why === '' ? '' : `: ${why}`}`,
        };
        return { ...entry, result, verdict };
      }),
  );
  const unknown = senders
    .filter(({ result }) => result === 'temperror')
    .map(({ what }) => `what it says of ${what}`);
  return {
    senders: senders.filter(({ result }) => result !== 'temperror'),
    failed: [...missing, ...unknown],
  };
}
