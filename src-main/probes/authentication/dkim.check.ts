// Check: are the DKIM keys (RFC 6376, RFC 8463) that the domain's mail is signed with in DNS, and good?
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { ofAuthentication, tagsOf, textsOf } from './txt-records.ts';

/** RFC 8301 §3.2: receivers must not accept less, bits. */
const LEAST = 1024;
/** And should not be given less. */
const GOOD = 2048;

const findings = {
  fine: fine('The key is there and strong.'),
  missing: wrong(
    'attention',
    'The domain’s mail is signed with a key that is not in DNS, so that the signatures do not count.',
  ),
  revoked: wrong(
    'attention',
    'The key was withdrawn (its record is empty), so that signatures with it do not count.',
  ),
  broken: wrong('attention', 'The key’s record cannot be read, so that signatures with it do not count.'),
  'empty-tag': wrong(
    'attention',
    'The key’s record has an empty tag (a semicolon with nothing before it), which not every receiver can read.',
  ),
  'not-for-mail': wrong(
    'attention',
    'The key’s record keeps it for something else than mail (s=), so that signatures with it do not count.',
  ),
  'not-for-sha256': wrong(
    'attention',
    'The key’s record allows no SHA-256 (h=), the only digest that receivers take, so that signatures with it do not count.',
  ),
  weak: wrong(
    'attention',
    `The key is so short that signatures with it do not count (less than ${LEAST} bits).`,
  ),
  short: wrong('attention', `The key is shorter than is safe today (less than ${GOOD} bits).`),
  testing: wrong(
    'attention',
    'The key is marked as a trial (t=y): receivers may treat the mail as if it were not signed.',
  ),
} as const;
type Code = keyof typeof findings;

export const dkim = defineCheck({
  ...ofAuthentication,
  name: 'dkim',
  title: 'DKIM keys',
  leg: 'judged',
  question: 'Are the DKIM keys that mail is signed with in DNS, and good?',
  needs: ['domain'],
  deadlineMs: 10_000,
  findings,
  run,
});

async function run({ target, world, report, couldNotCheck }: RunningCheck<'dkim'>): Promise<void> {
  const { domain, selectors } = target;
  if (selectors.length === 0)
    throw new NotApplicable(
      `No signed mail of ${domain} was seen yet, so it is not known which keys to look for.`,
    );
  await Promise.all(
    [...new Set(selectors)].slice(0, 20).map(async (selector) => {
      const name = `${selector}._domainkey.${domain}`;
      try {
        const { texts, evidence } = await textsOf(name, world);
        const { code, says, facts } = judgeKey(texts);
        report(code, {
          subject: selector,
          summary: `The DKIM key ${selector} of ${domain} ${says}.`,
          evidence,
          facts,
        });
      } catch (error) {
        if (!(error instanceof CouldNotCheck)) throw error;
        couldNotCheck({ subject: selector, summary: error.message, evidence: error.evidence });
      }
    }),
  );
}

interface Judged {
  code: Code;
  says: string;
  facts: { type: string | null; bits: number | null };
}

/** RFC 6376 §3.6.1. */
export function judgeKey(texts: readonly string[]): Judged {
  const [text] = texts;
  if (texts.length !== 1 || text === undefined || tagsOf(text) !== null) return judgeRecord(texts);
  // No tag may be empty (§3.2), and receivers differ: some read the rest, some none of it.
  const judged = judgeRecord([
    text
      .split(';')
      .filter((tag) => tag.trim() !== '')
      .join(';'),
  ]);
  const says = 'has an empty tag (a semicolon with nothing before it), which not every receiver can read';
  switch (judged.code) {
    case 'fine':
      return { ...judged, code: 'empty-tag', says };
    case 'short':
    case 'testing':
      return { ...judged, code: 'empty-tag', says: `${says}; it ${judged.says}` };
    default:
      return judged;
  }
}

function judgeRecord(texts: readonly string[]): Judged {
  const none = { type: null, bits: null };
  const [text] = texts;
  if (text === undefined) return { code: 'missing', says: 'is not in DNS', facts: none };
  if (texts.length > 1)
    return { code: 'broken', says: `has ${texts.length} records; only one may be there`, facts: none };
  const tags = tagsOf(text);
  if (tags === null) return { code: 'broken', says: 'has a record that cannot be read', facts: none };
  if (tags.has('v') && (tags.get('v') !== 'DKIM1' || tags.keys().next().value !== 'v'))
    return { code: 'broken', says: 'has a record that does not begin with “v=DKIM1”', facts: none };
  const type = (tags.get('k') ?? 'rsa').toLowerCase();
  const data = tags.get('p')?.replace(/\s+/g, '');
  if (data === undefined)
    return { code: 'broken', says: 'has a record without a key (p=)', facts: { type, bits: null } };
  if (data === '')
    return { code: 'revoked', says: 'was withdrawn: its record is empty', facts: { type, bits: null } };
  const listed = (tag: string) =>
    tags
      .get(tag)
      ?.split(':')
      .map((one) => one.trim().toLowerCase());
  const services = listed('s');
  if (services?.some((one) => one === '*' || one === 'email') === false)
    return {
      code: 'not-for-mail',
      says: `is for ${services.join(' and ')} and not for mail (s=)`,
      facts: { type, bits: null },
    };
  // RFC 8301 §3.1: signatures with SHA-1 count nowhere any more.
  const digests = listed('h');
  if (digests?.includes('sha256') === false)
    return {
      code: 'not-for-sha256',
      says: `allows ${digests.join(' and ')} and not SHA-256 (h=)`,
      facts: { type, bits: null },
    };
  const key = readKey(type, data);
  if (key === null)
    return {
      code: 'broken',
      says: `cannot be read as a key of the kind ${type}`,
      facts: { type, bits: null },
    };
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 256;
  const facts = { type, bits };
  if (type === 'rsa' && bits < LEAST)
    return { code: 'weak', says: `has only ${bits} bits and does not count`, facts };
  if (listed('t')?.includes('y') === true)
    return { code: 'testing', says: 'is marked as a trial (t=y)', facts };
  if (type === 'rsa' && bits < GOOD)
    return { code: 'short', says: `has only ${bits} bits; ${GOOD} are usual today`, facts };
  return { code: 'fine', says: `is there (${type}${type === 'rsa' ? `, ${bits} bits` : ''})`, facts };
}

/** DER's head of an Ed25519 key (RFC 8410), before its 32 octets. */
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

function readKey(type: string, base64: string): KeyObject | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const octets = Buffer.from(base64, 'base64');
  const read = (key: Buffer, form: 'spki' | 'pkcs1'): KeyObject | null => {
    try {
      return createPublicKey({ key, format: 'der', type: form });
    } catch {
      return null;
    }
  };
  if (type === 'ed25519') return octets.length === 32 ? read(Buffer.concat([ED25519, octets]), 'spki') : null;
  if (type !== 'rsa') return null;
  // RFC 6376's ABNF says PKCS #1, everybody writes SubjectPublicKeyInfo, and receivers read both.
  const key = read(octets, 'spki') ?? read(octets, 'pkcs1');
  return key?.asymmetricKeyType === 'rsa' ? key : null;
}
