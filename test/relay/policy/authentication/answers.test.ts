// What SPF, DKIM, DMARC and ARC found is told with the exact term and what it means.
import { expect, it } from 'vitest';
import { answersOf } from '../../../../src-main/relay/policy/authentication/answers.ts';
import type { Findings } from '../../../../src-main/relay/policy/authentication/verify.ts';

function evidence(word: string): string[] {
  const found = {
    spf: { status: { result: word }, domain: 'example.net', info: '' },
    dkim: [{ signingDomain: 'example.net', selector: 's1', status: { result: word }, info: '' }],
    arc: { status: { result: word }, info: '' },
    dmarc: {
      status: { result: word, header: { from: 'example.net' } },
      domain: 'example.net',
      policy: 'none',
      info: '',
    },
    chosen: { fromTooLong: false, leftOut: 0, signatures: 1, arcLeftOut: null },
  };
  return answersOf(found as unknown as Findings).map((answer) => answer.evidence[0] ?? '');
}

it.each(['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'])('SPF %s', (word) => {
  expect(evidence(word)[0]).toMatch(new RegExp(`^SPF says ${word} \\([a-zA-Z ]{8,}\\): example\\.net$`));
});

it('a word that nobody foresaw is told as it is', () => {
  expect(evidence('hardfail')).toEqual([
    'SPF says hardfail: example.net',
    'signature of example.net (selector s1): hardfail',
    'DMARC for example.net says hardfail, its policy is none',
    'ARC chain: hardfail',
  ]);
});

it('none is told in plain words by each', () => {
  const [spf, , dmarc, arc] = evidence('none');
  expect(spf).toContain('the domain does not say which machines may send for it');
  expect(dmarc).toContain('the domain has no policy');
  expect(arc).toContain('none (there is none)');
});
