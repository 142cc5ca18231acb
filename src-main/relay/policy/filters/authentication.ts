// SPF, DKIM, DMARC and ARC, all from one reading of the message.
import type { AuthenticateResult } from 'mailauth';
import type { Answer, Asking, Filter, MessageSubject } from './filter.ts';

type Word = string | undefined;
/** Signatures kept of one message. */
const MOST_SIGNATURES = 10;

export class Authentication implements Filter<MessageSubject> {
  readonly names = ['spf', 'dkim', 'dmarc', 'arc'] as const;
  readonly when = 'data';
  readonly deadline = 15_000;
  readonly server = false;

  wanted({ spf, dkim, dmarc, arc }: Asking['settings']): boolean {
    return [spf, dkim, dmarc, arc].some((action) => action !== 'off');
  }

  async ask(subject: MessageSubject, { resolve }: Asking): Promise<Answer[]> {
    // Loaded when first needed: it is large, and a relay for its own network alone never needs it.
    const { authenticate } = await import('mailauth');
    const found = await authenticate(subject.content, {
      ip: subject.address,
      helo: subject.helo,
      sender: subject.sender,
      mta: subject.hostname,
      resolver: resolve as (name: string, type: string) => Promise<string[][] | string[]>,
      disableBimi: true,
      strict: true,
    });
    return [spfAnswer(found), dkimAnswer(found), dmarcAnswer(found), arcAnswer(found)];
  }
}

function spfAnswer({ spf }: AuthenticateResult): Answer {
  if (!spf) return { filter: 'spf', result: 'not-applicable', evidence: ['there is no domain to ask about'] };
  const word: Word = spf.status.result;
  const evidence = [`SPF says ${word}: ${spf.status.comment ?? spf.domain}`, ...(spf.rr ? [spf.rr] : [])];
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

function dkimAnswer({ dkim }: AuthenticateResult): Answer {
  const signed = dkim.results.filter((one) => one.signingDomain !== undefined);
  const resinfo = dkim.results.map((one) => one.info);
  if (signed.length === 0)
    return { filter: 'dkim', result: 'not-applicable', evidence: ['no signature'], resinfo };
  const evidence = signed.map(
    (one) =>
      `signature of ${one.signingDomain ?? ''} (selector ${one.selector ?? ''}): ${one.status.result}${one.status.comment ? `, ${one.status.comment}` : ''}`,
  );
  const signatures = signed.slice(0, MOST_SIGNATURES).map((one) => ({
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
  return { filter: 'dkim', result: 'fail', most: 'tag', evidence, resinfo };
}

function dmarcAnswer({ dmarc, spf, dkim, dmarcSkipReason }: AuthenticateResult): Answer {
  if (dmarcSkipReason === 'multiple-from-fields') {
    // Forbidden (RFC 5322 §3.6), and a way to show the reader another author than the one that is checked.
    const evidence = ['the message has more than one From: field'];
    return { filter: 'dmarc', result: 'fail', most: 'quarantine', evidence };
  }
  if (!dmarc)
    return { filter: 'dmarc', result: 'not-applicable', evidence: ['From: names no single domain'] };
  const word: Word = dmarc.status.result;
  const from = dmarc.status.header?.from ?? dmarc.domain;
  const evidence = [
    `DMARC for ${from} says ${word}${dmarc.policy ? `, its policy is ${dmarc.policy}` : ''}`,
    ...(dmarc.rr ? [dmarc.rr] : []),
  ];
  const resinfo = dmarc.info ? [dmarc.info] : [];
  if (word === 'pass') return { filter: 'dmarc', result: 'pass', evidence, resinfo };
  if (word === 'temperror') return { filter: 'dmarc', result: 'could-not-check', evidence, resinfo };
  if (word !== 'fail') return { filter: 'dmarc', result: 'not-applicable', evidence, resinfo };
  const unclear =
    (spf !== false && (spf.status.result as Word) === 'temperror') ||
    dkim.results.some((one) => (one.status.result as Word) === 'temperror');
  if (unclear) {
    // What could not be looked up might have been what passes: the sender is not to blame.
    evidence.unshift('DNS did not answer about SPF or a signature, so DMARC cannot be judged');
    return { filter: 'dmarc', result: 'could-not-check', evidence, resinfo: [] };
  }
  const most = dmarc.policy === 'reject' ? 'reject' : dmarc.policy === 'quarantine' ? 'quarantine' : 'tag';
  return { filter: 'dmarc', result: 'fail', most, evidence, resinfo };
}

function arcAnswer({ arc }: AuthenticateResult): Answer {
  const word: Word = arc === false ? 'none' : arc.status.result;
  const resinfo = arc === false || word === 'none' || !arc.info ? [] : [arc.info];
  const comment = arc === false ? undefined : arc.status.comment;
  const evidence = [`ARC chain: ${word}${comment ? `, ${comment}` : ''}`];
  if (word === 'pass') return { filter: 'arc', result: 'pass', evidence, resinfo };
  if (word === 'fail') return { filter: 'arc', result: 'fail', most: 'tag', evidence, resinfo };
  if (word === 'temperror') return { filter: 'arc', result: 'could-not-check', evidence, resinfo };
  return { filter: 'arc', result: 'not-applicable', evidence, resinfo };
}
