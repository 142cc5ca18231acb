// What SPF, DKIM, DMARC and ARC found, as the answers of filters.
import type { FilterReport } from '../filters/filter.ts';
import { LONGEST_FROM, MOST_ARC_SETS, MOST_SIGNATURES, organisationOf } from './signatures.ts';
import type { Findings } from './verify.ts';

type Word = string | undefined;
/** Signatures kept of one message. */
const MOST_KEPT = 10;

/** What the results of RFC 7208 (§2.6) mean, for whoever meets them first. */
const SPF_WORDS: Readonly<Record<string, string>> = {
  pass: 'this machine may send for the domain',
  fail: 'the domain says that this machine may not send for it',
  softfail: 'the domain says that this machine most likely may not send for it',
  neutral: 'the domain says neither yes nor no of this machine',
  none: 'the domain does not say which machines may send for it',
  temperror: 'DNS did not answer',
  permerror: 'what the domain says cannot be understood',
};

/** Those of a signature (RFC 8601 §2.7.1). */
const DKIM_WORDS: Readonly<Record<string, string>> = {
  pass: 'valid',
  fail: 'not valid: changed on its way, or forged',
  none: 'there is no signature',
  policy: 'valid, but of a kind that is not accepted',
  neutral: 'it cannot be judged',
  temperror: 'DNS did not answer',
  permerror: 'it cannot be judged: its key is missing or wrong',
};

/** Those of RFC 7489 (§11.2). */
const DMARC_WORDS: Readonly<Record<string, string>> = {
  pass: 'the domain stands behind the message',
  fail: 'the domain does not stand behind the message',
  none: 'the domain has no policy',
  temperror: 'DNS did not answer',
  permerror: 'its policy cannot be understood',
};

/** Those of a chain (RFC 8617 §4.4). */
const ARC_WORDS: Readonly<Record<string, string>> = {
  pass: 'unbroken',
  fail: 'broken',
  none: 'there is none',
  temperror: 'DNS did not answer',
};

/** The exact term, and what it means: `none (the domain does not say …)`. */
function meant(word: Word, words: Readonly<Record<string, string>>): string {
  const meaning = words[word ?? ''];
  return meaning === undefined ? (word ?? 'nothing') : `${word ?? ''} (${meaning})`;
}

export function answersOf(found: Findings): FilterReport[] {
  return [spfAnswer(found), dkimAnswer(found), dmarcAnswer(found), arcAnswer(found)];
}

function spfAnswer({ spf }: Findings): FilterReport {
  const word: Word = spf.status.result;
  const evidence = [
    `SPF says ${meant(word, SPF_WORDS)}: ${spf.status.comment ?? spf.domain}`,
    ...(spf.rr ? [spf.rr] : []),
  ];
  const resinfo = [spf.info];
  switch (word) {
    case 'pass':
      return { filter: 'spf', result: 'pass', evidence, resinfo };
    case 'fail':
      return { filter: 'spf', result: 'fail', evidence, resinfo };
    case 'softfail':
      // The domain itself says that it is not sure.
      return { filter: 'spf', result: 'fail', most: 'tag', evidence, resinfo };
    case 'temperror':
      return { filter: 'spf', result: 'could-not-check', evidence, resinfo };
    default:
      return { filter: 'spf', result: 'not-applicable', evidence, resinfo };
  }
}

function dkimAnswer({ dkim, chosen }: Findings): FilterReport {
  const signed = dkim.filter((one) => one.signingDomain !== undefined);
  // That there is none is not what was found when some were not looked at.
  const resinfo = signed.length === 0 && chosen.leftOut > 0 ? [] : dkim.map((one) => one.info);
  const leftOut =
    chosen.leftOut === 0
      ? []
      : [
          `${chosen.leftOut} of ${chosen.signatures} signatures were not checked: more than ${MOST_SIGNATURES}, or too large`,
        ];
  if (signed.length === 0) {
    return chosen.leftOut === 0
      ? { filter: 'dkim', result: 'not-applicable', evidence: ['no signature'], resinfo }
      : { filter: 'dkim', result: 'could-not-check', ofMessage: true, evidence: leftOut, resinfo };
  }
  const evidence = signed.map(
    (one) =>
      `signature of ${one.signingDomain ?? ''} (selector ${one.selector ?? ''}): ${meant(one.status.result, DKIM_WORDS)}${one.status.comment ? `, ${one.status.comment}` : ''}`,
  );
  evidence.unshift(...leftOut);
  const signatures = signed.slice(0, MOST_KEPT).map((one) => ({
    domain: (one.signingDomain ?? '').toLowerCase(),
    selector: one.selector ?? '',
    valid: one.status.result === 'pass',
  }));
  const has = (word: string) => signed.some((one) => one.status.result === word);
  if (has('pass')) {
    // A signature over part of the body shows nothing of the rest (RFC 6376 §8.2).
    const signers = signed.flatMap((one) =>
      one.status.result === 'pass' && one.signingDomain && !one.canonBodyLengthLimited
        ? [one.signingDomain.toLowerCase()]
        : [],
    );
    return { filter: 'dkim', result: 'pass', evidence, resinfo, signers, signatures };
  }
  if (has('temperror')) return { filter: 'dkim', result: 'could-not-check', evidence, resinfo };
  if (leftOut.length > 0)
    return { filter: 'dkim', result: 'could-not-check', ofMessage: true, evidence, resinfo };
  return { filter: 'dkim', result: 'fail', most: 'tag', evidence, resinfo };
}

