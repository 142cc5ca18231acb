// Check: what does the domain ask receivers to do with mail that only claims to be its own (DMARC, RFC 7489, RFC 9989)?
import { getDomain } from 'tldts';
import type { Evidence } from '../../../shared/finding.ts';
import { defineCheck, fine, wrong } from '../check.ts';
import type { Asking } from '../check.ts';
import type { World } from '../world.ts';
import { mustExist, ofAuthentication, reportAddresses, tagsOf, textsOf } from './common.ts';

const findings = {
  enforced: fine('Receivers are asked to put forged mail aside, or to refuse it.'),
  none: wrong('attention', 'There is no DMARC record: receivers are told nothing about forged mail.'),
  several: wrong('attention', 'There is more than one DMARC record, which counts as none.'),
  broken: wrong('attention', 'The DMARC record cannot be read, so that it counts as none.'),
  'only-watched': wrong('attention', 'The record asks receivers to do nothing about forged mail (p=none).'),
  'reports-refused': wrong(
    'attention',
    'Reports are to go to another domain, which has not said that it wants them; receivers do not send them.',
  ),
} as const;
type Code = keyof typeof findings;

export const dmarc = defineCheck({
  ...ofAuthentication,
  name: 'dmarc',
  leg: 'outbound',
  question: 'What are receivers told to do with mail that only claims to be the domain’s?',
  needs: ['domain'],
  deadlineMs: 10_000,
  findings,
  run,
});

const isDmarc = (text: string) => /^v\s*=\s*DMARC1\s*(;|$)/.test(text.trim());
const policies = new Set(['none', 'quarantine', 'reject']);

interface Record {
  /** Where it was found: the domain itself, or the one above it that it falls back on. */
  at: string;
  texts: readonly string[];
  evidence: Evidence[];
}

async function run({ target, world, report }: Asking<Code>): Promise<void> {
  const { domain } = target;
  const { at, texts, evidence } = await find(domain, world);
  const [text] = texts;
  if (text === undefined) {
    await mustExist(domain, world);
    report('none', { summary: `${domain} has no DMARC record.`, evidence });
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
  const inherited = at !== domain;
  const named = (inherited ? tags?.get('sp') : undefined) ?? tags?.get('p');
  const policy = named?.toLowerCase();
  const rua = tags?.get('rua');
  const reports = rua === undefined ? { mailboxes: [], webs: [] } : reportAddresses(rua);
  const facts = {
    record: text,
    at,
    policy: policy ?? null,
    alignment: { dkim: tags?.get('adkim') ?? 'r', spf: tags?.get('aspf') ?? 'r' },
    reportsTo: reports?.mailboxes ?? [],
  };
  const fault =
    tags === null
      ? 'it is no list of tags, or one of them is there twice'
      : policy === undefined
        ? 'it has no policy (p=)'
        : !policies.has(policy)
          ? `“${policy}” is no policy`
          : reports === null
            ? 'the address for reports (rua=) is not of the form mailto:someone@example.com'
            : null;
  if (fault !== null || reports === null || policy === undefined) {
    report('broken', {
      summary: `The DMARC record of ${at} cannot be used: ${fault ?? ''}.`,
      evidence,
      facts,
    });
    return;
  }
  const refused = await refusing(at, reports.mailboxes, world);
  if (refused.domains.length > 0) {
    report('reports-refused', {
      summary: `DMARC reports about ${at} are to go to ${refused.domains.join(' and ')}, which has not said that it wants them.`,
      evidence: [...evidence, ...refused.evidence],
      facts,
    });
    return;
  }
  const where = inherited ? ` (by the record of ${at})` : '';
  if (policy === 'none')
    report('only-watched', {
      summary: `The DMARC record of ${domain}${where} asks receivers to do nothing about forged mail${reports.mailboxes.length + reports.webs.length === 0 ? ', and nobody gets reports' : ''}.`,
      evidence,
      facts,
    });
  else
    report('enforced', {
      summary: `Receivers are asked to ${policy === 'reject' ? 'refuse' : 'put aside'} mail that only claims to be ${domain}’s${where}.`,
      evidence,
      facts,
    });
}

/** The domain's own record, else that of its organization (RFC 9989 §4.10: names above it, by way of the public suffix list). */
async function find(domain: string, world: World): Promise<Record> {
  const own = await textsOf(`_dmarc.${domain}`, world);
  const texts = own.texts.filter(isDmarc);
  const above = getDomain(domain, { allowPrivateDomains: true }) ?? domain;
  if (texts.length > 0 || above === domain) return { at: domain, texts, evidence: [...own.evidence] };
  const theirs = await textsOf(`_dmarc.${above}`, world);
  return { at: above, texts: theirs.texts.filter(isDmarc), evidence: [...own.evidence, ...theirs.evidence] };
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
