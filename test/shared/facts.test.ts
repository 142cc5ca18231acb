// What checks may find and the facts of each finding: one contract, kept by the compiler, and lenient to what was kept before it.
import { describe, expect, expectTypeOf, it } from 'vitest';
import { contracts, readFinding } from '../../shared/facts/index.ts';
import type { CheckName, CodeOf, FactsOf } from '../../shared/facts/index.ts';
import { healthOfListing } from '../../shared/facts/blocklists.ts';
import type { Finding } from '../../shared/finding.ts';
import { checks } from '../../src-main/probes/catalogue.ts';
import { defineCheck, fine, wrong } from '../../src-main/probes/check.ts';
import type { Check } from '../../src-main/probes/check.ts';
import { runChecks } from '../../src-main/probes/runner.ts';
import { settingsSchema } from '../../shared/settings.ts';

function finding(check: string, code: string, facts: Finding['facts'], at = 1): Finding {
  const said = { subject: '', summary: `${code} at ${at}`, evidence: [], tookMs: 1 };
  return { check, code, state: 'problem', severity: 'attention', ...said, facts, at };
}

const mx = [{ preference: 10, exchange: 'mail.example.com' }];
const view = { name: null, address: '192.0.2.53', kind: 'resolver', state: 'agrees', mx, until: null };
/** As the first release kept it: it knew neither lifetimes nor what was there before. */
const early = { mx, until: null, items: [view] };

it('has a contract for each check of the catalogue, with just its codes, and for no other', () => {
  const known = (name: string) =>
    Object.keys(contracts[name as CheckName])
      .filter((code) => code !== 'could-not-check')
      .sort();
  expect(checks.map(({ name }) => name).sort()).toEqual(Object.keys(contracts).sort());
  for (const { name, findings } of checks)
    expect([name, Object.keys(findings).sort()]).toEqual([name, known(name)]);
});

describe('facts that are read', () => {
  it('fill in what an earlier release did not remember', () => {
    expect(readFinding('mx-propagation', finding('mx-propagation', 'agrees', early))?.facts).toEqual({
      ...{ mx, ttl: null, since: null, until: null, before: null },
      items: [{ ...view, place: '', ttl: null }],
    });
  });

  it.each<[string, string, string, Finding['facts']]>([
    ['another check’s', 'mx', 'agrees', early],
    ['a code that there is not any more', 'mx-propagation', 'agreed', early],
    ['a code that is a name of the language', 'mx-propagation', 'constructor', early],
    ['no facts at all', 'mx-propagation', 'agrees', {}],
    ['a set in words', 'mx-propagation', 'agrees', { ...early, mx: '10 mail.example.com' }],
    [
      'one that agrees and has nothing',
      'mx-propagation',
      'agrees',
      { ...early, items: [{ ...view, mx: null }] },
    ],
    ['a spreading without an end', 'mx-propagation', 'spreading', early],
    ['a check that could not ask', 'mx-propagation', 'could-not-check', { spoiledBy: 'dns-interception' }],
    ['a question that does not arise', 'mx-propagation', 'not-applicable', {}],
  ])('are not known of %s', (_what, check, code, facts) => {
    expect(readFinding('mx-propagation', finding(check, code, facts))).toBeNull();
  });

  it('are there of a check that could not ask, where it promises them', () => {
    const facts = {
      host: 'mail.example.com',
      hops: [],
      arrives: false,
      traceArrives: false,
      tool: null,
      tcpMs: null,
    };
    expect(readFinding('path', finding('path', 'could-not-check', facts))?.facts).toEqual(facts);
  });
});

