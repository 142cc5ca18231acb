// Check: what does the domain ask receivers to do with mail that only claims to be its own (DMARC, RFC 7489, RFC 9989)?
import { getDomain } from 'tldts';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import type { World } from '../world.ts';
import { mustExist, ofAuthentication, reportAddresses, tagsOf, textsOf } from './txt-records.ts';

const findings = {
  enforced: fine('Receivers are asked to put forged mail aside, or to refuse it.'),
  none: wrong('attention', 'There is no DMARC record: receivers are told nothing about forged mail.'),
  several: wrong('attention', 'There is more than one DMARC record, which counts as none.'),
  broken: wrong('attention', 'The DMARC record cannot be read, so that it counts as none.'),
  'only-watched': wrong(
    'attention',
    'The record asks receivers to do nothing about forged mail: it says so (p=none), is on trial (t=y, pct=0), or its policy cannot be read.',
  ),
  'reports-nowhere': wrong(
    'attention',
    'The address for reports cannot be used, so that nobody gets any; what the record asks for counts all the same.',
  ),
  'reports-refused': wrong(
    'attention',
    'Reports are to go to another domain, which has not said that it wants them; receivers do not send them.',
  ),
} as const;

export const dmarc = defineCheck({
  ...ofAuthentication,
  name: 'dmarc',
  title: 'DMARC policy',
  leg: 'judged',
  question: 'What are receivers told to do with mail that only claims to be the domain’s?',
  needs: ['domain'],
  deadlineMs: 10_000,
  findings,
  run,
});

/** A space before it makes it another record (RFC 9989 §4.7). */
const isDmarc = (text: string) => /^v\s*=\s*DMARC1\s*(;|$)/.test(text);
const policies = ['none', 'quarantine', 'reject'] as const;
type Policy = (typeof policies)[number];
/** Names asked for a record on the way up (RFC 9989 §4.10), the domain's own among them. */
const MOST_NAMES = 8;

interface Published {
  /** Where it was found: the domain itself, or one above it. */
  at: string;
  texts: readonly string[];
  evidence: Evidence[];
}

async function run({ target, world, report }: RunningCheck<'dmarc'>): Promise<void> {
  const { domain } = target;
  const { at, texts, almost, evidence } = await find(domain, world);
  const [text] = texts;
  if (text === undefined) {
    await mustExist(domain, world);
    const summary = almost
      ? `${domain} has no DMARC record that counts: one must begin with “v=DMARC1”, and nothing may stand before.`
      : `${domain} has no DMARC record.`;
    report('none', { summary, evidence });
    return;
  }
  if (texts.length > 1) {
    report('several', {
      summary: `${at} has ${texts.length} DMARC records; only one may be there.`,
      evidence,
    });
    return;
  }
  const tags = tagsOf(text);
  if (tags === null) {
    report('broken', {
      summary: `The DMARC record of ${at} cannot be used: it is no list of tags, or one of them is there twice.`,
      evidence,
      facts: { record: text, at, policy: null, alignment: null, reportsTo: [] },
    });
    return;
  }
  const inherited = at !== domain;
  const { mailboxes, webs } = reportsOf(tags.get('rua') ?? '');
  const reports = mailboxes.length + webs.length;
  const asked = askedFor(tags, inherited);
  const facts = {
    record: text,
    at,
    policy: asked.policy,
    alignment: { dkim: tags.get('adkim') ?? 'r', spf: tags.get('aspf') ?? 'r' },
    reportsTo: mailboxes,
  };
  const found = { evidence, facts };
  // RFC 9989 §4.10.1: a policy that cannot be read is none, where somebody wants reports; else the record does not count.
  if (asked.unreadable !== null && reports === 0) {
    report('broken', {
      ...found,
      summary: `The DMARC record of ${at} cannot be used: “${asked.unreadable}” is no policy.`,
    });
    return;
  }
  if (reports === 0 && tags.has('rua')) {
    report('reports-nowhere', {
      ...found,
      summary: `The address for DMARC reports about ${at} (rua=) is not of the form mailto:someone@example.com: nobody gets any.`,
    });
    return;
  }
  const refused = await refusing(at, mailboxes, world);
  if (refused.domains.length > 0) {
    report('reports-refused', {
      summary: `DMARC reports about ${at} are to go to ${refused.domains.join(' and ')}, which has not said that it wants them.`,
      evidence: [...evidence, ...refused.evidence],
      facts,
    });
    return;
  }
  const where = inherited ? ` (by the record of ${at})` : '';
  if (asked.policy === 'none')
    report('only-watched', {
      ...found,
      summary: `The DMARC record of ${domain}${where} asks receivers to do nothing about forged mail${asked.because}${reports === 0 ? ', and nobody gets reports' : ''}.`,
    });
  else
    report('enforced', {
      ...found,
      summary: `Receivers are asked to ${asked.policy === 'reject' ? 'refuse' : 'put aside'} mail that only claims to be ${domain}’s${where}${asked.because}.`,
    });
}

/**
 * What a record asks receivers to do about forged mail.
 * @param inherited whether the domain falls back on the record of one above it: `sp` counts then.
 */