function dmarcAnswer({ dmarc, spf, dkim, dmarcSkipReason, chosen }: Findings): FilterReport {
  if (chosen.fromTooLong) {
    // Whom it names cannot be told at a cost that a stranger may cause; nobody's honest mail is like that.
    const evidence = [`From: is longer than ${LONGEST_FROM} octets, and its authors were not looked for`];
    return { filter: 'dmarc', result: 'fail', most: 'quarantine', evidence };
  }
  if (dmarcSkipReason === 'multiple-from-fields') {
    // Forbidden (RFC 5322 §3.6), and a way to show the reader another author than the one that is checked.
    const evidence = ['the message has more than one From: field'];
    return { filter: 'dmarc', result: 'fail', most: 'quarantine', evidence };
  }
  if (!dmarc)
    return { filter: 'dmarc', result: 'not-applicable', evidence: ['From: names no single domain'] };
  const word: Word = dmarc.status.result;
  const from = dmarc.status.header?.from ?? dmarc.domain;
  const meaning = DMARC_WORDS[word];
  const evidence = [
    `DMARC for ${from} says ${word}${dmarc.policy ? `, its policy is ${dmarc.policy}` : ''}${meaning === undefined ? '' : `: ${meaning}`}`,
    ...(dmarc.rr ? [dmarc.rr] : []),
  ];
  const resinfo = dmarc.info ? [dmarc.info] : [];
  if (word === 'pass') return { filter: 'dmarc', result: 'pass', evidence, resinfo };
  if (word === 'temperror') return { filter: 'dmarc', result: 'could-not-check', evidence, resinfo };
  if (word !== 'fail') return { filter: 'dmarc', result: 'not-applicable', evidence, resinfo };
  // Of another organisation, an answer would have changed nothing: whoever forges a sender could have his own name servers say nothing.
  const concerns = (domain: string | undefined) =>
    domain !== undefined && organisationOf(domain) === organisationOf(from);
  const unclear =
    ((spf.status.result as Word) === 'temperror' && concerns(spf.domain)) ||
    dkim.some((one) => (one.status.result as Word) === 'temperror' && concerns(one.signingDomain));
  if (unclear) {
    // What could not be looked up might have been what passes: the sender is not to blame.
    evidence.unshift('DNS did not answer about SPF or a signature, so DMARC cannot be judged');
    return { filter: 'dmarc', result: 'could-not-check', evidence, resinfo: [] };
  }
  const most = dmarc.policy === 'reject' ? 'reject' : dmarc.policy === 'quarantine' ? 'quarantine' : 'tag';
  return { filter: 'dmarc', result: 'fail', most, evidence, resinfo };
}

function arcAnswer({ arc, chosen }: Findings): FilterReport {
  if (chosen.arcLeftOut !== null) {
    const evidence = [
      `ARC chain: not checked, ${chosen.arcLeftOut} sets; more than ${MOST_ARC_SETS} are too many, or one is too large`,
    ];
    return { filter: 'arc', result: 'could-not-check', ofMessage: true, evidence };
  }
  const word: Word = arc.status.result;
  const resinfo = word === 'none' || !arc.info ? [] : [arc.info];
  const { comment } = arc.status;
  const evidence = [`ARC chain: ${meant(word, ARC_WORDS)}${comment ? `, ${comment}` : ''}`];
  if (word === 'pass') return { filter: 'arc', result: 'pass', evidence, resinfo };
  if (word === 'fail') return { filter: 'arc', result: 'fail', most: 'tag', evidence, resinfo };
  if (word === 'temperror') return { filter: 'arc', result: 'could-not-check', evidence, resinfo };
  return { filter: 'arc', result: 'not-applicable', evidence, resinfo };
}
