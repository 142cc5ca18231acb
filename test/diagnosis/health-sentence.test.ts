// What a domain's findings mean together, in a sentence: never calmer than what is known, and the same wherever it is shown.
import { describe, expect, it } from 'vitest';
import { gather } from '../../shared/asked.ts';
import type { Finding } from '../../shared/finding.ts';
import type { HealthState } from '../../shared/state.ts';
import { healthOfDomain } from '../../src-main/diagnosis/health-sentence.ts';

type Found = HealthState | 'not-run' | 'not-run-unasked';

/** One check for each; `not-run-unasked` is one that runs only when asked for by its name. */
function domain(...all: (Found | [Found, string])[]) {
  const each = all.map((one) => (Array.isArray(one) ? one : ([one, ''] as const)));
  const checks = each.map(([found], index) => ({
    name: `check-${index}`,
    onRequest: found === 'not-run-unasked',
  }));
  const findings = each.flatMap(([found, summary], index): Finding[] => {
    if (found === 'not-run' || found === 'not-run-unasked') return [];
    const isBad = found === 'problem' || found === 'attention';
    return [
      {
        ...{
          check: `check-${index}`,
          code: found,
          subject: '',
          summary,
          evidence: [],
          facts: {},
          at: 1,
          tookMs: 1,
        },
        state: isBad ? 'problem' : found,
        severity: found === 'problem' ? 'urgent' : found === 'attention' ? 'attention' : null,
      },
    ];
  });
  return healthOfDomain(gather(checks, findings), 'example.com');
}

describe('a domain’s health in a sentence', () => {
  it.each<[string, (Found | [Found, string])[], HealthState, string, string]>([
    [
      'all is well',
      ['ok', 'ok', 'not-applicable'],
      'ok',
      'Nothing is wrong with example.com.',
      'Nothing is wrong.',
    ],
    [
      'nothing was tested',
      ['not-run', 'not-run'],
      'not-applicable',
      'example.com has not been tested yet.',
      'Not tested yet.',
    ],
    [
      'what runs on request was not run: nobody asked for it',
      ['ok', 'not-run-unasked'],
      'ok',
      'Nothing is wrong with example.com.',
      'Nothing is wrong.',
    ],
    [
      'one check of three was run',
      ['ok', 'not-run', 'not-run'],
      'could-not-check',
      'Nothing wrong was found with example.com, but 2 checks have not been run.',
      'Nothing wrong was found, but 2 checks have not been run.',
    ],
    [
      'some could not be completed, and one was not run',
      ['ok', 'could-not-check', 'could-not-check', 'not-run'],
      'could-not-check',
      'Nothing wrong was found with example.com, but 2 checks could not be completed, and 1 check has not been run.',
      'Nothing wrong was found, but 2 checks could not be completed, and 1 check has not been run.',
    ],
    [
      'nothing could be completed',
      ['could-not-check', 'could-not-check'],
      'could-not-check',
      'Nothing could be checked about example.com: look at Mailward’s own network first.',
      'Nothing could be checked: look at Mailward’s own network first.',
    ],
    [
      'nothing applies',
      ['not-applicable', 'not-applicable'],
      'not-applicable',
      'None of the checks applies to example.com.',
      'None of the checks applies.',
    ],
    [
      'one thing is wrong',
      [['problem', 'The server refuses us: 550 5.7.1 go away'], 'ok'],
      'problem',
      'example.com: The server refuses us.',
      'The server refuses us.',
    ],
    [
      'one thing is wrong that names the domain',
      [['attention', 'The registration of example.com ends in 3 days.'], 'could-not-check'],
      'attention',
      'The registration of example.com ends in 3 days.',
      'The registration of example.com ends in 3 days.',
    ],
    [
      'one of several is urgent',
      ['attention', 'problem', 'attention', 'ok'],
      'problem',
      '1 thing is wrong with example.com, and 2 more to look at.',
      '1 thing is wrong, and 2 more to look at.',
    ],
    [
      'several are urgent',
      ['problem', 'problem'],
      'problem',
      '2 things are wrong with example.com.',
      '2 things are wrong.',
    ],
    [
      'several want attention',
      ['attention', 'attention', 'ok'],
      'attention',
      'Mail for example.com can flow, but 2 things should be looked at.',
      'Mail can flow, but 2 things should be looked at.',
    ],
    [
      'several want attention, and whether mail can flow is not known',
      ['attention', 'attention', 'could-not-check'],
      'attention',
      '2 things about example.com should be looked at; 1 check could not be completed.',
      '2 things should be looked at; 1 check could not be completed.',
    ],
  ])('when %s', (_when, checks, state, sentence, brief) => {
    expect(domain(...checks)).toMatchObject({ state, sentence, brief });
  });

  it('counts the checks of each kind', () => {
    const all: Found[] = ['ok', 'ok', 'problem', 'attention', 'could-not-check', 'not-applicable', 'not-run'];
    expect(domain(...all, 'not-run-unasked').checks).toEqual({
      ...{ problem: 1, attention: 1, unknown: 1, ok: 2, idle: 1, notRun: 1 },
    });
  });

  it('is calm only when every check that runs unasked was completed, whatever they say', () => {
    const kinds: Found[] = ['ok', 'not-applicable', 'could-not-check', 'attention', 'problem', 'not-run'];
    for (const a of kinds)
      for (const b of kinds)
        for (const c of kinds) {
          const { state } = domain([a, 'It is so.'], [b, 'It is so.'], [c, 'It is so.']);
          const calm =
            [a, b, c].every((one) => one === 'ok' || one === 'not-applicable') && [a, b, c].includes('ok');
          expect([a, b, c, state === 'ok']).toEqual([a, b, c, calm]);
        }
  });

  it('has the name of a domain in another script as people write it', () => {
    expect(healthOfDomain([], 'xn--mnchen-3ya.example').sentence).toBe(
      'münchen.example has not been tested yet.',
    );
  });
});