describe('what a check found before', () => {
  /** What `mx-propagation` is told of its past when this is what was kept. */
  async function pastOf(kept: Finding[]): Promise<string[]> {
    let told: string[] = [];
    const real = checks.find(({ name }) => name === 'mx-propagation')!;
    const check: Check = {
      ...{ ...real, spoiledBy: [] },
      async run({ past }) {
        told = (await past()).map(({ summary }) => summary);
      },
    };
    const target = { destinations: [], relay: null, selectors: [], formerMx: [], expiresAt: null };
    await runChecks({
      checks: [check],
      target: { domain: 'example.com', ...target },
      settings: settingsSchema.parse({}).probes,
      past: { findings: () => Promise.resolve(kept) },
      onFinding: () => undefined,
    });
    return told;
  }

  it('is unknown where its facts do not fit, and what fits still counts', async () => {
    const odd: Finding['facts'][] = [{}, { mx: 1 }, { mx: null, items: 'none' }, { ...early, items: [{}] }];
    const kept = [
      ...odd.map((facts, index) => finding('mx-propagation', 'agrees', facts, 100 + index)),
      finding('mx-propagation', 'of-later', early, 50),
      finding('mx-propagation', 'agrees', early, 40),
    ];
    expect(await pastOf(kept)).toEqual(['agrees at 40']);
    expect(await pastOf(kept.slice(0, -1))).toEqual([]);
  });
});

describe('a blocklist', () => {
  const urgent = { state: 'problem', severity: 'urgent' } as const;
  const attention = { state: 'problem', severity: 'attention' } as const;
  it.each([
    [{ listed: null, minor: false, weight: 3 }, urgent, 'could-not-check'],
    [{ listed: false, minor: false, weight: 3 }, urgent, 'ok'],
    [{ listed: true, minor: false, weight: 3 }, urgent, 'problem'],
    // What few go by does not become urgent because another list is; nor does one on which everybody of a kind is.
    [{ listed: true, minor: false, weight: 1 }, urgent, 'attention'],
    [{ listed: true, minor: true, weight: 3 }, urgent, 'attention'],
    [{ listed: true, minor: false, weight: 3 }, attention, 'attention'],
  ] as const)('%j beside a finding %j is %s', (answer, found, health) => {
    expect(healthOfListing(answer, found)).toBe(health);
  });
});

describe('what does not compile', () => {
  it('is a code that there is not, and facts that are not the code’s', () => {
    expectTypeOf<CodeOf<'mx-propagation'>>().toEqualTypeOf<
      'agrees' | 'spreading' | 'servers-differ' | 'unresolvable'
    >();
    expectTypeOf<FactsOf<'mx-propagation', 'spreading'>['until']>().toEqualTypeOf<number>();
    // @ts-expect-error: it is spelt differently
    expectTypeOf<CodeOf<'registration'>>().toExtend<'expire-soon'>();
    // @ts-expect-error: no check has this name
    const none: CheckName = 'mx-propagations';
    const known: Check = defineCheck({
      ...{
        name: 'relay-denied',
        title: '',
        area: 'server',
        leg: 'outbound',
        question: '?',
        needs: [],
        deadlineMs: 1,
      },
      findings: { home: fine(''), 'relay-denied': wrong('urgent', '') },
      // @ts-expect-error: there is no such check
      spoiledBy: ['dns-intercepted'],
      run({ report, couldNotCheck }) {
        report('home', { summary: '' });
        report('relay-denied', { summary: '', facts: { answer: '554' } });
        // @ts-expect-error: it has no such code
        report('relay-refused', { summary: '' });
        // @ts-expect-error: without the answer nobody can be told it
        report('relay-denied', { summary: '' });
        // @ts-expect-error: the answer is text
        report('relay-denied', { summary: '', facts: { answer: 554 } });
        // @ts-expect-error: a check that could not ask has none here
        couldNotCheck({ summary: '', facts: { answer: '554' } });
        return Promise.resolve();
      },
    });
    const lacking: Check = defineCheck({
      ...{
        name: 'relay-denied',
        title: '',
        area: 'server',
        leg: 'outbound',
        question: '?',
        needs: [],
        deadlineMs: 1,
      },
      // @ts-expect-error: it does not say what `relay-denied` means
      findings: { home: fine('') },
      run: () => Promise.resolve(),
    });
    expect([none, known.name, lacking.name]).toEqual(['mx-propagations', 'relay-denied', 'relay-denied']);
  });
});