function askedFor(
  tags: ReadonlyMap<string, string>,
  inherited: boolean,
): { policy: Policy; because: string; unreadable: string | null } {
  const unreadable = ['p', 'sp', 'np'].map((tag) => tags.get(tag)).find((value) => !isPolicy(value)) ?? null;
  if (unreadable !== null)
    return { policy: 'none', because: ` (“${unreadable}” is no policy, which counts as none)`, unreadable };
  const named = policyIn((inherited ? tags.get('sp') : undefined) ?? tags.get('p') ?? 'none');
  // Either asks for one step less than is said (RFC 9989 §4.7 "t"; RFC 7489 §6.6.4 for those who still go by "pct").
  const trial =
    tags.get('t')?.toLowerCase() === 'y' ? 't=y' : /^0+$/.test(tags.get('pct') ?? '') ? 'pct=0' : null;
  if (trial === null || named === 'none') return { policy: named, because: '', unreadable: null };
  const less = named === 'reject' ? 'quarantine' : 'none';
  return { policy: less, because: ` (${named} is on trial: ${trial})`, unreadable: null };
}

/** Whether a policy's tag, where it is there at all, says one that there is. */
function isPolicy(value: string | undefined): boolean {
  return value === undefined || policies.some((policy) => policy === value.toLowerCase());
}

function policyIn(value: string): Policy {
  return policies.find((policy) => policy === value.toLowerCase()) ?? 'none';
}

/** The addresses of `rua` that can be used; others are passed over. */
function reportsOf(list: string): { mailboxes: string[]; webs: string[] } {
  const each = list.split(',').map((one) => reportAddresses(one) ?? { mailboxes: [], webs: [] });
  return {
    mailboxes: each.flatMap(({ mailboxes }) => mailboxes),
    webs: each.flatMap(({ webs }) => webs),
  };
}

/** The record that counts for a domain: its own, else what a walk up the names finds (RFC 9989 §4.10). */
async function find(domain: string, world: World): Promise<Published & { almost: boolean }> {
  const own = await textsOf(`_dmarc.${domain}`, world);
  const texts = own.texts.filter(isDmarc);
  const almost = own.texts.some((text) => isDmarc(text.trim()));
  if (texts.length > 0) return { at: domain, texts, almost, evidence: [...own.evidence] };
  const above = await Promise.all(namesAbove(domain).map((name) => recordAt(name, world)));
  const evidence = [...own.evidence, ...above.flatMap((one) => one.evidence)];
  const found = chosen(above);
  const unknown = above.find(({ reason }) => reason !== '');
  // Where a name could not be asked that might have the record, none is known to count.
  if (unknown !== undefined && (found === undefined || unknown.at.includes('.')))
    throw new CouldNotCheck(unknown.reason, evidence);
  if (found === undefined) return { at: domain, texts: [], almost, evidence };
  return { at: found.at, texts: found.texts, almost: false, evidence };
}

/** Of more than eight labels the middle is left out, so that a long name costs no more questions than others. */
function namesAbove(domain: string): string[] {
  const labels = domain.split('.');
  const names = labels.map((_, index) => labels.slice(index).join('.')).slice(1);
  return names.slice(-(MOST_NAMES - 1));
}

interface Above extends Published {
  /** What it says of itself: a public suffix (`y`), an organization's own top (`n`), or nothing. */
  psd: string;
  /** Why it could not be asked; empty when it was. */
  reason: string;
}

async function recordAt(name: string, world: World): Promise<Above> {
  try {
    const { texts, evidence } = await textsOf(`_dmarc.${name}`, world);
    const records = texts.filter(isDmarc);
    // Several count as none.
    const [record] = records.length === 1 ? records : [];
    const psd = (record === undefined ? null : tagsOf(record))?.get('psd')?.toLowerCase() ?? '';
    return {
      at: name,
      texts: record === undefined ? [] : [record],
      psd,
      reason: '',
      evidence: [...evidence],
    };
  } catch (error) {
    if (!(error instanceof CouldNotCheck)) throw error;
    return { at: name, texts: [], psd: '', reason: error.message, evidence: [...error.evidence] };
  }
}

/** Which of the records above a domain counts, nearest first. */
function chosen(above: readonly Above[]): Above | undefined {
  const end = above.findIndex(({ psd }) => psd === 'y' || psd === 'n');
  const seen = end < 0 ? above : above.slice(0, end + 1);
  const last = seen.at(-1);
  if (last?.psd === 'y') {
    // The organization's own top is the name below the public suffix; the suffix's record stands in where that has none.
    const top = seen.at(-2);
    return top !== undefined && top.texts.length > 0 ? top : last;
  }
  return seen.findLast(({ texts }) => texts.length > 0);
}

/** RFC 7489 §7.1: another organization's domain must say in DNS that it takes reports about this one. */
async function refusing(
  domain: string,
  mailboxes: readonly string[],
  world: World,
): Promise<{ domains: string[]; evidence: Evidence[] }> {
  const organization = (name: string) => getDomain(name, { allowPrivateDomains: true }) ?? name;
  const others = [
    ...new Set(mailboxes.map((mailbox) => mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase())),
  ]
    .filter((name) => organization(name) !== organization(domain))
    .slice(0, 5);
  const said = await Promise.all(
    others.map(async (name) => ({ name, ...(await textsOf(`${domain}._report._dmarc.${name}`, world)) })),
  );
  return {
    domains: said.filter(({ texts }) => !texts.some(isDmarc)).map(({ name }) => name),
    evidence: said.flatMap((one) => one.evidence),
  };
}
